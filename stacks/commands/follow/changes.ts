import { clock, type Line } from "../engine/progress";
import { remedyFor, troublesOf, type Troubled } from "../../../components/kubernetes/troubles";
import {
  explanationOf,
  messageOf,
  phaseOf,
  secondsOf,
  taskOf,
  type Phase,
  type TektonRun,
} from "../../../components/programs/tekton-run";

/** Phases of TaskRuns by their names, as they were told. */
export type Told = Map<string, Phase>;

/** Lines for what happened since the last look; remembers them as told. */
export function changes(told: Told, taskRuns: TektonRun[]): Line[] {
  return [...taskRuns].sort(byStart).flatMap((taskRun): Line[] => {
    const { name } = taskRun.metadata;
    const phase = phaseOf(taskRun);
    if (told.get(name) === phase) return [];
    const first = !told.has(name);
    told.set(name, phase);
    const task = taskOf(taskRun);
    const seconds = secondsOf(taskRun);
    const took = seconds === undefined ? "" : ` (${clock(seconds)})`;
    switch (phase) {
      case "waiting":
        return first ? [{ tone: "plain", text: `${task}: waits for its pod` }] : [];
      case "running":
        return [{ tone: "plain", text: `${task}: runs` }];
      case "succeeded":
        return [{ tone: "good", text: `${task}: succeeded${took}` }];
      case "failed":
        return [{ tone: "bad", text: `${task}: failed${took}: ${messageOf(taskRun)}` }];
    }
  });
}

/** Reasons that TaskRuns were told to wait for, by their names. */
export type ToldTroubles = Map<string, string>;

/** Lines for why TaskRuns wait that no time mends, with what to do; remembers them as told. @param pods theirs */
export function troubles(told: ToldTroubles, taskRuns: TektonRun[], pods: Troubled[]): Line[] {
  return taskRuns
    .filter((taskRun) => phaseOf(taskRun) === "waiting")
    .flatMap((taskRun): Line[] => {
      const pod = pods.filter(({ metadata }) => metadata.name === taskRun.status?.podName);
      // Without a pod, as where a quota refuses one, Tekton alone knows why.
      const reason = [...troublesOf(pod), explanationOf(taskRun)].find((it) => remedyFor(it) !== undefined);
      const { name } = taskRun.metadata;
      if (reason === undefined || told.get(name) === reason) return [];
      told.set(name, reason);
      return [{ tone: "warning", text: `${taskOf(taskRun)} waits: ${reason} → ${remedyFor(reason)!}` }];
    });
}

/** What a run came to, after its end. */
export function ending(run: TektonRun): Line[] {
  // A run that fails leaves out whatever comes after: nobody needs that list.
  const skipped = (run.status?.skippedTasks ?? [])
    .filter(({ reason }) => reason !== "PipelineRun was stopping")
    .map(({ name, reason }) => `${name} (${reason ?? "no reason given"})`);
  const results = (run.status?.results ?? []).map(({ name, value }) => `${name}: ${text(value)}`);
  const seconds = secondsOf(run);
  const took = seconds === undefined ? "" : ` after ${clock(seconds)}`;
  const good = phaseOf(run) === "succeeded";
  const rehearsal = run.metadata.annotations?.["okd-streams.io/rehearsal"];
  return [
    ...(skipped.length > 0 ? [{ tone: "plain" as const, text: `left out: ${skipped.join(", ")}` }] : []),
    ...results.map((result) => ({ tone: "plain" as const, text: result })),
    {
      tone: good ? "good" : "bad",
      text: `${run.metadata.name} ${good ? "succeeded" : "failed"}${took}: ${messageOf(run)}`,
    },
    ...(rehearsal ? [{ tone: "warning" as const, text: rehearsal }] : []),
  ];
}

function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : JSON.stringify(value);
}

function byStart(one: TektonRun, other: TektonRun): number {
  return (one.status?.startTime ?? "~").localeCompare(other.status?.startTime ?? "~");
}
