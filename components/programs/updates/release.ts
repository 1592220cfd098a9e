import { gunzipSync } from "node:zlib";
import type { RegistryClient } from "../gate/registry";
import { filesOf } from "./tar";

/** A release as its image says it. */
export interface Release {
  version: string;
  /** By digest. */
  image: string;
  digest: string;
  /** The payload that it was made of, by digest. @default it says none */
  madeOf?: string;
  architectures: string[];
  /** Versions that may be updated to it. */
  previous: string[];
  /** Page about it. @default it names none */
  url?: string;
}

/** What is asked of a registry. */
export type Reader = Pick<RegistryClient, "manifest" | "json" | "blob">;

/** Milliseconds that an answer may take. */
const ANSWER_MS = 60_000;
/** Bytes of the manifests of a release, unpacked. */
const UNPACKED_LIMIT = 512 * 1024 * 1024;

const METADATA = "release-manifests/release-metadata";
const REFERENCES = "release-manifests/image-references";

interface Body {
  manifests?: { digest: string; platform?: { architecture?: string } }[];
  config?: { digest: string };
  layers?: { digest: string }[];
}

interface Metadata {
  version?: string;
  previous?: string[];
  metadata?: { url?: string };
}

interface References {
  metadata?: { annotations?: Record<string, string> };
}

/** A release by tag or digest; nothing where there is none, or what is there is no release. @throws Unavailable */
export async function readRelease(
  client: Reader,
  { host, path, reference }: { host: string; path: string; reference: string },
  known: Map<string, Release>,
): Promise<Release | undefined> {
  const patience = () => AbortSignal.timeout(ANSWER_MS);
  const found = await client.manifest(path, reference, patience());
  if (!found) return undefined;
  const { digest } = found;
  const before = known.get(digest);
  if (before) return before;
  const { manifests } = found.body as Body;
  const first = manifests?.find(({ platform }) => platform?.architecture === "amd64") ?? manifests?.[0];
  const image = first ? await client.manifest(path, first.digest, patience()) : found;
  const { config, layers = [] } = (image?.body ?? {}) as Body;
  const last = layers.at(-1);
  if (!config || !last) return undefined;
  const { architecture } = ((await client.json(path, config.digest, patience())) ?? {}) as { architecture?: string };
  const layer = await client.blob(path, last.digest, patience());
  const files = layer && archiveOf(layer);
  const text = files?.get(METADATA);
  if (text === undefined) return undefined;
  const { version = "", previous = [], metadata: { url } = {} } = JSON.parse(text) as Metadata;
  const { metadata: { annotations = {} } = {} } = JSON.parse(files?.get(REFERENCES) ?? "{}") as References;
  const madeOf = annotations["release.openshift.io/from-release"];
  const listed = manifests?.flatMap(({ platform }) => platform?.architecture ?? []);
  const release: Release = {
    ...{ version, digest, image: `${host}/${path}@${digest}`, previous },
    architectures: listed ?? (architecture === undefined ? [] : [architecture]),
    ...(madeOf?.includes("@") && { madeOf }),
    ...(url !== undefined && { url }),
  };
  known.set(digest, release);
  return release;
}

/** Of what is no archive there are no files. */
function archiveOf(layer: Buffer): Map<string, string> | undefined {
  try {
    return filesOf(gunzipSync(layer, { maxOutputLength: UNPACKED_LIMIT }), [METADATA, REFERENCES]);
  } catch {
    return undefined;
  }
}
