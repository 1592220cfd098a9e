import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/kubernetes/provider";
import { DynamicResource } from "../../../components/dynamic";
import { KubernetesObject, type Manifest } from "../../../components/kubernetes/object";

/** A cluster that says its address only when it is there. */
class Machine extends DynamicResource {
  declare readonly address: pulumi.Output<string>;
  declare readonly nodes: pulumi.Output<number>;

  constructor(name: string, opts: pulumi.CustomResourceOptions) {
    super("KindNodes", name, { nodes: 3, address: undefined }, opts);
  }
}

class Cluster extends pulumi.ComponentResource {
  readonly machine: Machine;
  readonly kubernetes: Provider;

  constructor(name: string) {
    super("okd-streams:test:Cluster", name);
    this.machine = new Machine("machine", { parent: this });
    const kubeconfig = this.machine.address;
    this.kubernetes = new Provider("kubernetes", { kubeconfig, clusterIdentifier: "small" }, { parent: this });
    this.registerOutputs({});
  }
}

class Part extends pulumi.ComponentResource {
  constructor(name: string, manifests: Manifest[], opts: pulumi.ComponentResourceOptions) {
    super("okd-streams:test:Part", name, {}, opts);
    manifests.forEach((manifest) => new KubernetesObject(manifest, { parent: this }));
    this.registerOutputs({});
  }
}

class Platform extends pulumi.ComponentResource {
  constructor(name: string, manifests: Manifest[], cluster: Cluster) {
    super("okd-streams:test:Platform", name, {}, { provider: cluster.kubernetes, dependsOn: cluster.machine });
    new Part("part", manifests, { parent: this });
    this.registerOutputs({});
  }
}

/** Every sort of resource and value that a stack has: components in components, a provider, known and unknown, secrets. */
export async function smallProgram(): Promise<Record<string, unknown>> {
  const cluster = new Cluster("cluster");
  const { address, nodes } = cluster.machine;
  const data = {
    plain: "text",
    known: nodes.apply(String),
    unknown: address,
    secret: pulumi.secret("hunter2"),
    unknownSecret: pulumi.secret(address),
  };
  new Platform(
    "platform",
    [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "okd" }, data },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "token", namespace: "okd" },
        stringData: { token: "hunter2" },
      },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "system:web" },
        spec: { replicas: 2, paused: null },
      },
    ],
    cluster,
  );
  await pulumi.log.info("nobody needs this");
  await pulumi.log.warn("no node has /dev/kvm: boot images are left out");
  await pulumi.log.warn("no node has /dev/kvm: boot images are left out");
  return { nodes, address, token: pulumi.secret("hunter2"), plan: ["base", pulumi.interpolate`${nodes} nodes`] };
}
