import { MAKES } from "../status/run";

/** A PipelineRun, or a TaskRun that stands alone, as far as it matters here. */
export interface Run {
  resource: "pipelineruns" | "taskruns";
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
  };
  spec: { pipelineRef?: { name?: string }; taskRef?: { name?: string } };
  status?: { completionTime?: string; conditions?: { type: string; status: string }[] };
}

/** Ended runs that stay of each kind. */
export interface KeptRuns {
  runs: number;
  /** Of each source of pull requests. */
  pullRequests: number;
  /** Of single things instead, by what they are: `stream=5.0`. */
  of: Record<string, number>;
}

/** Labels that tell runs of one thing apart: where it is made, and what asked for it. */
const ARCHITECTURE = "okd-streams.io/architecture";
const TRIGGER = "triggers.tekton.dev/trigger";

/**
 * Ended runs beyond the newest of their like: of one thing that runs make, Pipeline or Task, architecture and trigger. The newest that
 * succeeded stays, too. A run that has not ended is never among them, however old, nor does it count; nor is one that bears no label of ours.
 */
export function surplusRuns(runs: readonly Run[], kept: KeptRuns): Run[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs.filter((run) => hasEnded(run) && thing(run) !== undefined)) {
    const { metadata, spec, resource } = run;
    const of = (spec.pipelineRef ?? spec.taskRef)?.name;
    const key = JSON.stringify([resource, of, thing(run), metadata.labels?.[ARCHITECTURE], metadata.labels?.[TRIGGER]]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].flatMap((group) => {
    const newest = group.sort(newestFirst);
    const succeeded = newest.find((run) => succeededOf(run) === "True");
    return newest.slice(keptOf(newest[0]!, kept)).filter((run) => run !== succeeded);
  });
}

/** What a run makes: `stream=5.0`. */
function thing({ metadata: { labels = {} } }: Run): string | undefined {
  const name = MAKES.find((name) => labels[`okd-streams.io/${name}`] !== undefined);
  return name && `${name}=${labels[`okd-streams.io/${name}`]!}`;
}

function keptOf(run: Run, { runs, pullRequests, of }: KeptRuns): number {
  const isPullRequest = run.metadata.labels?.[TRIGGER]?.endsWith("-pull-requests") ?? false;
  return isPullRequest ? pullRequests : (of[thing(run)!] ?? runs);
}

function hasEnded(run: Run): boolean {
  return run.status?.completionTime !== undefined && ["True", "False"].includes(succeededOf(run) ?? "");
}

function succeededOf({ status }: Run): string | undefined {
  return status?.conditions?.find(({ type }) => type === "Succeeded")?.status;
}

function newestFirst(one: Run, other: Run): number {
  return Date.parse(other.status!.completionTime!) - Date.parse(one.status!.completionTime!);
}
