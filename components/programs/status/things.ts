import type { Of, PayloadRun, ReleaseRun, RunStatus, TestRun, Verdict } from "./model";
import { logsOf, type Makes, type Run } from "./run";

/** All of one kind by name, with their runs, the newest first. */
export function thingsOf<R extends RunStatus>(
  kind: Makes,
  declared: readonly string[],
  runs: readonly Run[],
  show: (run: Run) => R,
): Of<R>[] {
  const own = runs.filter(({ makes }) => makes[kind] !== undefined);
  // What the stack has no longer is shown as long as its runs are there.
  const names = [...new Set([...declared, ...own.map(({ makes }) => makes[kind]!).sort()])];
  return names.map((name) => ({
    name,
    runs: own
      .filter(({ makes }) => makes[kind] === name)
      .sort((one, other) => (other.since ?? "").localeCompare(one.since ?? ""))
      .map(show),
  }));
}

function shown(run: Run): RunStatus {
  const { name, phase, since, ended, message } = run;
  return {
    ...{ name, state: phase },
    ...(since && { since }),
    ...(ended && { ended }),
    ...(phase === "failed" && { message }),
    look: logsOf(run),
  };
}

export function releaseRun(run: Run): ReleaseRun {
  const { "release-name": release, "release-image": image } = run.results;
  const { mode } = run.params;
  return { ...shown(run), ...(mode && { mode }), ...(release && { release }), ...(image && { image }) };
}

export function certificationRun(run: Run): TestRun {
  const release = run.results.release ?? run.params.release;
  return { ...shown(run), ...(release && { release }), ...verdictOf(run) };
}

export function upgradeRun(run: Run): TestRun {
  const { from = baseOf(run.results.base), to } = run.params;
  return { ...shown(run), ...(from && { from }), ...(to && { release: to }), ...verdictOf(run) };
}

/** What was upgraded, of the configuration that the run left. */
function baseOf(text: string | undefined): string | undefined {
  const list = parsed(text);
  const first = (Array.isArray(list) ? list[0] : undefined) as { uri?: unknown } | null | undefined;
  return typeof first?.uri === "string" ? first.uri : undefined;
}

function verdictOf({ results }: Run): { verdict?: Verdict } {
  const { result, ...lists } = (parsed(results.verdict) ?? {}) as Record<string, unknown>;
  if (typeof result !== "string") return {};
  const list = (name: string) => (Array.isArray(lists[name]) ? lists[name].map(String) : []);
  return { verdict: { result, failed: list("failed"), warned: list("warned"), passed: list("passed") } };
}

/** Results are what a step wrote: also no JSON. */
function parsed(text = ""): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function payloadRun(run: Run): PayloadRun {
  return builtRun(run, "release");
}

export function operatorsRun(run: Run): PayloadRun {
  return builtRun(run, "catalog");
}

/** @param last the task after all waves, which is called as its result */
function builtRun(run: Run, last: "release" | "catalog"): PayloadRun {
  const { [last]: image, plan = "", changes = "" } = run.results;
  const lines = linesOf(plan);
  return {
    ...shown(run),
    ...(image && { image }),
    waves: wavesOf(run, { ...WAVES, [last]: last }),
    plan: { counts: countsOf(lines), lines },
    changes: linesOf(changes),
  };
}

function linesOf(text: string): string[] {
  return text.split("\n").filter(Boolean);
}

type Wave = PayloadRun["waves"][number];

/** How far the waves are: one that has another after it is done. */
function wavesOf({ begun, phase }: Run, names: Record<string, string>): Wave[] {
  const last = Object.keys(names).findLastIndex((task) => begun.includes(task));
  return Object.values(names).map((name, index): Wave => {
    if (index === last) return { name, state: AT_LAST[phase] };
    return { name, state: index < last ? "done" : "not begun" };
  });
}

/** Tasks of Pipelines okd-payload and okd-operators before the last, in their order. */
const WAVES = {
  resolve: "plan",
  "build-1": "wave 1",
  "build-2": "wave 2",
  "build-3": "wave 3",
  "build-4": "wave 4",
};

const AT_LAST: Record<Run["phase"], Wave["state"]> = {
  succeeded: "done",
  running: "running",
  waiting: "running",
  failed: "stopped",
  cancelled: "stopped",
};

/** What components/programs/payload/resolve.ts says of each component. */
const PLANNED: [what: string, line: RegExp][] = [
  ["built", / is built: /],
  ["kept", / is kept$/],
  ["the base's", / is the base's: /],
  ["left out", / is left out: /],
  ["replaced by images", / is \S+[:@]\S+$/],
];

/** `2 built, 9 kept` */
export function countsText({ plan }: PayloadRun): string {
  return Object.entries(plan.counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
}

function countsOf(lines: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const [what] = PLANNED.find(([, pattern]) => pattern.test(line)) ?? [];
    if (what) counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
