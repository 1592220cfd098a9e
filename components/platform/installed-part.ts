import * as pulumi from "@pulumi/pulumi";
import { type Phase, PHASES, splitPhases } from "../kubernetes/manifest";
import { KubernetesObject, type Manifest } from "../kubernetes/object";
import type { Part } from "./part";
import { filledInFields } from "./part-objects";
import { WebhooksAnswer } from "./webhooks-answer";

export interface InstalledPartArgs {
  part: Part;
  version: string;
  /** The objects as they are installed, see `renderPart`. */
  objects: Manifest[];
  /** Kubeconfig of the cluster, as YAML; to ask its webhooks. */
  kubeconfig: pulumi.Output<string>;
  /** What every object waits for. @default nothing */
  after?: pulumi.Resource[];
  /** Namespaces of other parts that objects of this one are in, by their names. @default none */
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
export class InstalledPart extends pulumi.ComponentResource {
  readonly phases: Record<Phase, pulumi.Resource[]>;
  /** The namespaces that it brings, by their names. */
  readonly homes: Record<string, pulumi.Resource> = {};
  /** What the objects of users wait for: once it is there, the part works. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: InstalledPartArgs, opts: pulumi.ComponentResourceOptions) {
    // Its name before: stacks that are deployed keep their objects.
    const aliases = [{ type: "okd-streams:platform:Release" }];
    super("okd-streams:platform:InstalledPart", name, {}, { ...opts, aliases });
    const { part, version, kubeconfig, after = [], deletedWith } = args;
    const isLate = ({ kind, metadata }: Manifest) =>
      kind === "Deployment" && part.late?.workloads.includes(metadata.name) === true;
    const manifests = splitPhases(args.objects.filter((object) => !isLate(object)));
    this.phases = Object.fromEntries(PHASES.map((phase) => [phase, []])) as unknown as InstalledPart["phases"];
    const create = (manifest: Manifest, dependsOn: pulumi.Resource[]) => {
      const { namespace = "" } = manifest.metadata;
      return new KubernetesObject(manifest, {
        parent: this,
        dependsOn: [...after, ...dependsOn],
        deletedWith: deletedWith ?? this.homes[namespace] ?? args.homes?.[namespace],
        ignoreChanges: filledInFields(manifest),
      });
    };
    const answer = (what: string, sample: Manifest, dependsOn: pulumi.Resource[], field?: string) =>
      new WebhooksAnswer(
        `${name}-${what}`,
        { part: part.title, version, kubeconfig, sample, ...(field && { field }) },
        { parent: this, dependsOn },
      );

    for (const phase of PHASES) {
      const earlier = WAITS_FOR[phase].flatMap((it) => this.phases[it]);
      for (const manifest of manifests[phase]) {
        const object = create(manifest, earlier);
        this.phases[phase].push(object);
        if (phase === "namespaces") this.homes[manifest.metadata.name] = object;
      }
      if (phase === "webhooks" && part.sample) {
        const judged = [...this.phases.definitions, ...this.phases.webhooks];
        this.phases.webhooks.push(answer("webhooks", part.sample, judged));
      }
    }
    const last: pulumi.Resource[] = args.objects
      .filter(isLate)
      .map((manifest) => create(manifest, this.phases.customResources));
    if (part.late && last.length > 0) last.push(answer("late", part.late.sample, last, part.late.field));
    const { workloads, webhooks, customResources } = this.phases;
    this.ready = [...workloads, ...webhooks, ...customResources, ...last];
    this.registerOutputs({ version });
  }
}
