import { BASES, BOOT_IMAGES } from "./annotations";
import { digestsIn } from "./digests";
import type { Stored } from "./look";
import type { Settings } from "./settings";

/** Something in a repository that is judged. */
export interface Found extends Pick<Stored, "digest" | "tags"> {
  repository: string;
}

/** What says something of an image that is there too, as cosign names it: a signature, an attestation, an SBOM. */
export const ABOUT = /^sha256-([0-9a-f]{64})(?:\.[a-z]+)?$/;

/** `used-c10s-x86_64-20261130-0123456789ab`: what was built on that day. */
const USED = /^used-(.+)-(\d{8})-[0-9a-f]+$/;
/** An image by the digest that sources name it by. */
const HELD = /^sha256-[0-9a-f]{64}-/;

/** Digests that something names which stays. */
export function named({ names = [], annotations }: Stored): string[] {
  return [...names, ...[BOOT_IMAGES, BASES].flatMap((name) => digestsIn(annotations[name] ?? ""))];
}

/**
 * Images that sources build on stay as long as one of the newest records names them that runs leave of what they built on. Where a variant
 * is built and nothing was recorded yet, all stay.
 */
export function heldBases(
  all: readonly Stored[],
  { repository, keep, of }: NonNullable<Settings["held"]>,
): { gone: Found[] } {
  const records = new Map<string, { day: string; stored: Stored }[]>();
  for (const stored of all) {
    const [, what, day] = stored.tags.map((tag) => USED.exec(tag)).find((it) => it !== null) ?? [];
    if (what !== undefined) records.set(what, [...(records.get(what) ?? []), { day: day!, stored }]);
  }
  if (!of.every((what) => records.has(what))) return { gone: [] };
  const sorted = [...records.values()].map((list) => list.sort((a, b) => (a.day < b.day ? 1 : -1)));
  const kept = sorted.flatMap((list) => list.slice(0, keep)).map(({ stored }) => stored);
  const stay = new Set(kept.flatMap(named));
  const past = sorted.flatMap((list) => list.slice(keep)).map(({ stored }) => stored);
  const unused = all.filter(({ digest, tags }) => tags.every((tag) => HELD.test(tag)) && !stay.has(digest));
  return { gone: [...unused, ...past].map(({ digest, tags }) => ({ repository, digest, tags })) };
}
