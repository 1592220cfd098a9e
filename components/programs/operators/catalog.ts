import { compare, gt, inc, parse } from "semver";
import { nextName } from "../payload/checks";
import type { Blob, BundleImage } from "./entry";

interface ChannelEntry {
  name: string;
  replaces?: string;
  skips?: string[];
  skipRange?: string;
}
interface Channel extends Blob {
  entries: ChannelEntry[];
}

/** A catalog with more bundles in it: what was added or kept, a line each, and what cannot be added, a sentence each. */
export interface Added {
  blobs: Blob[];
  changes: string[];
  faults: string[];
}

/**
 * Adds bundles to a catalog, each as the newest of its channels. It replaces the one that was the newest, and is what all versions of the
 * channel from the oldest on may be upgraded to at once (skipRange). What is there already stays; a version that is there with other content,
 * or is not newer than what its channels have, is refused.
 */
export function addBundles(blobs: Blob[], bundles: BundleImage[]): Added {
  const added: Added = { blobs: [...blobs], changes: [], faults: [] };
  bundles.forEach((bundle, index) => {
    const twin = bundles.slice(0, index).find((other) => other.package === bundle.package);
    if (twin) {
      added.faults.push(
        `package ${bundle.package} is made twice, of ${twin.operator} and ${bundle.operator}: name one`,
      );
      return;
    }
    addBundle(added, bundle);
  });
  return { ...added, blobs: added.blobs.sort(order) };
}

function addBundle(added: Added, bundle: BundleImage): void {
  const { name, package: packageName, version, image, operator } = bundle;
  const own = added.blobs.filter((blob) => packageOf(blob) === packageName);
  const versions = new Map(
    own.filter(({ schema }) => schema === "olm.bundle").map((blob) => [blob.name!, versionOf(blob)]),
  );
  const there = own.find((blob) => blob.schema === "olm.bundle" && (blob.name === name || versionOf(blob) === version));
  if (there) {
    if (there.image === image) {
      added.changes.push(`${name} is kept`);
      return;
    }
    const next = nextVersion(version, [...versions.values()]);
    added.faults.push(
      `${operator}: ${packageName} has version ${version} already, with other content (${String(there.image)}), and what is published is never replaced: the next free one is ${next}`,
    );
    return;
  }
  const channels = bundle.channels.map((channel) => {
    const blob = own.find(({ schema, name: called }) => schema === "olm.channel" && called === channel);
    return { channel, entries: (blob as Channel | undefined)?.entries ?? [] };
  });
  const newer = channels.flatMap(({ channel, entries }) => {
    const head = headOf(entries);
    const before = head && versions.get(head.name);
    return before !== undefined && !gt(version, before) ? [{ channel, before }] : [];
  });
  if (newer.length > 0) {
    const [{ channel, before }] = newer as [(typeof newer)[number]];
    added.faults.push(
      `${operator}: version ${version} is not newer than ${before}, which channel ${channel} of ${packageName} has: ${nextVersion(before, [...versions.values()])} would be`,
    );
    return;
  }

  const made = channels.map(({ channel, entries }): Channel => {
    const entry = entryOf(bundle, entries, versions);
    const { skipRange, replaces } = entry;
    added.changes.push(
      `${name} is added to ${channel}${replaces ? `, replaces ${replaces}` : ""}${skipRange ? `, skips ${skipRange}` : ""}`,
    );
    return { schema: "olm.channel", package: packageName, name: channel, entries: [...entries, entry] };
  });
  const replaced = new Set(made.map((channel) => channel.name));
  const stays = (blob: Blob) =>
    !own.includes(blob) ||
    !(blob.schema === "olm.package" || (blob.schema === "olm.channel" && replaced.has(blob.name)));
  const before = own.find(({ schema }) => schema === "olm.package");
  const { defaultChannel = before?.defaultChannel ?? bundle.channels[0], icon } = bundle;
  added.blobs = [
    ...added.blobs.filter(stays),
    { schema: "olm.package", name: packageName, defaultChannel, ...(icon && { icon }) },
    ...made,
    {
      ...{ schema: "olm.bundle", name, package: packageName, image, properties: bundle.properties },
      relatedImages: [{ name: "", image }, ...bundle.relatedImages],
    },
  ];
}

function entryOf(
  { name, version, skipsFrom }: BundleImage,
  entries: ChannelEntry[],
  versions: Map<string, string>,
): ChannelEntry {
  const head = headOf(entries);
  const oldest = [...entries.map((entry) => versions.get(entry.name)), skipsFrom]
    .filter((it) => it !== undefined && parse(it) !== null)
    .sort((a, b) => compare(a!, b!))[0];
  return {
    name,
    ...(head && { replaces: head.name }),
    ...(oldest !== undefined && gt(version, oldest) && { skipRange: `>=${oldest} <${version}` }),
  };
}

/** The newest of a channel: the one that no other replaces or skips. */
function headOf(entries: ChannelEntry[]): ChannelEntry | undefined {
  const passed = new Set(entries.flatMap(({ replaces, skips = [] }) => [replaces, ...skips]));
  return entries.find(({ name }) => !passed.has(name));
}

function versionOf({ properties }: Blob): string {
  const found = (properties as { type: string; value: { version?: string } }[]).find(
    ({ type }) => type === "olm.package",
  );
  return found?.value.version ?? "";
}

function nextVersion(version: string, taken: string[]): string {
  const next = (from: string) =>
    parse(from)!.prerelease.length > 0 ? nextName(from, () => false) : inc(from, "patch")!;
  let candidate = next(version);
  while (taken.includes(candidate)) candidate = next(candidate);
  return candidate;
}

export function packageOf({ schema, name, package: of }: Blob): string {
  return of ?? (schema === "olm.package" ? (name ?? "") : "");
}

const SCHEMAS = ["olm.package", "olm.channel", "olm.bundle"];

/** By package; there the package, its channels and bundles by name, then what else there is. */
function order(a: Blob, b: Blob): number {
  const keyOf = (blob: Blob) => {
    const schema = SCHEMAS.indexOf(blob.schema);
    return [packageOf(blob), schema < 0 ? "9" : String(schema), blob.name ?? ""].join("\0");
  };
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
