import type { Outcome } from "../gate/decide";

/** What a stack has, as somebody looks at it. Times are ISO 8601. */
export interface Status {
  stack: string;
  /** When it was put together. */
  at: string;
  /** What somebody has to look at, the worst first. */
  attention: Attention[];
  streams: StreamStatus[];
  layers: StreamStatus[];
  releases: Of<ReleaseRun>[];
  /** Edges between releases, as far as they were tried. */
  upgrades: Of<TestRun>[];
  payloads: Of<PayloadRun>[];
  /** Catalogs of operators, built as payloads are. */
  operators: Of<PayloadRun>[];
  certifications: Of<TestRun>[];
}

/**
 * - `unread`: what is asked does not answer: nothing is known of it
 * - `overdue`: a schedule has brought nothing for longer than it leaves between two
 * - `refused`: the gate composes the newest build of a stream neither now nor later
 * - `failed`: the newest run of its kind that has ended
 */
export type AttentionKind = "unread" | "overdue" | "refused" | "failed";

export interface Attention {
  kind: AttentionKind;
  /** What it is about: `SCOS 5.0`. */
  what: string;
  /** A sentence, or Tekton's words. */
  why: string;
  since?: string;
  /** A command that looks closer. */
  look: string;
}

/** Where one architecture of a build is: its record arrived, or else how far its run is. */
export interface Cell {
  state: "arrived" | "missing" | "waiting" | "running" | "succeeded" | "failed" | "cancelled";
  run?: string;
}

/** One build of a stream: an id with all its architectures, or a run that is a part of none. */
export interface BuildStatus {
  /** The build's id, or the run's name. */
  id: string;
  of: "build" | "single run" | "pull request";
  rehearsal: boolean;
  /** By architecture; absent: nothing of it is known or wanted. */
  cells: Record<string, Cell>;
  state:
    "complete" | "composing" | "incomplete" | "running" | "waiting" | "succeeded" | "failed" | "cancelled" | Outcome;
  /** What the gate says, or Tekton where it failed. */
  message: string;
  /** When it began, as far as that is known. */
  since?: string;
  /** When the last architecture arrived, or the run ended. */
  ended?: string;
  look: string;
}

/** A stream of the operating system, or a layer. */
export interface StreamStatus {
  title: string;
  /** Those that make a build complete. */
  architectures: string[];
  /** What its schedule leaves between two builds at most, in seconds. */
  intervalSeconds?: number;
  /** When the newest build that is whole was complete. */
  lastSuccess?: string;
  /** The newest first. */
  builds: BuildStatus[];
}

/** What a stack has by name, with its runs, the newest first. */
export interface Of<R> {
  name: string;
  runs: R[];
}

/** A run as it is shown. */
export interface RunStatus {
  name: string;
  state: "waiting" | "running" | "succeeded" | "failed" | "cancelled";
  since?: string;
  ended?: string;
  /** Where it failed, in Tekton's words. */
  message?: string;
  look: string;
}

export interface ReleaseRun extends RunStatus {
  /** `publish` or `dry-run`. */
  mode?: string;
  /** Name that it gives the release. */
  release?: string;
  /** The release's image. */
  image?: string;
}

export interface PayloadRun extends RunStatus {
  /** The image that all is in: a payload's release, or operators' catalog. */
  image?: string;
  /** Waves in their order. */
  waves: { name: string; state: "done" | "running" | "stopped" | "not begun" }[];
  /** What was built, kept and taken, a sentence each, with their numbers. */
  plan: { counts: Record<string, number>; lines: string[] };
  /** What is different from the base, a sentence each. */
  changes: string[];
}

export interface TestRun extends RunStatus {
  /** Of an upgrade: what it began at. */
  from?: string;
  /** The release that was tested. */
  release?: string;
  verdict?: Verdict;
}

export interface Verdict {
  result: string;
  failed: string[];
  warned: string[];
  passed: string[];
}
