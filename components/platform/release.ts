import * as pulumi from "@pulumi/pulumi";
import { type Phase, PHASES, splitPhases } from "../kubernetes/manifest";
import { KubernetesObject, type Manifest } from "../kubernetes/object";
import type { Part } from "./parts";
import { filledInFields } from "./release-objects";
import { WebhooksAnswer } from "./webhooks-answer";

export interface ReleaseArgs {
  part: Part;
  version: string;
  /** The objects as they are installed, see `renderRelease`. */
  objects: Manifest[];
  /** Kubeconfig of the cluster, as YAML; to ask its webhooks. */
  kubeconfig: pulumi.Output<string>;
  /** What every object waits for. @default nothing */
  after?: pulumi.Resource[];
  /** Namespaces of other releases that objects of this one are in, by their names. @default none */
  homes?: Record<string, pulumi.Resource>;
  /**
   * The cluster, where it is ours: what is gone with it is not removed one by one.
   * @default objects go with their namespace
   */
  deletedWith?: pulumi.Resource;
}

/** What the objects of a phase wait for. An object is removed in the opposite order, so that finalizers can finish. */
const WAITS_FOR: Readonly<Record<Phase, readonly Phase[]>> = {
  namespaces: [],
  definitions: [],
  configuration: ["namespaces"],
  workloads: ["definitions", "configuration"],
  webhooks: ["workloads"],
  customResources: ["definitions", "configuration", "webhooks"],
};

/** A third-party part in the cluster: one resource per object of its manifests, in safe phases. */
export class Release extends pulumi.ComponentResource {
  readonly phases: Record<Phase, pulumi.Resource[]>;
  /** The namespaces that it brings, by their names. */
  readonly homes: Record<string, pulumi.Resource> = {};
  /** What the objects of users wait for: once it is there, the part works. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: ReleaseArgs, opts: pulumi.ComponentResourceOptions) {
    super("okd-streams:platform:Release", name, {}, opts);
    const { part, version, kubeconfig, after = [], deletedWith } = args;
    const isLate = ({ kind, metadata }: Manifest) => kind === "Deployment" && part.late?.includes(metadata.name);
    const manifests = splitPhases(args.objects.filter((object) => !isLate(object)));
    manifests.customResources.push(...args.objects.filter(isLate));
    this.phases = Object.fromEntries(PHASES.map((phase) => [phase, []])) as unknown as Release["phases"];

    for (const phase of PHASES) {
      const dependsOn = [...after, ...WAITS_FOR[phase].flatMap((earlier) => this.phases[earlier])];
      for (const manifest of manifests[phase]) {
        const { name: own, namespace = "" } = manifest.metadata;
        const object = new KubernetesObject(manifest, {
          parent: this,
          dependsOn,
          deletedWith: deletedWith ?? this.homes[namespace] ?? args.homes?.[namespace],
          ignoreChanges: filledInFields(manifest),
        });
        this.phases[phase].push(object);
        if (phase === "namespaces") this.homes[own] = object;
      }
      if (phase === "webhooks" && part.sample) {
        const answer = new WebhooksAnswer(
          `${name}-webhooks`,
          { part: part.title, version, kubeconfig, sample: part.sample },
          { parent: this, dependsOn: [...this.phases.definitions, ...this.phases.webhooks] },
        );
        this.phases.webhooks.push(answer);
      }
    }
    const { workloads, webhooks, customResources } = this.phases;
    this.ready = [...workloads, ...webhooks, ...customResources];
    this.registerOutputs({ version });
  }
}
