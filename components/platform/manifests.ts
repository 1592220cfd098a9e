import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { UserError } from "../errors";
import { proxiedFetch } from "../fetch";
import { parseManifests, withoutRepetitions } from "../kubernetes/manifest";
import type { Manifest } from "../kubernetes/object";
import { decodeText } from "../kubernetes/yaml";
import { PART_NAMES, PARTS } from "./parts";
import { type Part, type PartName, type PlatformSettings } from "./part";
import type { PartSettings } from "./schema";
import { exactVersion, versionIn } from "../versions";
import { versionOf } from "./versions";

/** What installing a part means: its objects, or why they are not to be had. */
export interface PartManifests {
  version: string;
  /** The objects as published, in the order of their files; absent where they cannot be had. */
  objects?: Manifest[];
  /** Why there are no objects and what to do, in one sentence; absent where there are some. */
  missing?: string;
}

/** By part; a part that is not to be installed in any case has none. */
export type Manifests = Partial<Record<PartName, PartManifests>>;

/** The objects of all parts that can be had. */
export function objectsOf(manifests: Manifests): Manifest[] {
  return Object.values(manifests).flatMap(({ objects = [] }) => objects);
}

export interface ManifestSources {
  /** `manifests/` of an offline folder; where it is given nothing is downloaded. */
  manifestsFolder?: string;
  /** Where downloads are kept. Made when needed. */
  cacheFolder: string;
  /** @default one that goes through the environment's proxy */
  fetch?: typeof fetch;
  /** Milliseconds that one download may take. @default 20 000 */
  deadline?: number;
}

/**
 * Reads the manifests of every part that may be installed: from where the stack says (`platform.*.manifests`), else
 * from the offline folder, else from the cache, else from the published address.
 */
export async function readManifests(parts: PlatformSettings, sources: ManifestSources): Promise<Manifests> {
  const entries = wantedParts(parts).map(async (name) => [name, await readPart(name, parts[name], sources)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** An address of manifests. */
export interface ManifestAddress {
  part: PartName;
  url: string;
}

/** The addresses that {@link readManifests} downloads from: what is in the offline folder or in the cache is not asked for. */
export function manifestAddresses(parts: PlatformSettings, sources: ManifestSources): ManifestAddress[] {
  return wantedParts(parts).flatMap((name) => {
    const version = exactVersion(parts[name].version ?? PARTS[name].version);
    const places = placesOf(PARTS[name], version, parts[name], sources);
    return places.flatMap(({ file, url }) =>
      url === undefined || sources.manifestsFolder || (file !== undefined && existsSync(file))
        ? []
        : [{ part: name, url }],
    );
  });
}

/**
 * Where {@link readManifests} keeps what it has downloaded, by the names of an offline folder's `manifests/`.
 * @throws UserError for manifests that the stack takes from an address of its own: no offline folder stands for that
 */
export function keptManifests(parts: PlatformSettings, sources: ManifestSources): Map<string, string> {
  const files = wantedParts(parts).flatMap((name) => {
    const { manifests = [], version } = parts[name];
    const address = manifests.find((place) => /^https?:/.test(place));
    if (address !== undefined) {
      throw new UserError(`platform.${name}.manifests has ${address}, which is not asked offline: name a file.`);
    }
    if (manifests.length > 0) return [];
    const places = placesOf(PARTS[name], exactVersion(version ?? PARTS[name].version), parts[name], sources);
    return places.map(({ file }, index) => [`${PARTS[name].files[index]!.name}.yaml`, file!] as const);
  });
  return new Map(files);
}

/** Parts that are installed, or may be. */
export function wantedParts(parts: PlatformSettings): PartName[] {
  return PART_NAMES.filter((name) => ["install", "auto"].includes(parts[name].mode));
}

async function readPart(name: PartName, settings: PartSettings, sources: ManifestSources): Promise<PartManifests> {
  const part = PARTS[name];
  const version = exactVersion(settings.version ?? part.version);
  try {
    const places = placesOf(part, version, settings, sources);
    const files = await Promise.all(places.map((place) => readObjects(place, sources)));
    const source = places.map(({ file, url }) => url ?? file).join(" and ");
    const objects = withoutRepetitions(files.flat(), source);
    const found = versionOfObjects(part, objects);
    // Objects tell numbers alone, not whether they are of a candidate for a release.
    const isNamed = found === undefined || found === versionIn(version);
    if (settings.version !== undefined && !isNamed) throw new UserError(`${source} is of version ${found}`);
    return { version: isNamed ? version : found, objects };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      version,
      missing:
        `${part.title} ${version} cannot be installed: ${error.message}; name its manifests (URLs or files) in ` +
        `platform.${name}.manifests, or set OKD_STREAMS_OFFLINE to a folder that has ` +
        `${part.files.map((file) => `manifests/${file.name}.yaml`).join(" and ")}.`,
    };
  }
}

/** Where one text is: in a file, or at an address whose text may be kept in a file. */
type Place = { file: string; url?: undefined } | { url: string; file?: string };

function placesOf(part: Part, version: string, settings: PartSettings, sources: ManifestSources): Place[] {
  if (settings.manifests) {
    return settings.manifests.map((place) => (/^https?:\/\//.test(place) ? { url: place } : { file: place }));
  }
  const { manifestsFolder, cacheFolder } = sources;
  return part.files.map(({ name, url }) =>
    manifestsFolder
      ? { file: path.join(manifestsFolder, `${name}.yaml`) }
      : { url: url(version), file: path.join(cacheFolder, `${name}-${version}.yaml`) },
  );
}

async function readObjects({ file, url }: Place, sources: ManifestSources): Promise<Manifest[]> {
  const kept = file === undefined ? undefined : await textOf(file);
  if (kept !== undefined) return parse(kept, file!, sources.cacheFolder);
  if (url === undefined) throw new UserError(`there is no file ${file}`);
  if (sources.manifestsFolder) throw new UserError(`${url} is not read because OKD_STREAMS_OFFLINE is set`);
  const text = await download(url, sources);
  // Parsed before it is kept: what a captive portal answers must not stay.
  const objects = await parse(text, url, sources.cacheFolder);
  if (file !== undefined) await keep(file, text);
  return objects;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return decodeText(await readFile(file));
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw new UserError(`${file} cannot be read (${(error as Error).message})`);
  }
}

async function download(
  url: string,
  { fetch: get = proxiedFetch, deadline = 20_000 }: ManifestSources,
): Promise<string> {
  try {
    const response = await get(url, { signal: AbortSignal.timeout(deadline) });
    if (response.ok) return await response.text();
    throw new UserError(`${url} answers ${response.status}`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { name, message, cause } = error as Error & { cause?: Error };
    const reason = name === "TimeoutError" ? `no answer within ${deadline / 1000} s` : (cause?.message ?? message);
    throw new UserError(`${url} cannot be reached (${reason})`);
  }
}

/**
 * The objects of a text, which are some: one without would count as installed. Parsing those of a part takes a second, reading them
 * back as JSON a hundredth of it.
 */
async function parse(text: string, source: string, cacheFolder: string): Promise<Manifest[]> {
  const digest = createHash("sha256").update(`objects 2\n${text}`).digest("hex");
  const file = path.join(cacheFolder, "objects", `${digest}.json`);
  const kept = await textOf(file);
  if (kept !== undefined) return JSON.parse(kept) as Manifest[];
  const objects = parseManifests(text, source);
  if (objects.length === 0) throw new UserError(`${source} holds no Kubernetes objects`);
  await keep(file, JSON.stringify(objects));
  return objects;
}

/** Writes a file of the cache, as a whole or not at all: without a cache everything goes on, only slower. */
async function keep(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(draft, text);
    await rename(draft, file);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

function versionOfObjects(part: Part, objects: Manifest[]): string | undefined {
  for (const source of part.versionSources) {
    const holder = objects.find(({ kind, metadata: { name, namespace = part.namespace } }) => {
      return kind === source.kind && name === source.name && namespace === source.namespace;
    });
    const version = versionOf(holder, source);
    if (version !== undefined) return version;
  }
  return undefined;
}
