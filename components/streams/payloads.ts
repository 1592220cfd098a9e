import * as pulumi from "@pulumi/pulumi";
import type { Cluster, Registry } from "../clusters/cluster";
import { UserError } from "../errors";
import { authored } from "../kubernetes/marks";
import type { Manifest } from "../kubernetes/object";
import { renderSccBinding } from "../openshift/scc";
import { requireFit } from "../pipelines/check-run";
import type { Library } from "../pipelines/library";
import { placeRun } from "../pipelines/place-run";
import type { PipelineRun } from "../pipelines/tekton";
import { bundle } from "../programs/bundle";
import { renderRunAccount, RUN_ACCOUNT } from "../workplace/accounts";
import { renderNetwork } from "../workplace/network";
import type { Place } from "../workplace/place";
import { renderSecrets, type SecretInputs } from "../workplace/secrets";
import { Workplace, type WorkplacePlatform } from "../workplace/workplace";
import { type Payload, payloadLines, recipeOf, renderEntry } from "./payload/payload";
import { renderEntryMap, renderPayloadRun, renderProgram } from "./payload/run";
import { type Table, tableFile } from "./payload/table";
import { type BuildSettings, pushTarget } from "./settings";

export interface PayloadsArgs extends Pick<BuildSettings, "matrix" | "push"> {
  cluster: Cluster;
  platform: WorkplacePlatform & {
    /** The stack's registry, where payloads go that name no repository. @default none */
    registry?: Registry;
  };
  /** Name of the stack: label `okd-streams.io/stack` of every object. */
  stack: string;
  payloads: Payload[];
  /** Where pipelines come from. */
  library: Library;
  /** Secrets to create in the namespace: name → key → value. @default none */
  secrets?: SecretInputs;
}

/** A payload as it comes out. */
export interface PayloadOutput {
  name: string;
  /** What is replaced by what, and where it goes: a sentence each. */
  plan: string[];
  /** What makes it, for `kubectl create`. */
  run: PipelineRun;
}

/** Namespace of payloads: what their builds run is others' and nobody's of those that build the operating system. */
export const PAYLOAD_NAMESPACE = "okd-payload";

const SETS = ["payload", "notifications"];

/** The pipeline that makes releases with components replaced, with all that its runs need. */
export class Payloads extends pulumi.ComponentResource {
  readonly namespace: string = PAYLOAD_NAMESPACE;
  readonly workplace: Workplace;
  readonly payloads: PayloadOutput[];

  /** @throws UserError for faults in pipelines, the table or entries, before anything is created */
  constructor(name: string, args: PayloadsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Payloads", name, {}, opts);
    const { cluster, platform, library, payloads } = args;
    const place: Place = { namespace: PAYLOAD_NAMESPACE, labels: authored(args.stack) };
    const pipelines = library.objects(SETS, place);
    const table = library.data("payload", "components.yaml", tableFile);
    const rendered = payloads.map((payload) => renderPayload(payload, args, { place, pipelines, table }));
    this.payloads = rendered.map(({ output }) => output);
    for (const { run } of this.payloads) {
      requireFit(run, pipelines);
    }

    this.workplace = new Workplace(this, { place, cluster, platform, podSecurity: "privileged" });
    const { workplace } = this;
    workplace.create([
      renderRunAccount(place),
      ...renderNetwork(place, {
        openshift: cluster.capabilities.openshift,
        told: rendered.map(({ entry, output: { run } }) => JSON.stringify([entry.data, run])),
      }),
      // Builds make user namespaces, which no smaller constraint lets them; none is privileged.
      ...(cluster.capabilities.openshift ? [renderSccBinding("privileged", RUN_ACCOUNT, place)] : []),
      ...renderSecrets(args.secrets, place),
      renderProgram(bundle("payload"), place),
      ...rendered.map(({ entry }) => entry),
      ...pipelines,
    ]);
    this.registerOutputs({ payloads: this.payloads });
  }
}

/** A payload's entry for its runs, and what comes out of it. */
export function renderPayload(
  payload: Payload,
  {
    cluster,
    platform,
    library,
    matrix,
    push,
  }: Pick<PayloadsArgs, "cluster" | "platform" | "library" | "matrix" | "push">,
  { place, pipelines, table }: { place: Place; pipelines: Manifest[]; table: Table },
): { entry: Manifest; output: PayloadOutput } {
  const { name, repository, architecture = cluster.capabilities.architectures[0]! } = payload;
  const { registry } = platform;
  const target = repository ?? pushTarget({ push, registry });
  if (target === undefined) {
    throw new UserError(`payloads: ${name} is pushed nowhere: name its repository, or give the stack a registry.`);
  }
  const task = pipelines.find(({ metadata }) => metadata.name === "payload-build-component")!;
  const { images } = library;
  const entry = renderEntry(payload, {
    ...{ table, images, target, recipe: recipeOf(task.spec as object) },
    mirrored: (image) => library.mirrored(image),
  });
  const context = { place, settings: { registry, matrix }, target, architecture };
  const placement = { objects: pipelines, library, available: cluster.capabilities.architectures };
  const run = placeRun(renderPayloadRun(payload, entry, context), placement);
  return {
    entry: renderEntryMap(payload, entry, place),
    output: { name, plan: payloadLines(payload, entry, table), run },
  };
}
