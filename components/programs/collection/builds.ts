import { listTag, parseRecordTag, RECORD_ANNOTATION, recordSchema } from "../events/build";
import type { Found } from "./held";
import type { Look, Stored } from "./look";
import type { Builds } from "./settings";

interface Build {
  records: Stored[];
  lists: (Stored & { repository: string })[];
  /** Digests of the images that records name, and their repositories. */
  images: Found[];
  /** When its last architecture was there. @default nothing says it */
  time?: number;
}

export interface KeptBuilds {
  /** Digests that builds name which stay, their own among them. */
  stays: string[];
  /** Their lists and records. */
  kept: Found[];
  /** Images of builds that go. */
  images: Found[];
  /** Lists and records of builds that go, records last: what is deleted half-way is found again by them. */
  gone: Found[];
}

/** The newest builds stay, and the newest of those that are whole; one that does not say when it was made stays too. */
export function keptBuilds(found: Look, series: Builds): KeptBuilds {
  const { records, keep } = series;
  const builds = buildsOf(found, series);
  const timed = builds.filter(({ time }) => time !== undefined).sort((a, b) => b.time! - a.time!);
  const whole = timed.filter(({ lists }) => lists.length > 0);
  const stay = new Set([
    ...builds.filter(({ time }) => time === undefined),
    ...timed.slice(0, keep),
    ...whole.slice(0, keep),
  ]);
  const past = builds.filter((build) => !stay.has(build));
  const own = (list: Iterable<Build>): Found[] => [
    ...[...list].flatMap(({ lists }) => lists),
    ...[...list].flatMap((build) => build.records.map((record) => ({ repository: records, ...record }))),
  ];
  return {
    stays: [...stay].flatMap(({ records, lists, images }) => [
      ...[...records, ...lists, ...images].map(({ digest }) => digest),
      ...lists.flatMap(({ names = [] }) => names),
    ]),
    kept: own(stay),
    images: past.flatMap(({ images }) => images),
    gone: own(past),
  };
}

/** Who may push records may push any: what they name elsewhere than in the series' own repositories is not believed. */
function buildsOf(found: Look, series: Builds): Build[] {
  const builds = new Map<string, Build>();
  const of = (id: string): Build => {
    if (!builds.has(id)) builds.set(id, { records: [], lists: [], images: [] });
    return builds.get(id)!;
  };
  const older = (build: Build, times: number[]) => {
    const time = Math.max(build.time ?? 0, ...times);
    if (time > 0) build.time = time;
  };
  for (const record of found.get(series.records) ?? []) {
    for (const tag of record.tags) {
      const parsed = parseRecordTag(tag);
      if (parsed?.version !== series.version) continue;
      const build = of(parsed.buildId);
      const { created, images } = recordOf(record);
      build.records.push(record);
      for (const repository of series.images) {
        const digest = images[repository];
        if (digest !== undefined) build.images.push({ repository, digest, tags: [] });
      }
      older(build, created);
    }
  }
  for (const repository of series.images) {
    const all = found.get(repository) ?? [];
    for (const list of all.filter(({ names }) => names !== undefined)) {
      for (const tag of list.tags) {
        const id = buildIdOf(tag, series);
        if (id === undefined) continue;
        const build = of(id);
        build.lists.push({ ...list, repository });
        older(
          build,
          all.filter(({ digest }) => list.names!.includes(digest)).flatMap(({ time }) => time ?? []),
        );
      }
    }
  }
  return [...builds.values()];
}

/** What its text says; of somebody else's, nothing. */
function recordOf({ annotations }: Stored): { created: number[]; images: Record<string, string> } {
  try {
    const { success, data } = recordSchema.safeParse(JSON.parse(annotations[RECORD_ANNOTATION] ?? ""));
    if (success) return { created: [Date.parse(data.created)], images: data.images };
  } catch {
    // no record at all
  }
  return { created: [], images: {} };
}

function buildIdOf(tag: string, { version, rehearsal }: Builds): string | undefined {
  const [before, behind] = listTag({ stream: "", version, buildId: "\n" }, rehearsal).split("\n") as [string, string];
  const fits = tag.startsWith(before) && tag.endsWith(behind) && tag.length > before.length + behind.length;
  return fits ? tag.slice(before.length, tag.length - behind.length) : undefined;
}
