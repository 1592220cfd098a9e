import type { BuildsAnswer } from "../gate/table";
import { failedRuns, isOverdue } from "./attention";
import { type DeclaredStream, streamStatus } from "./builds";
import type { Attention, Of, ReleaseRun, Status, StreamStatus } from "./model";
import { logsOf, type Run } from "./run";
import { certificationRun, operatorsRun, payloadRun, releaseRun, thingsOf, upgradeRun } from "./things";

/** What a stack has by its settings, whether something of it was built or not. */
export interface Declared {
  stack: string;
  /** Namespace of builds, and of the gate. */
  namespace: string;
  /** All in which runs are. */
  namespaces: string[];
  streams: DeclaredStream[];
  layers: DeclaredStream[];
  releases: {
    name: string;
    namespace: string;
    /** What its schedule leaves between two at most. @default nothing is promised */
    intervalSeconds?: number;
  }[];
  upgradeTests: string[];
  payloads: string[];
  operators: string[];
  certifications: string[];
}

/** What was read, and what could not be. */
export interface Facts {
  /** What the gate says. @default the stack has none, or it does not answer, and `unread` says so */
  gate?: BuildsAnswer;
  runs: Run[];
  unread: Omit<Attention, "kind">[];
}

/** The gate looks at all records once a minute; after this many without it, it is blind. */
const BLIND_SECONDS = 900;

/** What is shown of a stack. */
export function statusOf(declared: Declared, { gate, runs, unread }: Facts, now: Date): Status {
  const { stack, namespace } = declared;
  const names = (list: { name: string }[]) => list.map(({ name }) => name);
  const ofStream = (stream: DeclaredStream) => streamStatus(stream, namespace, runs, gate);
  const streams = declared.streams.map(ofStream);
  const layers = declared.layers.map(ofStream);
  const releases = thingsOf("release", names(declared.releases), runs, releaseRun);
  return {
    stack,
    at: now.toISOString(),
    attention: [
      ...unread.map((it): Attention => ({ kind: "unread", ...it })),
      ...blindness(gate, namespace, now),
      ...declared.streams.flatMap((it, index) => overdueStream(streams[index]!, it, { runs, namespace, now })),
      ...declared.layers.flatMap((it, index) => overdueStream(layers[index]!, it, { runs, namespace, now })),
      ...declared.releases.flatMap((it) => overdueRelease(it, releases, now)),
      ...[...streams, ...layers].flatMap(refused),
      ...failedRuns(runs).map((run) => failure(run, [...declared.streams, ...declared.layers])),
    ],
    ...{ streams, layers, releases },
    upgrades: thingsOf("upgrade", declared.upgradeTests, runs, upgradeRun),
    payloads: thingsOf("payload", declared.payloads, runs, payloadRun),
    operators: thingsOf("operators", declared.operators, runs, operatorsRun),
    certifications: thingsOf("certification", declared.certifications, runs, certificationRun),
  };
}

function blindness(gate: BuildsAnswer | undefined, namespace: string, now: Date): Attention[] {
  if (!gate) return [];
  const { looked } = gate;
  if (looked !== undefined && now.getTime() - Date.parse(looked) <= BLIND_SECONDS * 1000) return [];
  return [
    {
      ...{
        kind: "unread",
        what: "The registry",
        why: "The gate has not read all records: nothing is composed meanwhile.",
      },
      ...(looked && { since: looked }),
      look: `kubectl logs -n ${namespace} deployment/gate`,
    },
  ];
}

interface Around {
  runs: readonly Run[];
  namespace: string;
  now: Date;
}

function overdueStream(status: StreamStatus, { label }: DeclaredStream, { runs, namespace, now }: Around): Attention[] {
  const { title: what, lastSuccess: since, intervalSeconds } = status;
  if (!isOverdue(status, now)) return [];
  const begun = runs.filter((run) => run.makes.stream === label && !run.pullRequest && (run.since ?? "") > since!);
  const newest = status.builds.find((build) => build.of === "build" && build.state !== "complete");
  const cause = newest
    ? { why: `Its newest build, ${newest.id}, is ${newest.state}. ${newest.message}`.trim(), look: newest.look }
    : {
        why: begun.length > 0 ? "Runs have begun since, but none as part of a build." : "No run has begun since.",
        look: `kubectl get cronjobs,jobs -n ${namespace} -l okd-streams.io/stream=${label}`,
      };
  const promise = `No whole build for longer than its schedule leaves, ${hours(intervalSeconds!)} at most.`;
  return [{ kind: "overdue", what, since, ...cause, why: `${promise} ${cause.why}` }];
}

function overdueRelease(
  { name, namespace, intervalSeconds }: Declared["releases"][number],
  releases: Of<ReleaseRun>[],
  now: Date,
): Attention[] {
  const runs = releases.find((release) => release.name === name)!.runs;
  const lastSuccess = runs.find(({ state }) => state === "succeeded")?.ended;
  if (!isOverdue({ intervalSeconds, lastSuccess }, now)) return [];
  const newest = runs[0]!;
  const cause =
    newest.state === "succeeded"
      ? {
          why: "No run has begun since.",
          look: `kubectl get cronjobs,jobs -n ${namespace} -l okd-streams.io/release=${name}`,
        }
      : { why: `Its newest run, ${newest.name}: ${newest.state}.`, look: newest.look };
  const promise = `Not made for longer than its schedule leaves, ${hours(intervalSeconds!)} at most.`;
  return [{ kind: "overdue", what: `Release ${name}`, since: lastSuccess, ...cause, why: `${promise} ${cause.why}` }];
}

function hours(seconds: number): string {
  return seconds < 2 * 86_400 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}

/** The newest build alone: what was refused before it is history. */
function refused({ title, builds }: StreamStatus): Attention[] {
  const newest = builds.find((build) => build.of === "build");
  if (!newest || !["unsigned-record", "conflicting", "expired"].includes(newest.state)) return [];
  const { id, state, message: why, since, look } = newest;
  return [{ kind: "refused", what: `${title}, build ${id} (${state})`, why, ...(since && { since }), look }];
}

function failure(run: Run, streams: DeclaredStream[]): Attention {
  return { kind: "failed", what: titleOf(run, streams), why: run.message, since: run.ended, look: logsOf(run) };
}

/** What a run makes, in words. */
function titleOf({ makes, architecture, name, pipeline }: Run, streams: DeclaredStream[]): string {
  const { stream, release, payload, operators, certification, upgrade } = makes;
  const title =
    (release && `Release ${release}`) ??
    (payload && `Payload ${payload}`) ??
    (operators && `Operators ${operators}`) ??
    (certification && `Certification ${certification}`) ??
    (upgrade && `Upgrade test ${upgrade}`) ??
    (architecture && streams.find(({ label }) => label === stream)?.title) ??
    pipeline;
  return [title, architecture].filter(Boolean).join(" ") + `, ${name}`;
}
