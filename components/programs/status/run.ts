import { messageOf, phaseOf, type Phase, type TektonRun } from "../tekton-run";

/** A PipelineRun as it comes from the API server. */
export interface PipelineRunObject extends TektonRun {
  metadata: TektonRun["metadata"] & { namespace?: string; creationTimestamp?: string };
  spec?: {
    params?: { name: string; value: unknown }[];
    workspaces?: { secret?: { secretName?: string } }[];
  };
  status?: TektonRun["status"] & { childReferences?: { pipelineTaskName?: string }[] };
}

/** What runs make, by the ends of their labels. */
export const MAKES = ["stream", "release", "payload", "operators", "certification", "upgrade"] as const;
export type Makes = (typeof MAKES)[number];

/** What is held on to of a PipelineRun: no parameter but those that are shown, and no name of a Secret. */
export interface Run {
  namespace: string;
  name: string;
  pipeline: string;
  makes: Partial<Record<Makes, string>>;
  architecture?: string;
  /** The build that it is one architecture of. */
  build?: string;
  rehearsal: boolean;
  pullRequest: boolean;
  phase: Phase | "cancelled";
  since?: string;
  ended?: string;
  /** The first line of Tekton's words. */
  message: string;
  results: Record<string, string>;
  params: Record<string, string>;
  /** The Pipeline's tasks that have begun. */
  begun: string[];
}

/** Parameters that are shown. */
const SHOWN = ["mode", "from", "to", "release"];

export function runOf(object: PipelineRunObject): Run {
  const { metadata, status = {} } = object;
  const { labels = {}, namespace = "" } = metadata;
  const label = (name: string): string | undefined => labels[`okd-streams.io/${name}`];
  const cancelled = status.conditions?.some(({ reason = "" }) => /^(Cancelled|StoppedRun)/.test(reason)) ?? false;
  const since = status.startTime ?? metadata.creationTimestamp;
  const architecture = label("architecture");
  const build = label("build");
  return {
    namespace,
    name: metadata.name,
    pipeline: labels["tekton.dev/pipeline"] ?? "",
    makes: Object.fromEntries(MAKES.flatMap((name) => (label(name) ? [[name, label(name)]] : []))),
    ...(architecture && { architecture }),
    ...(build && { build }),
    rehearsal: label("rehearsal") === "true",
    pullRequest: labels["triggers.tekton.dev/trigger"]?.endsWith("-pull-requests") ?? false,
    phase: cancelled ? "cancelled" : phaseOf(object),
    ...(since && { since }),
    ...(status.completionTime && { ended: status.completionTime }),
    message: withoutSecrets(messageOf(object).trim().split("\n")[0]!, object),
    results: texts(status.results ?? []),
    params: texts((object.spec?.params ?? []).filter(({ name }) => SHOWN.includes(name))),
    begun: [...new Set((status.childReferences ?? []).map(({ pipelineTaskName = "" }) => pipelineTaskName))],
  };
}

/** Names of Secrets say where to look for them: a message that everybody reads has none that the run names, nor any that it calls one. */
function withoutSecrets(message: string, { spec: { params = [], workspaces = [] } = {} }: PipelineRunObject): string {
  const names = [
    ...params.flatMap(({ name, value }) => (name.includes("secret") && typeof value === "string" ? [value] : [])),
    ...workspaces.flatMap(({ secret }) => secret?.secretName ?? []),
  ].filter(Boolean);
  const unnamed = message.replace(/\b(secrets? )("[^"]*"|'[^']*'|\S+\/\S+)/gi, '$1"…"');
  // A word alone may be one of the sentence: "push".
  return names.reduce(
    (text, name) => text.replaceAll(`"${name}"`, '"…"').replaceAll(`secret ${name}`, "secret …"),
    unnamed,
  );
}

function texts(list: { name: string; value: unknown }[]): Record<string, string> {
  return Object.fromEntries(
    list.map(({ name, value }) => [name, (typeof value === "string" ? value : JSON.stringify(value)).trim()]),
  );
}

/** What shows a run's own words. */
export function logsOf({ namespace, name }: Pick<Run, "namespace" | "name">): string {
  return `tkn pipelinerun logs -n ${namespace} ${name}`;
}
