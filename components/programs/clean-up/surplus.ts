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

/** Labels that tell runs of one stream apart: what was built, where, and what asked for it. */
const LABELS = ["okd-streams.io/stream", "okd-streams.io/architecture", "triggers.tekton.dev/trigger"];

/**
 * Ended runs beyond the newest of their like: of one stream, Pipeline or Task, architecture and trigger. A run that has
 * not ended is never among them, however old, nor does it count.
 *
 * @param keep ended runs that stay of each
 */
export function surplusRuns(runs: readonly Run[], keep: number): Run[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs.filter(hasEnded)) {
    const { metadata, spec, resource } = run;
    const of = (spec.pipelineRef ?? spec.taskRef)?.name;
    const key = JSON.stringify([resource, of, ...LABELS.map((label) => metadata.labels?.[label])]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].flatMap((group) => group.sort(newestFirst).slice(keep));
}

function hasEnded({ status }: Run): boolean {
  const succeeded = status?.conditions?.find(({ type }) => type === "Succeeded")?.status;
  return status?.completionTime !== undefined && (succeeded === "True" || succeeded === "False");
}

function newestFirst(one: Run, other: Run): number {
  return Date.parse(other.status!.completionTime!) - Date.parse(one.status!.completionTime!);
}
