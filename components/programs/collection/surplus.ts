import { keptBuilds } from "./builds";
import { BOOT_IMAGES } from "./annotations";
import { ABOUT, type Found, heldBases, named } from "./held";
import type { Look, Stored } from "./look";
import { isRecord, pastRecords, type PayloadsFound } from "./payloads";
import type { Settings } from "./settings";

/** A manifest that nothing needs. */
export interface Gone {
  repository: string;
  digest: string;
  /** Those that go with it; none where it is known by a record alone. */
  tags: string[];
}

const ARCH = "(?:x86_64|aarch64|ppc64le|s390x)";
/** A key that a run finds an image by, and what it was made of. */
const KEY = /^(key|record)-[0-9a-f]{64}$/;
/** A build's own tag, which has the day in its version: `10.0.20261130-84304436-x86_64`; of boot images with the disk behind it. */
const BUILD = new RegExp(`^\\d[\\d.]*\\d{8}(?:\\d{4})?(?:[-.]\\d+)?-${ARCH}(?:-[a-z0-9.-]+)?$`);
/** What a moving tag may be moved to, by the commit's time: `5.0-x86_64-at-1793000000`. */
const ANNOUNCED = new RegExp(`^\\d+\\.\\d+-${ARCH}(?:-rehearsal)?-at-\\d+$`);

/** All repositories that are looked at. */
export function repositoriesOf({ builds, images, held, payloads, verdicts = [] }: Settings): string[] {
  const ofPayloads = payloads ? [payloads.plans, ...payloads.releases] : [];
  const all = [
    ...builds.flatMap((it) => [it.records, ...it.images]),
    ...Object.keys(images),
    ...ofPayloads,
    ...verdicts,
  ];
  return [...new Set([...all, ...(held ? [held.repository] : [])])];
}

/**
 * What may go: builds beyond the newest with their records, lists and images, and images that runs find by a key beyond the newest of their
 * sort. What bears a tag of another form stays, as the moving tag of a version does, and with it whatever it names; so does what the settings
 * or runs name, and an image that does not say when it was made.
 *
 * @param used digests that runs name which have not ended
 * @param payloads what they have; without it nothing of theirs goes
 * @returns in the order in which it may be deleted, and the rest another time
 */
export function surplus(
  found: Look,
  settings: Settings,
  used: ReadonlySet<string>,
  payloads: PayloadsFound = { components: [], named: [], plans: [] },
): Gone[] {
  const builds = settings.builds.map((series) => keptBuilds(found, series));
  const held = settings.held && heldBases(found.get(settings.held.repository) ?? [], settings.held);
  const stays = new Set([...settings.named, ...used, ...payloads.named, ...builds.flatMap((it) => it.stays)]);
  const components = payloads.components.map((name) => [name, settings.payloads?.keep ?? 0] as const);
  const images = { ...Object.fromEntries(components), ...settings.images };
  const judged: Found[] = [];

  for (const [repository, keep] of Object.entries(images)) {
    const all = (found.get(repository) ?? []).filter((it) => !it.tags.every((tag) => ABOUT.test(tag)) && !isRecord(it));
    const lists = builds.flatMap((it) => [...it.kept, ...it.gone]).filter((it) => it.repository === repository);
    const free = all.filter(({ tags }) => tags.every((tag) => [KEY, BUILD, ANNOUNCED].some((form) => form.test(tag))));
    for (const stored of all.filter((it) => !free.includes(it))) {
      if (!lists.some(({ digest }) => digest === stored.digest)) stays.add(stored.digest);
    }
    for (const { digest } of newestOfEach(all, keep)) stays.add(digest);
    judged.push(...free.map((stored) => ({ repository, ...stored })));
  }
  // What is dropped as a build's may stay as something else.
  judged.push(...builds.flatMap((it) => it.images));
  for (const stored of [...found.values()].flat()) {
    if (stays.has(stored.digest)) for (const digest of named(stored)) stays.add(digest);
  }

  const order = [
    ...judged,
    ...builds.flatMap((it) => it.gone),
    ...aboutWhatGoes(found, images, judged, stays),
    ...pastRecords(found, payloads, (digest) => stays.has(digest)),
    ...(held?.gone ?? []),
  ];
  const gone = new Map<string, Gone>();
  for (const { repository, digest, tags } of order) {
    if (stays.has(digest)) continue;
    const key = `${repository}@${digest}`;
    gone.set(key, { repository, digest, tags: [...new Set([...(gone.get(key)?.tags ?? []), ...tags])] });
  }
  return [...gone.values()];
}

/** The newest images of each sort; those that do not say when they were made, all. */
function newestOfEach(all: readonly Stored[], keep: number): Stored[] {
  const sorts = new Map<string, Stored[]>();
  for (const stored of all.filter(({ names }) => names === undefined)) {
    const { architecture, labels, annotations } = stored;
    const label = (name: string) => labels[`io.okd-streams.${name}`];
    const sort = ["version", "rpm", "rpms", "boot-image", "component"].map(label);
    const key = JSON.stringify([architecture, BOOT_IMAGES in annotations, ...sort]);
    sorts.set(key, [...(sorts.get(key) ?? []), stored]);
  }
  return [...sorts.values()].flatMap((sort) => {
    const timed = sort.filter(({ time }) => time !== undefined).sort((a, b) => b.time! - a.time!);
    return [...sort.filter(({ time }) => time === undefined), ...timed.slice(0, keep)];
  });
}

/** What is said of images that go, and of such that are gone. */
function aboutWhatGoes(
  found: Look,
  images: Record<string, number>,
  judged: readonly Found[],
  stays: ReadonlySet<string>,
): Found[] {
  return Object.keys(images).flatMap((repository) => {
    const all = found.get(repository) ?? [];
    const going = new Set(
      judged.filter((it) => it.repository === repository && !stays.has(it.digest)).map(({ digest }) => digest),
    );
    return all
      .filter(({ tags }) => tags.every((tag) => going.has(`sha256:${ABOUT.exec(tag)?.[1] ?? ""}`)))
      .map((stored) => ({ repository, ...stored }));
  });
}
