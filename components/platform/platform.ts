import * as pulumi from "@pulumi/pulumi";
import { type Cluster, type Registry, requireFreeNamespaces } from "../clusters/cluster";
import { UserError } from "../errors";
import { splitPhases } from "../kubernetes/manifest";
import { KubernetesObject, type Manifest } from "../kubernetes/object";
import { decideKvm, decideParts, type Decision } from "./decide";
import type { FoundParts } from "./found";
import { Guard } from "./guard";
import { InstalledPart, type InstalledPartArgs } from "./installed-part";
import { renderKvmDevicePlugin } from "./kvm";
import type { Manifests } from "./manifests";
import { authored } from "../kubernetes/marks";
import { NodeConfiguration } from "../openshift/node-configuration";
import { renderPart } from "./part-objects";
import { PART_NAMES, PARTS } from "./parts";
import { type Mode, type PartName, type PlatformSettings } from "./part";
import type { RegistrySettings } from "./schema";
import { chooseRegistry, IN_CLUSTER, renderRegistry } from "./registry";
import { LOCAL_PATH } from "./storage";
import { VolumesReleased } from "./volumes-released";

export interface PlatformArgs {
  cluster: Cluster;
  stack: string;
  /** Mode, version and manifests of each part. */
  parts: PlatformSettings;
  /** What installing a part means, see `readManifests`. */
  manifests: Manifests;
  /** What the cluster has already, see `findParts`; absent where it was not asked: what is to be used counts as there. */
  found?: FoundParts;
  registry: RegistrySettings;
  kvmDevicePlugin: Mode;
  /** Whether OpenShift's nodes are told of the stack; `auto`: in a cluster of ours. @default auto */
  nodeConfiguration?: NodeConfigurationMode;
  /** References of the images that the platform's own workloads run. */
  images: { registry: string; kvmDevicePlugin: string; busybox: string };
  /** A reference of third-party manifests as this stack pulls it, for instance from a mirror. @default as published */
  image?: (reference: string) => string;
  /** A mirror, host and path, that has images under their full names, and the registries that it stands for. @default none */
  mirror?: { address: string; of: string[] };
  /** Objects of workplaces that others bring into the cluster. @default none */
  delivered?: (object: Manifest) => boolean;
  /** Objects of workplaces that stay in the cluster when they are dropped. @default none */
  retained?: (object: Manifest) => boolean;
  /** A part that cannot be had is an error in a preview too, which leaves it out with a warning else. @default false */
  whole?: boolean;
}

export type NodeConfigurationMode = "auto" | "install" | "none";

/** How a stack has a part. */
export interface PartState {
  mode: "installed" | "used" | "none";
  version?: string;
  /** `namespace/name` of the Route that leads to it, on OpenShift. */
  route?: string;
}

/** Everything that pipelines need of a cluster: Tekton, its Triggers, Argo CD, a registry, KVM. */
export class Platform extends pulumi.ComponentResource {
  /** Where builds push to. */
  readonly registry: Registry;
  /** What Tekton's objects wait for. */
  readonly tekton: pulumi.Resource[];
  /** What EventListeners and other objects of Triggers wait for: the core interceptors have their certificate then. */
  readonly triggers: pulumi.Resource[];
  /** Nodes offer /dev/kvm to pods, as the resource that the device plugin makes of it. */
  readonly kvm: boolean;
  /** Where Argo CD looks for Applications; absent where there is none. */
  readonly argoCdNamespace?: string;
  readonly parts: Record<PartName, PartState>;
  /** Class of volumes; absent where nobody knows a default one. */
  readonly storageClass?: string;
  /** What objects with claims wait for, and what waits for them to be removed. */
  readonly storage: pulumi.Resource[] = [];

  /** Objects of workplaces that others bring into the cluster. */
  readonly delivered?: (object: Manifest) => boolean;
  /** Objects of workplaces that stay in the cluster when they are dropped. */
  readonly retained?: (object: Manifest) => boolean;

  private readonly args: PlatformArgs;
  private readonly installed: Partial<Record<PartName, InstalledPart>> = {};
  private readonly own: pulumi.Resource[] = [];
  /** Of the registry in the cluster, with its port; absent where there is none of ours. */
  private registryAddress?: pulumi.Output<string>;

  /** @throws UserError when a part can neither be installed nor used */
  constructor(name: string, args: PlatformArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("okd-streams:platform:Platform", name, {}, { ...opts, provider: args.cluster.provider });
    this.args = args;
    this.delivered = args.delivered;
    this.retained = args.retained;
    const decisions = decideParts({ ...args, storageClass: args.cluster.capabilities.storageClass });
    for (const part of PART_NAMES) {
      if (decisions[part].action === "install") this.install(part);
    }
    this.parts = Object.fromEntries(PART_NAMES.map((part) => [part, this.stateOf(part, decisions[part])])) as Record<
      PartName,
      PartState
    >;
    this.tekton = this.installed.tektonPipelines?.ready ?? [];
    this.triggers = [...this.tekton, ...(this.installed.tektonTriggers?.ready ?? [])];
    const { argoCd } = decisions;
    if (argoCd.action === "use") this.argoCdNamespace = argoCd.namespace;
    if (argoCd.action === "install") this.argoCdNamespace = PARTS.argoCd.namespace;
    this.storageClass = this.installed.storage ? LOCAL_PATH : args.cluster.capabilities.storageClass;
    if (this.installed.storage) this.storage.push(this.watchVolumes(this.installed.storage));
    this.registry = this.createRegistry();
    this.kvm = this.createKvmDevicePlugin();
    this.registerOutputs({ parts: this.parts, registry: this.registry.address });
  }

  /**
   * Has the installed parts refuse to be removed as long as others use them, before anything else is removed.
   *
   * @param after everything else of the stack: what is not named here may be removed first
   */
  guard(after: pulumi.Resource[]): void {
    const { cluster, stack } = this.args;
    const ready = PART_NAMES.filter((part) => this.installed[part]?.ready.length);
    const kinds = ready.flatMap((part) => PARTS[part].userKinds);
    if (kinds.length === 0) return;
    new Guard(
      "platform-guard",
      { stack, kubeconfig: cluster.kubeconfig, kinds, deleteUnreachable: cluster.resource !== undefined },
      { parent: this, dependsOn: [...Object.values(this.installed), ...this.own, ...after] },
    );
  }

  /**
   * Tells the nodes of OpenShift what the stack needs of them.
   *
   * @param after everything else of the stack, which nodes that are drained would disturb
   * @throws UserError where that is asked for in a cluster that is no OpenShift
   */
  configureNodes(after: pulumi.Resource[]): void {
    const { cluster, stack, found, nodeConfiguration = "auto", mirror } = this.args;
    const { openshift, machinePools = ["worker"] } = cluster.capabilities;
    if (nodeConfiguration === "install" && found && !openshift) {
      throw new UserError("platform.nodeConfiguration is install, but the cluster is no OpenShift: set it to auto.");
    }
    const wanted = nodeConfiguration === "auto" ? cluster.resource !== undefined : nodeConfiguration === "install";
    if (!openshift || !wanted) return;
    const { registry, registryAddress: address } = this;
    const nodes = new NodeConfiguration(
      "node-configuration",
      {
        labels: authored(stack),
        mirror,
        ...(this.kvm && { nestedVirtualization: machinePools }),
        ...(address && { inCluster: { name: registry.address, address } }),
        ...(registry.insecure && !address && { insecure: [registry.address.split("/")[0]!] }),
      },
      {
        parent: this,
        dependsOn: [...Object.values(this.installed), ...this.own, ...after],
        deletedWith: cluster.resource,
      },
    );
    this.own.push(nodes);
  }

  private watchVolumes(storage: InstalledPart): VolumesReleased {
    const { kubeconfig, resource } = this.args.cluster;
    return new VolumesReleased(
      "volumes-released",
      { kubeconfig, storageClass: LOCAL_PATH },
      { parent: this, dependsOn: [storage, ...storage.ready], deletedWith: resource },
    );
  }

  private install(part: PartName): void {
    const { manifests, stack, image, cluster, images, whole } = this.args;
    const { openshift } = cluster.capabilities;
    const { version, objects = [], missing } = manifests[part]!;
    if (missing !== undefined) {
      if (whole || !pulumi.runtime.isDryRun()) throw new UserError(missing);
      void pulumi.log.warn(missing, this);
    }
    const rendered =
      objects.length > 0 ? renderPart(PARTS[part], { objects, stack, image, openshift, busybox: images.busybox }) : [];
    requireFreeNamespaces(cluster, rendered);
    this.installed[part] = new InstalledPart(
      partName(part),
      {
        part: PARTS[part],
        version,
        objects: rendered,
        kubeconfig: cluster.kubeconfig,
        ...this.neededBy(part),
        deletedWith: cluster.resource,
      },
      { parent: this },
    );
  }

  /** Tekton's other parts live in the namespace of Pipelines and know its kinds; nobody has to wait for its pods. */
  private neededBy(part: PartName): Pick<InstalledPartArgs, "after" | "homes"> {
    const pipelines = this.installed.tektonPipelines;
    if (!pipelines || !["tektonTriggers", "tektonDashboard"].includes(part)) return {};
    const { phases, homes } = pipelines;
    return { after: [...phases.namespaces, ...phases.definitions], homes };
  }

  private stateOf(part: PartName, decision: Decision): PartState {
    switch (decision.action) {
      case "install": {
        const { browser, namespace } = PARTS[part];
        const route = browser && this.args.cluster.capabilities.openshift && `${namespace}/${browser.service}`;
        return { mode: "installed", version: this.args.manifests[part]!.version, ...(route && { route }) };
      }
      case "use":
        return { mode: "used", ...(decision.version !== undefined && { version: decision.version }) };
      default:
        return { mode: "none" };
    }
  }

  private createRegistry(): Registry {
    const { cluster, registry, images, stack } = this.args;
    const { registry: ready, openshift } = cluster.capabilities;
    const { storageClass } = this;
    const chosen = chooseRegistry(registry, ready);
    if (chosen !== undefined) return chosen;
    const created = this.create(
      renderRegistry({ image: images.registry, stack, size: registry.size, storageClass, openshift }),
    );
    this.registryAddress = created.Service!.spec.apply((spec: Manifest) => `${spec.clusterIP}:${spec.ports[0].port}`);
    return IN_CLUSTER;
  }

  private createKvmDevicePlugin(): boolean {
    const { cluster, stack, found, images, kvmDevicePlugin } = this.args;
    const { kvm, openshift } = cluster.capabilities;
    const decision = decideKvm(kvmDevicePlugin, kvm, found?.kvmDevicePlugin, stack);
    if (decision.action === "refuse" && found) throw new UserError(decision.reason);
    if (decision.action === "install") {
      this.create(renderKvmDevicePlugin({ image: images.kvmDevicePlugin, stack, openshift }));
    }
    return decision.action !== "none";
  }

  /** Creates objects of ours, all in one namespace: what runs waits for what it runs with. @returns them by kind */
  private create(manifests: Manifest[]): Record<string, KubernetesObject> {
    requireFreeNamespaces(this.args.cluster, manifests);
    const { namespaces, configuration, workloads } = splitPhases(manifests);
    const { resource } = this.args.cluster;
    const home = new KubernetesObject(namespaces[0]!, {
      parent: this,
      deletedWith: resource,
      dependsOn: manifests.some(({ kind }) => kind === "PersistentVolumeClaim") ? this.storage : [],
    });
    const created: Record<string, KubernetesObject> = {};
    const make = (objects: Manifest[], dependsOn: pulumi.Resource[]) =>
      objects.map((object) => {
        const options = { parent: this, deletedWith: resource ?? home, dependsOn };
        return (created[object.kind] = new KubernetesObject(object, options));
      });
    const needs = make(configuration, [home]);
    this.own.push(home, ...needs, ...make(workloads, [home, ...needs]));
    return created;
  }
}

/** `tektonPipelines` as resources are named: `tekton-pipelines`. */
function partName(part: PartName): string {
  return part.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
