import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../clusters/cluster";
import { KubernetesObject } from "../kubernetes/object";
import { renderApplication, renderProject, type ApplicationArgs } from "./application";

export interface DeliveryArgs extends Pick<
  ApplicationArgs,
  "stack" | "argoCdNamespace" | "repository" | "revision" | "path" | "syncs"
> {
  cluster: Cluster;
  /** Namespaces of the sets. */
  namespaces: string[];
  /** Everything else of the stack: Argo CD delivers into namespaces that are there. */
  after: pulumi.Resource[];
}

/** Argo CD brings the sets into the cluster from Git: a project for the stack, an Application for each namespace. */
export class Delivery extends pulumi.ComponentResource {
  constructor(name: string, args: DeliveryArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("okd-streams:delivery:Delivery", name, {}, opts);
    const { cluster, namespaces, after } = args;
    const options = { parent: this, provider: cluster.provider, deletedWith: cluster.resource, dependsOn: after };
    const project = new KubernetesObject(renderProject(args, namespaces), options);
    for (const namespace of namespaces) {
      new KubernetesObject(renderApplication({ ...args, namespace }), { ...options, dependsOn: [...after, project] });
    }
    this.registerOutputs({});
  }
}
