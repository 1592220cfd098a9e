import { distance } from "fastest-levenshtein";
import { gt, inc, parse } from "semver";
import { type Entry, type ImageConfig, imagesOf, OPERATOR, type ReleaseInfo } from "./entry";

/** What is wrong with an entry and its base, known before anything is built: a sentence each. */
export function entryFaults(
  { release, minor, components, added = [] }: Pick<Entry, "release" | "minor" | "components" | "added">,
  base: ReleaseInfo,
  { image, architecture }: { image: string; architecture: string },
): string[] {
  const names = Object.keys(imagesOf(base));
  return [
    base.config.architecture !== architecture &&
      `base ${image} is for ${base.config.architecture}, not for ${architecture}: name the release of that architecture by digest`,
    release ? versionFault(release.version, minor, base.metadata.version) : minorFault(minor, base.metadata.version),
    ...Object.entries(components).map(
      ([name, component]) =>
        release &&
        !names.includes(name) &&
        !added.includes(name) &&
        !("parent" in component) &&
        unknownComponent(name, names),
    ),
    ...added.map(
      (name) =>
        names.includes(name) && `component ${name} is in the base release: name it under replace, not under add`,
    ),
  ].filter((fault) => typeof fault === "string");
}

function minorFault(minor: string, base: string): string | false {
  const before = parse(base);
  if (before === null || `${before.major}.${before.minor}` === minor) return false;
  return `the base is ${base}, and what is built is of ${minor}: name a release of that version by digest`;
}

function versionFault(version: string, minor: string, base: string): string | false {
  const [own, before] = [parse(version), parse(base)];
  if (!own) return `version ${version} is no semantic version: write one such as ${minor}.0-mine.1`;
  if (before && `${before.major}.${before.minor}` !== minor) {
    return `version ${version} is of ${minor}, and the base is ${base}: components of one minor do not go into another`;
  }
  if (before === null || gt(own, before)) return false;
  // Longer than the base's name is newer, and older than the next one of the same stem.
  const newer = before.prerelease.length > 0 ? `${base}.mine.1` : `${inc(base, "patch")}-mine.1`;
  return `version ${version} is not newer than the base's, ${base}, since versions go by the alphabet: ${newer} would be`;
}

/** The first free name after one, by its last number. */
export function nextName(version: string, taken: (name: string) => boolean): string {
  const [, stem, last] = /^(.*?)(\d+)?$/.exec(version)!;
  const own = last === undefined || !version.includes("-") ? `${version}-mine.` : stem!;
  for (let number = own === stem ? Number(last) + 1 : 1; ; number++) {
    if (!taken(`${own}${number}`)) return `${own}${number}`;
  }
}

/** @param names that there are */
export function unknownComponent(name: string, names: string[]): string {
  return `component ${name} is not in the base release (${likelyMeant(name, names, "?")}): mend the name, or put it under add if it is a new one`;
}

/** What of all names a wrong one may stand for, or how many there are. @param mark after those that it may stand for. @default none */
export function likelyMeant(name: string, names: string[], mark = ""): string {
  const near = names
    .map((candidate) => ({ candidate, far: distance(name, candidate) }))
    .filter(({ candidate, far }) => far <= Math.max(2, Math.floor(name.length / 3)) || candidate.includes(name))
    .sort((a, b) => a.far - b.far || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
  return near.length > 0 ? `did you mean ${near.join(" or ")}${mark}` : `it has ${names.length} others`;
}

/** What is wrong with an image that is to take a component's place, by what it says of itself. */
export function imageFaults(
  name: string,
  image: string,
  { before, after, architecture }: { before?: ImageConfig; after: ImageConfig; architecture: string },
): string[] {
  return [
    after.architecture !== architecture && `${name}: ${image} is for ${after.architecture}, not for ${architecture}`,
    labelOf(before) !== undefined &&
      labelOf(after) === undefined &&
      `${name}: ${image} has no label ${OPERATOR}, and the base's image has it: without it the release has none of its manifests`,
  ].filter((fault) => fault !== false);
}

export function labelOf(image: ImageConfig | undefined): string | undefined {
  return image?.config?.Labels?.[OPERATOR];
}
