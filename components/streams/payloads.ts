import * as pulumi from "@pulumi/pulumi";
import type { Cluster, Registry } from "../clusters/cluster";
import { UserError } from "../errors";
import { requireUserNamespaces } from "../kubernetes/build-nodes";
import { authored } from "../kubernetes/marks";
import type { Manifest } from "../kubernetes/object";
import { renderSccBinding } from "../openshift/scc";
import { requireFit } from "../pipelines/check-run";
import type { Library } from "../pipelines/library";
import { placeRun } from "../pipelines/place-run";
import type { PipelineRun } from "../pipelines/tekton";
import { bundle } from "../programs/bundle";
import { renderRunAccount, RUN_ACCOUNT } from "../workplace/accounts";
import { renderCleanUp } from "../workplace/clean-up";
import { renderNetwork } from "../workplace/network";
import type { Place } from "../workplace/place";
import { renderSecrets, type SecretInputs } from "../workplace/secrets";
import { Workplace, type WorkplacePlatform } from "../workplace/workplace";
import { KEEP, keptRuns, type KeepSettings } from "./keep";
import { operatorsLines, renderOperatorsFiles } from "./operators/operators";
import { catalogOf, renderOperatorsMap, renderOperatorsProgram, renderOperatorsRun } from "./operators/run";
import type { Operators } from "./operators/schema";
import { operatorTable } from "./operators/table";
import { type Payload, payloadLines, recipeOf, renderEntry } from "./payload/payload";
import { PAYLOAD_NAMESPACE, renderEntryMap, renderPayloadRun, renderProgram } from "./payload/run";
import { type Table, tableFile } from "./payload/table";
import { type BuildSettings, pushTarget } from "./settings";

export interface PayloadsArgs extends Pick<BuildSettings, "matrix" | "push" | "nodes"> {
  cluster: Cluster;
  platform: WorkplacePlatform & {
    /** The stack's registry, where payloads go that name no repository. @default none */
    registry?: Registry;
  };
  /** Name of the stack: label `okd-streams.io/stack` of every object. */
  stack: string;
  payloads: Payload[];
  /** Operators that go into catalogs. @default none */
  operators?: Operators[];
  /** What stays of runs. @default as many as stacks keep that do not say it */
  keep?: KeepSettings;
  /** Where pipelines come from. */
  library: Library;
  /** Secrets to create in the namespace: name → key → value. @default none */
  secrets?: SecretInputs;
}

/** A payload, or a catalog's operators, as it comes out. */
export interface PayloadOutput {
  name: string;
  /** What is built of what, and where it goes: a sentence each. */
  plan: string[];
  /** What makes it, for `kubectl create`. */
  run: PipelineRun;
}

/** The pipelines that make releases with components replaced, and catalogs of operators, with all that their runs need. */
export class Payloads extends pulumi.ComponentResource {
  readonly namespace: string = PAYLOAD_NAMESPACE;
  readonly workplace: Workplace;
  readonly payloads: PayloadOutput[];
  readonly operators: PayloadOutput[];

  /** @throws UserError for faults in pipelines, the table or entries, before anything is created */
  constructor(name: string, args: PayloadsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Payloads", name, {}, opts);
    const { cluster, platform, library, payloads, operators = [], nodes } = args;
    requireUserNamespaces(nodes, cluster.capabilities);
    const place: Place = { namespace: PAYLOAD_NAMESPACE, labels: authored(args.stack) };
    const sets = ["payload", ...(operators.length > 0 ? ["operators"] : []), "notifications"];
    const pipelines = library.objects(sets, place);
    const table = library.data("payload", "components.yaml", tableFile);
    const rendered = payloads.map((payload) => renderPayload(payload, args, { place, pipelines, table }));
    const catalogs = operators.map((settings) => renderOperators(settings, args, { place, pipelines, table }));
    this.payloads = rendered.map(({ output }) => output);
    this.operators = catalogs.map(({ output }) => output);
    for (const { run } of [...this.payloads, ...this.operators]) {
      requireFit(run, pipelines);
    }

    this.workplace = new Workplace(this, { place, cluster, platform, nodes, podSecurity: "privileged" });
    const { workplace } = this;
    workplace.create([
      renderRunAccount(place),
      ...renderNetwork(place, {
        openshift: cluster.capabilities.openshift,
        told: [...rendered, ...catalogs].map(({ entry, output: { run } }) => JSON.stringify([entry.data, run])),
      }),
      ...renderCleanUp({
        ...place,
        image: library.images.node!,
        openshift: cluster.capabilities.openshift,
        kept: keptRuns(args.keep ?? KEEP, { payload: payloads }),
      }),
      // Builds make user namespaces, which no smaller constraint lets them; none is privileged.
      ...(cluster.capabilities.openshift ? [renderSccBinding("privileged", RUN_ACCOUNT, place)] : []),
      ...renderSecrets(args.secrets, place),
      renderProgram(bundle("payload"), place),
      ...(operators.length > 0 ? [renderOperatorsProgram(bundle("operators"), place)] : []),
      ...[...rendered, ...catalogs].map(({ entry }) => entry),
      ...pipelines,
    ]);
    this.registerOutputs({ payloads: this.payloads, operators: this.operators });
  }
}

type RenderArgs = Pick<PayloadsArgs, "cluster" | "platform" | "library" | "matrix" | "push" | "nodes">;
interface Objects {
  place: Place;
  pipelines: Manifest[];
  table: Table;
}

/** A payload's entry for its runs, and what comes out of it. */
export function renderPayload(
  payload: Payload,
  args: RenderArgs,
  { place, pipelines, table }: Objects,
): { entry: Manifest; output: PayloadOutput } {
  const { context, recipe, placed } = contextOf("payloads", payload, args, { place, pipelines });
  const { library } = args;
  const entry = renderEntry(payload, {
    ...{ table, images: library.images, target: context.target, recipe },
    mirrored: (image) => library.mirrored(image),
  });
  return {
    entry: renderEntryMap(payload, entry, place),
    output: {
      name: payload.name,
      plan: payloadLines(payload, entry, table),
      run: placed(renderPayloadRun(payload, entry, context)),
    },
  };
}

/** What runs of an entry of operators are given, and what comes out of it. */
export function renderOperators(
  settings: Operators,
  args: RenderArgs,
  { place, pipelines, table: components }: Objects,
): { entry: Manifest; output: PayloadOutput } {
  const { context, recipe, placed } = contextOf("operators", settings, args, { place, pipelines });
  const { library } = args;
  const files = renderOperatorsFiles(settings, {
    ...{
      table: library.data("operators", "operators.yaml", operatorTable),
      components,
      images: library.images,
      recipe,
    },
    mirrored: (image) => library.mirrored(image),
    patch: (file) => library.text("operators", `patches/${file}`),
  });
  return {
    entry: renderOperatorsMap(settings, files, place),
    output: {
      name: settings.name,
      plan: operatorsLines(settings, files, catalogOf(settings, context.target)),
      run: placed(renderOperatorsRun(settings, context)),
    },
  };
}

/** What both are rendered with. @throws UserError where nothing says where what is built goes */
function contextOf(
  key: string,
  { name, repository, architecture }: Pick<Payload, "name" | "repository" | "architecture">,
  { cluster, platform: { registry }, library, matrix, push, nodes }: RenderArgs,
  { place, pipelines }: Pick<Objects, "place" | "pipelines">,
) {
  const available = cluster.capabilities.architectures;
  const target = repository ?? pushTarget({ push, registry });
  if (target === undefined) {
    throw new UserError(`${key}: ${name} is pushed nowhere: name its repository, or give the stack a registry.`);
  }
  const task = pipelines.find(({ metadata }) => metadata.name === "payload-build-component")!;
  return {
    context: { place, settings: { registry, matrix, nodes }, target, architecture: architecture ?? available[0]! },
    recipe: recipeOf(task.spec as object),
    placed: (run: PipelineRun) => placeRun(run, { objects: pipelines, library, available }),
  };
}
