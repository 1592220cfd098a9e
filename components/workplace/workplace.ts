import type * as pulumi from "@pulumi/pulumi";
import { type Cluster, requireFreeNamespaces } from "../clusters/cluster";
import { type BuildNodes, offBuildNodes } from "../kubernetes/build-nodes";
import { KubernetesObject, type Manifest } from "../kubernetes/object";
import { ClaimsReleased } from "./claims-released";
import { type Place, type PodSecurity, renderNamespace } from "./place";

export interface WorkplaceArgs {
  place: Place;
  cluster: Cluster;
  /** What pods of the namespace may do. */
  podSecurity: PodSecurity;
  platform: WorkplacePlatform;
  /** Nodes that builds alone run on: programs of ours do not. @default there are none */
  nodes?: BuildNodes;
}

/** What pipelines need of the platform. */
export interface WorkplacePlatform {
  /** What has to be there before Tekton takes objects: its definitions, and webhooks that answer. */
  tekton: pulumi.Resource[];
  /** What objects of Tekton Triggers wait for. @default as `tekton` */
  triggers?: pulumi.Resource[];
  /** What namespaces with claims wait for, and what waits for them to be removed. @default nothing */
  storage?: pulumi.Resource[];
  /** Class of volumes. @default the cluster's default one */
  storageClass?: string;
  /** Objects that others bring into the cluster: they are not created. @default none */
  delivered?: (object: Manifest) => boolean;
  /** Objects that stay in the cluster when they are dropped: others will bring them. @default none */
  retained?: (object: Manifest) => boolean;
}

/** A namespace in which runs work, and the one way in which objects are created in it. */
export class Workplace {
  readonly namespace: KubernetesObject;

  /**
   * @param parent the component whose objects they are
   * @throws UserError where others made the namespace
   */
  constructor(
    private readonly parent: pulumi.Resource,
    private readonly args: WorkplaceArgs,
  ) {
    const { place, cluster, podSecurity, platform } = args;
    const manifest = renderNamespace(place, podSecurity);
    requireFreeNamespaces(cluster, [manifest]);
    this.namespace = new KubernetesObject(manifest, {
      parent,
      provider: cluster.provider,
      deletedWith: cluster.resource,
      // Removed before Tekton is, which ends the runs in it.
      dependsOn: [...platform.tekton, ...(platform.storage ?? [])],
    });
  }

  get place(): Place {
    return this.args.place;
  }

  /** What objects of Tekton Triggers wait for. */
  get triggers(): pulumi.Resource[] {
    return this.args.platform.triggers ?? this.args.platform.tekton;
  }

  /** Creates objects of the workplace, but for those that others deliver. */
  create(
    objects: Manifest[],
    { parent = this.parent, dependsOn = [], aliases }: CreateOptions = {},
  ): KubernetesObject[] {
    const { provider, resource } = this.args.cluster;
    const { delivered = () => false, retained = () => false } = this.args.platform;
    return objects
      .filter((object) => !delivered(object))
      .map(
        (object) =>
          new KubernetesObject(offBuildNodes(object, this.args.nodes), {
            ...{ parent, provider, aliases },
            dependsOn: [this.namespace, ...dependsOn],
            // What is in the namespace goes with it: a volume could not go alone while a run uses it.
            deletedWith: object.metadata.namespace ? this.namespace : resource,
            ...(retained(object) && { retainOnDelete: true }),
          }),
      );
  }

  /** Lets volumes go that a stack of before December 2026 has here: its runs shared them. */
  releaseClaims(): void {
    const { cluster, place } = this.args;
    const { namespace } = place;
    new ClaimsReleased(
      `${namespace}/claims-released`,
      { kubeconfig: cluster.kubeconfig, namespace },
      { parent: this.parent, deletedWith: this.namespace, dependsOn: [this.namespace] },
    );
  }
}

interface CreateOptions {
  /** @default the workplace's component */
  parent?: pulumi.Resource;
  /** What they wait for beside the namespace. @default nothing */
  dependsOn?: pulumi.Resource[];
  /** Where else their state may be. @default nowhere */
  aliases?: pulumi.Alias[];
}
