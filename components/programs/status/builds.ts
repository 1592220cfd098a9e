import { type Build, buildText, compositionName } from "../events/build";
import type { BuildsAnswer } from "../gate/table";
import type { BuildStatus, Cell, StreamStatus } from "./model";
import { logsOf, type Run } from "./run";

/** A stream or a layer as the stack declares it. */
export interface DeclaredStream {
  title: string;
  /** What runs are labelled with. */
  label: string;
  /** Name in events and records, and the version. */
  stream: string;
  version: string;
  /** Those that are built on this cluster. */
  architectures: string[];
}

type Answered = BuildsAnswer["builds"][number];

const ATTEMPTS = 9;

/** A stream with its builds: what the gate knows of them and what runs are there, in one. */
export function streamStatus(
  declared: DeclaredStream,
  namespace: string,
  runs: readonly Run[],
  gate?: Pick<BuildsAnswer, "streams" | "builds">,
): StreamStatus {
  const { title, label, stream, version } = declared;
  const isIts = (other: { stream: string; version: string }) => other.stream === stream && other.version === version;
  const known = gate?.streams.find(isIts);
  const { intervalSeconds, lastSuccess } = known ?? {};
  const own = runs.filter((run) => run.makes.stream === label && run.architecture !== undefined);
  const answers = new Map((gate?.builds ?? []).filter(isIts).map((build) => [build.buildId, build]));
  const ofBuilds = own.filter(({ build }) => build !== undefined);
  const ids = [...new Set([...answers.keys(), ...ofBuilds.map(({ build }) => build!)])];
  const builds = [
    ...ids.map((id) => {
      const build = { stream, version, buildId: id };
      return buildStatus(build, {
        answer: answers.get(id),
        runs: ofBuilds.filter((run) => run.build === id),
        composition: compositionOf(build, runs),
        look: `kubectl get pipelineruns -n ${namespace} -l okd-streams.io/build=${id}`,
      });
    }),
    ...own.filter(({ build }) => build === undefined).map(singleRun),
  ];
  return {
    title,
    architectures: known?.architectures ?? declared.architectures,
    ...(intervalSeconds !== undefined && { intervalSeconds }),
    ...(lastSuccess !== undefined && { lastSuccess }),
    builds: builds.sort((one, other) => (other.since ?? "").localeCompare(one.since ?? "")),
  };
}

interface Parts {
  answer?: Answered;
  runs: Run[];
  composition?: Run;
  look: string;
}

function buildStatus(build: Build, { answer, runs, composition, look }: Parts): BuildStatus {
  const cells: Record<string, Cell> = {};
  for (const architecture of answer?.missing ?? []) cells[architecture] = { state: "missing" };
  for (const run of [...runs].sort(byBegin)) cells[run.architecture!] = { state: run.phase, run: run.name };
  for (const architecture of answer?.arrived ?? []) {
    cells[architecture] = { ...cells[architecture], state: "arrived" };
  }
  const state = stateOf(Object.values(cells), { answer, composition });
  const failed = [composition, ...runs].find((run) => run?.phase === "failed" && state === "failed");
  const since = [answer?.since, ...runs.map((run) => run.since)].filter((time) => time !== undefined).sort()[0];
  return {
    id: build.buildId,
    of: "build",
    rehearsal: runs.some(({ rehearsal }) => rehearsal),
    ...{ cells, state },
    message: failed?.message ?? answer?.message.replace(`${buildText(build)}: `, "") ?? "",
    ...(since && { since }),
    ...(answer?.completed && { ended: answer.completed }),
    look: failed ? logsOf(failed) : look,
  };
}

/** The gate's word counts where it settled the build; until then how far the runs are. */
function stateOf(cells: Cell[], { answer, composition }: Pick<Parts, "answer" | "composition">): BuildStatus["state"] {
  const { outcome } = answer ?? {};
  if (outcome === "composed") return "complete";
  if (outcome === "compose") return composition?.phase === "failed" ? "failed" : "composing";
  if (outcome !== undefined && outcome !== "incomplete") return outcome;
  const has = (state: Cell["state"]) => cells.some((cell) => cell.state === state);
  if (has("running")) return "running";
  if (has("waiting")) return "waiting";
  return has("failed") ? "failed" : "incomplete";
}

/** The run that composes the build, its newest attempt. */
function compositionOf(build: Build, runs: readonly Run[]): Run | undefined {
  const names = Array.from({ length: ATTEMPTS }, (_, index) => compositionName(build, index + 1));
  return runs
    .filter(({ name }) => names.includes(name))
    .sort(byBegin)
    .at(-1);
}

function singleRun(run: Run): BuildStatus {
  const { name, rehearsal, architecture, phase, since, ended, message, pullRequest } = run;
  return {
    id: name,
    of: pullRequest ? "pull request" : "single run",
    rehearsal,
    cells: { [architecture!]: { state: phase, run: name } },
    state: phase,
    message: phase === "failed" ? message : "",
    ...(since && { since }),
    ...(ended && { ended }),
    look: logsOf(run),
  };
}

function byBegin(one: Run, other: Run): number {
  return (one.since ?? "").localeCompare(other.since ?? "");
}
