import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NotYaml, readDocuments, writeYaml } from "../../kubernetes/yaml";
import { Failure, filesIn } from "./files";

/** On the ConfigMap that says whom a cluster believes when it updates. */
const VERIFIES = "release.openshift.io/verification-config-map";
const KEYRING = "verifier-public-key-";
const OWN_STORE = "store-okd-streams";

interface Trust {
  kind?: string;
  metadata?: { annotations?: Record<string, string> };
  data?: Record<string, string>;
}

/** Adds the payload's key and signature store to the ConfigMap of a base's cluster-update-keys. */
export function updateKeys({ SCRATCH = "", STORE = "" }: NodeJS.ProcessEnv): void {
  const key = readFileSync(join(SCRATCH, "public.gpg"));
  const folder = join(SCRATCH, "manifests");
  const found = filesIn(folder).flatMap((file) => {
    const documents = documentsOf(join(folder, file));
    if (!documents.some(verifies)) return [];
    writeFileSync(
      join(folder, file),
      documents.map((it) => writeYaml(verifies(it) ? trusting(it, key, STORE) : it)).join("---\n"),
    );
    return [file];
  });
  if (found.length > 0) return;
  throw new Failure([
    `the base's cluster-update-keys has no ConfigMap with annotation ${VERIFIES}: nothing in it says whom a cluster believes`,
  ]);
}

function documentsOf(file: string): Trust[] {
  try {
    return readDocuments(readFileSync(file, "utf8"), file).map(({ value }) => value as Trust);
  } catch (error) {
    if (error instanceof NotYaml) return []; // image-references, or somebody's notes
    throw error;
  }
}

function verifies({ kind, metadata }: Trust): boolean {
  return kind === "ConfigMap" && metadata?.annotations?.[VERIFIES] !== undefined;
}

/** Of each keyring one key has to have signed: with this one in all of them it is enough alone, as are those that were before. */
export function trusting<T extends Trust>(trust: T, key: Buffer, store: string): T {
  const data = Object.entries(trust.data ?? {}).map(([name, value]) =>
    name.startsWith(KEYRING) ? [name, armored(Buffer.concat([dearmored(value), key]))] : [name, value],
  );
  return { ...trust, data: { ...(Object.fromEntries(data) as Record<string, string>), [OWN_STORE]: store } };
}

const BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END = "-----END PGP PUBLIC KEY BLOCK-----";

/** @throws Failure for what is no armored keyring */
export function dearmored(text: string): Buffer {
  const [, body] =
    new RegExp(`${BEGIN}\\r?\\n(?:[^\\n]*:[^\\n]*\\n)*\\s*\\n([^]*?)\\n(?:=[\\w+/]{4}\\s*\\n)?${END}`).exec(text) ?? [];
  if (body === undefined) throw new Failure(["the base's cluster-update-keys has a keyring that is no armored one"]);
  return Buffer.from(body, "base64");
}

/** RFC 4880, 6.2. */
export function armored(keys: Buffer): string {
  const lines = keys.toString("base64").match(/.{1,64}/g) ?? [];
  const sum = Buffer.from([16, 8, 0].map((shift) => (crc24(keys) >> shift) & 0xff)).toString("base64");
  return [BEGIN, "", ...lines, `=${sum}`, END, ""].join("\n");
}

/** RFC 4880, 6.1. */
function crc24(bytes: Buffer): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= 0x1864cfb;
    }
  }
  return crc & 0xffffff;
}
