import * as pulumi from "@pulumi/pulumi";
import type { MachinePool } from "../clusters/cluster";
import { KubernetesObject, KubernetesPatch, type Manifest } from "../kubernetes/object";

export interface NodeConfigurationArgs {
  labels: Record<string, string>;
  /** Pools whose nodes let virtual machines run others. @default none */
  nestedVirtualization?: MachinePool[];
  /** A mirror, host and path, that has images under their full names, and the registries that it stands for. @default none */
  mirror?: { address: string; of: string[] };
  /** The registry in the cluster: its name for pods, and the address of its Service, each with its port. @default none */
  inCluster?: { name: string; address: pulumi.Output<string> };
  /** Registries that speak plain HTTP, or HTTPS with a certificate nobody knows. @default none */
  insecure?: string[];
}

/**
 * What OpenShift's nodes are told of a stack. The Machine Config Operator drains or reboots them for it, one after the
 * other: to be created last.
 */
export class NodeConfiguration extends pulumi.ComponentResource {
  constructor(name: string, args: NodeConfigurationArgs, opts: pulumi.ComponentResourceOptions) {
    const { deletedWith, dependsOn, ...rest } = opts;
    super("okd-streams:platform:NodeConfiguration", name, {}, rest);
    const options = { parent: this, deletedWith, dependsOn };
    for (const object of renderNodeConfiguration(args)) new KubernetesObject(object, options);
    const trusted = [
      ...(args.insecure ?? []),
      ...(args.inCluster ? [args.inCluster.name, args.inCluster.address] : []),
    ];
    if (trusted.length > 0) new KubernetesPatch(renderRegistryTrust(trusted), options);
    this.registerOutputs({});
  }
}

/** Everything but what is changed of objects that OpenShift made. */
export function renderNodeConfiguration(args: NodeConfigurationArgs): Manifest[] {
  const { labels, nestedVirtualization = [], mirror, inCluster } = args;
  return [
    ...nestedVirtualization.map((pool) => renderNestedVirtualization(pool, labels)),
    ...(mirror ? renderMirrorSets("okd-streams-mirror", mirrorEntries(mirror), labels) : []),
    // Nodes resolve no names of Services, but they reach their addresses.
    ...(inCluster
      ? renderMirrorSets(
          "okd-streams-registry",
          [{ source: inCluster.name, mirrors: [inCluster.address], mirrorSourcePolicy: "NeverContactSource" }],
          labels,
        )
      : []),
  ];
}

const NESTED = "options kvm_intel nested=1\noptions kvm_amd nested=1\n";

/** A file with kvm's settings on the nodes of a pool. */
function renderNestedVirtualization(pool: MachinePool, labels: Record<string, string>): Manifest {
  return {
    apiVersion: "machineconfiguration.openshift.io/v1",
    kind: "MachineConfig",
    metadata: {
      name: pool === "worker" ? "80-enable-nested-virt" : `80-enable-nested-virt-${pool}`,
      labels: { ...labels, "machineconfiguration.openshift.io/role": pool },
    },
    spec: {
      config: {
        ignition: { version: "3.2.0" },
        storage: {
          files: [
            {
              path: "/etc/modprobe.d/kvm.conf",
              mode: 0o644,
              overwrite: true,
              contents: { source: `data:,${encodeURIComponent(NESTED)}` },
            },
          ],
        },
      },
    },
  };
}

/** What the mirror lacks comes from where it always came, and so does all of a registry with a port, which no path can hold. */
function mirrorEntries({ address, of }: { address: string; of: string[] }): object[] {
  return of
    .filter((source) => !source.includes(":"))
    .map((source) => ({ source, mirrors: [`${address.replace(/\/+$/, "")}/${source}`] }));
}

/** By tag and by digest: to OpenShift these are two kinds. */
function renderMirrorSets(name: string, entries: object[], labels: Record<string, string>): Manifest[] {
  return [
    { kind: "ImageTagMirrorSet", field: "imageTagMirrors" },
    { kind: "ImageDigestMirrorSet", field: "imageDigestMirrors" },
  ].map(({ kind, field }) => ({
    apiVersion: "config.openshift.io/v1",
    kind,
    metadata: { name, labels },
    spec: { [field]: entries },
  }));
}

/** What is changed of the one object of the cluster that says how nodes pull. */
export function renderRegistryTrust(registries: pulumi.Input<string>[]): Manifest {
  return {
    apiVersion: "config.openshift.io/v1",
    kind: "Image",
    metadata: { name: "cluster" },
    spec: { registrySources: { insecureRegistries: registries } },
  };
}
