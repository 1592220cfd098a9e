import { type Build, type BuildRecord, buildText, listTag } from "./build";
import type { StreamSettings } from "./settings";

/** What the registry holds for one architecture. */
export type Reading =
  | { state: "absent" }
  | { state: "present"; digest: string; record: BuildRecord }
  /** Something is there that is no record of ours, or not of this build. */
  | { state: "unreadable"; reason: string };

/** Everything that a decision rests on, read at one time. */
export interface Facts {
  /** What the stack wants of this version; absent: the stack does not build it. */
  stream?: StreamSettings;
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
  "compose" | "incomplete" | "composed" | "expired" | "conflicting" | "unknown-architecture" | "foreign";

export interface Verdict {
  outcome: Outcome;
  /** One sentence. */
  message: string;
  arrived: string[];
  missing: string[];
  /** When the first architecture arrived. */
  since?: Date;
  /** What is to be composed, and under which tag. */
  sources?: Sources;
  tag?: string;
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
    return verdict("composed", "its manifest lists are in the registry", state);
  }
  const conflict = findConflict(build, stream, records, required, hint);
  if (conflict !== undefined) {
    return verdict("conflicting", conflict, state);
  }
  const hours = state.since ? (now.getTime() - state.since.getTime()) / 3_600_000 : 0;
  if (hours > stream.expireAfterHours) {
    return verdict("expired", `its first architecture arrived more than ${stream.expireAfterHours} hours ago`, state);
  }
  if (state.missing.length > 0) {
    const count = `${arrived.length} of ${required.length} architectures are there`;
    return verdict("incomplete", `${count}, ${state.missing.join(", ")} missing`, state);
  }
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
    sources,
    tag: listTag(build, stream.rehearsal),
  });
}

/** Why what the registry holds cannot be one build, in words. */
function findConflict(
  build: Build,
  stream: StreamSettings,
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
    for (const image of stream.images) {
      const source = record.images[image];
      if (source === undefined) return `the record of ${architecture} has no image ${image}`;
      const owner = owners.get(source);
      if (owner !== undefined) return `${architecture} and ${owner} claim the same image ${source}`;
      owners.set(source, architecture);
    }
  }
  return undefined;
}
