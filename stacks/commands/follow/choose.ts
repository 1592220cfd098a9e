import { UserError } from "../../../components/errors";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import type { Outputs } from "../outcome";

/** What runs can be created of: a stream, named by its version, a layer or a release by its name. */
export interface Buildable {
  /** How sentences begin that are about it: `Stream 4.21`, `Layer crio`, `Release next`. */
  title: string;
  name: string;
  plan: string[];
  /** One run per architecture. */
  runs: PipelineRun[];
}

/** Finds what is meant in a stack. @throws UserError where nothing is, or it is not clear */
export type Chooser = (stack: string, outputs: Outputs, name?: string) => Buildable;

/** What to build; without a name the stack's only stream. @throws UserError where none or several fit, or nothing of it can be built */
export function chooseBuild(
  stack: string,
  { streams, layers = [] }: Pick<Outputs, "streams" | "layers">,
  name?: string,
): Buildable {
  const ofStreams = streams.map(({ version, plan, runs }) => ({
    title: `Stream ${version}`,
    name: version,
    plan,
    runs,
  }));
  const ofLayers = layers.map((layer) => ({ title: `Layer ${layer.name}`, ...layer }));
  const all = [...ofStreams, ...ofLayers];
  const names = all.map((it) => it.name).join(", ");
  if (all.length === 0) throw new UserError(`Stack ${stack} has no streams: add one to its configuration.`);
  if (!name && ofStreams.length > 1) {
    throw new UserError(`Stack ${stack} has several streams: name one of ${names}.`, 2);
  }
  if (!name && ofStreams.length === 0) {
    throw new UserError(`Stack ${stack} has no stream: name one of its layers, ${names}.`, 2);
  }
  const chosen = name ? all.find((it) => it.name === name) : ofStreams[0];
  if (!chosen) throw new UserError(`Stack ${stack} has no stream or layer ${name}, it has ${names}.`, 2);
  if (chosen.runs.length === 0) throw new UserError(`${chosen.title} cannot be built: ${chosen.plan.join("; ")}`);
  return chosen;
}

/** The release to make; without a name the only one. @throws UserError where none or several fit */
export const chooseRelease = chooserOf("releases", "release");
export const choosePayload = chooserOf("payloads", "payload");
export const chooseOperators = chooserOf("operators", "catalog");
export const chooseCertification = chooserOf("certifications", "certification");
export const chooseUpgradeTest = chooserOf("upgradeTests", "upgrade test");

type Named = "releases" | "payloads" | "operators" | "certifications" | "upgradeTests";

function chooserOf<K extends Named>(key: K, kind: string) {
  return (stack: string, outputs: Pick<Outputs, K>, name?: string): Buildable =>
    chooseNamed(stack, outputs[key], kind, name);
}

function chooseNamed(
  stack: string,
  all: { name: string; plan: string[]; run?: PipelineRun }[] = [],
  kind: string,
  name?: string,
): Buildable {
  const names = all.map((it) => it.name).join(", ");
  if (all.length === 0) throw new UserError(`Stack ${stack} has no ${kind}s: add one to its configuration.`);
  if (!name && all.length > 1) throw new UserError(`Stack ${stack} has several ${kind}s: name one of ${names}.`, 2);
  const chosen = name ? all.find((it) => it.name === name) : all[0];
  if (!chosen) throw new UserError(`Stack ${stack} has no ${kind} ${name}, it has ${names}.`, 2);
  const { run, ...rest } = chosen;
  const title = `${kind[0]!.toUpperCase()}${kind.slice(1)} ${chosen.name}`;
  if (!run) throw new UserError(`${title} cannot be made: ${chosen.plan.join("; ")}`);
  return { title, ...rest, runs: [run] };
}
