import { type Build, type BuildRecord, buildText, listTag } from "../events/build";
import type { GateStream } from "./settings";

/** Hours that a composition may take: lists that are not there by then are made by a run of the next name. */
export const ATTEMPT_HOURS = 2;

/** More compositions of one build are not begun: names of runs have room for one digit. */
const ATTEMPTS = 9;

const HOUR_MS = 3_600_000;

/** What the registry holds for one architecture. */
export type Reading =
  | { state: "absent" }
  | { state: "present"; digest: string; record: BuildRecord }
  /** A record that no key signed which may speak for the architecture: a stranger's. */
  | { state: "unsigned"; reason: string }
  /** Something is there that is no record of ours, or not of this build. */
  | { state: "unreadable"; reason: string };

/** Everything that a decision rests on, read at one time. */
export interface Facts {
  /** What the stack wants of this version; absent: the stack does not build it. */
  stream?: GateStream;
  /** By architecture; one that is not here is absent. */
  records: Readonly<Record<string, Reading>>;
  /** Images of the stream whose manifest list exists under the build's tag. */
  lists: readonly string[];
  now: Date;
}

/** What an event says beyond the build. */
export interface Hint {
  architecture: string;
  /** Digest of the record's manifest. */
  record?: string;
}

/** The images of a build: name → architecture → digest. */
export type Sources = Record<string, Record<string, string>>;

export type Outcome =
  | "compose"
  | "incomplete"
  | "composed"
  | "expired"
  | "unsigned-record"
  | "conflicting"
  | "unknown-architecture"
  | "foreign";

export interface Verdict {
  outcome: Outcome;
  /** One sentence. */
  message: string;
  arrived: string[];
  missing: string[];
  /** When the first architecture arrived. */
  since?: Date;
  /** When the last architecture arrived; only of a build whose lists are there. */
  completed?: Date;
  /** What is to be done; only where the outcome is `compose`. */
  composition?: Composition;
}

export interface Composition {
  sources: Sources;
  /** Tag of the lists. */
  tag: string;
  /** Label of the run that composes. */
  label: string;
  /** Where boot images are that are to be listed in their bucket. */
  bootImages: string[];
  /** Which attempt this is, from 1: by the time since everything is there, so that all gates say the same. */
  attempt: number;
}

/**
 * Whether a build's manifest lists are to be composed now. The order of events, their number and what they claim change
 * nothing: apart from an event's own contradictions the answer follows from what the registry holds.
 */
export function decide(build: Build, { stream, records, lists, now }: Facts, hint?: Hint): Verdict {
  const verdict = (outcome: Outcome, text: string, more: Partial<Verdict> = {}): Verdict => ({
    outcome,
    message: `${buildText(build)}: ${text}`,
    arrived: [],
    missing: [],
    ...more,
  });
  if (!stream) {
    return verdict("foreign", "this stack does not build that version");
  }
  const required = [...new Set(stream.architectures)].sort();
  if (hint && !required.includes(hint.architecture)) {
    return verdict("unknown-architecture", `${hint.architecture} is none of ${required.join(", ")}`);
  }
  const present = required.flatMap((architecture) => {
    const reading = records[architecture];
    return reading?.state === "present" ? [{ architecture, ...reading }] : [];
  });
  const arrived = present.map(({ architecture }) => architecture);
  const times = present.map(({ record }) => Date.parse(record.created));
  const state = {
    arrived,
    missing: required.filter((architecture) => (records[architecture]?.state ?? "absent") === "absent"),
    ...(times.length > 0 && { since: new Date(Math.min(...times)) }),
  };
  if (stream.images.every((image) => lists.includes(image))) {
    const completed = times.length > 0 ? new Date(Math.max(...times)) : undefined;
    return verdict("composed", "its manifest lists are in the registry", { ...state, completed });
  }
  for (const architecture of required) {
    const reading = records[architecture];
    if (reading?.state === "unsigned") {
      return verdict("unsigned-record", `the record of ${architecture} ${reading.reason}`, state);
    }
  }
  const conflict = findConflict(build, stream, records, required, hint);
  if (conflict !== undefined) {
    return verdict("conflicting", conflict, state);
  }
  const hours = state.since ? (now.getTime() - state.since.getTime()) / HOUR_MS : 0;
  if (hours > stream.expireAfterHours) {
    return verdict("expired", `its first architecture arrived more than ${stream.expireAfterHours} hours ago`, state);
  }
  if (state.missing.length > 0) {
    const count = `${arrived.length} of ${required.length} architectures are there`;
    return verdict("incomplete", `${count}, ${state.missing.join(", ")} missing`, state);
  }
  const waited = Math.max(0, now.getTime() - Math.max(...times));
  const sources = Object.fromEntries(
    [...stream.images]
      .sort()
      .map((image) => [
        image,
        Object.fromEntries(present.map(({ architecture, record }) => [architecture, record.images[image]!])),
      ]),
  );
  return verdict("compose", `all of ${required.join(", ")} are there`, {
    ...state,
    composition: {
      sources,
      tag: listTag(build, stream.rehearsal),
      label: stream.label,
      bootImages: present.flatMap(({ record }) => record.bootImages ?? []),
      attempt: Math.min(ATTEMPTS, 1 + Math.floor(waited / (ATTEMPT_HOURS * HOUR_MS))),
    },
  });
}

/** What is said of a build of which no more is known than that it lacks an architecture and has no lists. */
export function incomplete(build: Build, architecture: string): Verdict {
  const message = `${buildText(build)}: ${architecture} is missing`;
  return { outcome: "incomplete", message, arrived: [], missing: [architecture] };
}

/** Why what the registry holds cannot be one build, in words. */
function findConflict(
  build: Build,
  stream: GateStream,
  records: Facts["records"],
  required: string[],
  hint: Hint | undefined,
): string | undefined {
  let first: { architecture: string; commits: string } | undefined;
  const owners = new Map<string, string>();
  for (const architecture of required) {
    const reading = records[architecture];
    if (reading?.state === "unreadable") return `the record of ${architecture} ${reading.reason}`;
    if (reading?.state !== "present") continue;
    const { record, digest } = reading;
    for (const [key, wanted] of Object.entries({ ...build, architecture })) {
      const found = record[key as keyof BuildRecord];
      if (found !== wanted) return `the record of ${architecture} says ${key} ${String(found)}`;
    }
    if (hint?.architecture === architecture && hint.record !== undefined && hint.record !== digest) {
      return `the event's record of ${architecture} is not the one in the registry`;
    }
    const commits = JSON.stringify(Object.entries(record.commits).sort());
    first ??= { architecture, commits };
    if (commits !== first.commits) {
      return `${architecture} was built from other commits than ${first.architecture}`;
    }
    const absent = stream.images.find((image) => record.images[image] === undefined);
    if (absent !== undefined) return `the record of ${architecture} has no image ${absent}`;
    const { bootImages } = record;
    if (bootImages !== undefined && !(stream.bucket !== undefined && bootImages.startsWith(`s3://${stream.bucket}/`))) {
      return `the record of ${architecture} has its boot images in ${bootImages}, which is no place of this stack's`;
    }
    const claims = stream.images.map((image) => record.images[image]!);
    for (const claim of bootImages === undefined ? claims : [...claims, bootImages]) {
      const owner = owners.get(claim);
      if (owner !== undefined) return `${architecture} and ${owner} claim the same image ${claim}`;
      owners.set(claim, architecture);
    }
  }
  return undefined;
}
