import { generateKeyPairSync } from "node:crypto";
import type { Build, BuildRecord } from "../../../components/programs/events/build";
import type { GateStream } from "../../../components/programs/gate/settings";

export const KEY = "a key of tests";
/** A cluster's key of records: its private part signs, its public one verifies. */
export function newRecordKey(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    publicKey: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
  };
}

export const RECORD_KEY = newRecordKey();

export const NOW = new Date("2026-11-23T12:00:00Z");

export const STREAM: GateStream = {
  stream: "okd-coreos",
  version: "4.21",
  architectures: ["amd64", "arm64"],
  images: ["stream-coreos-base", "stream-coreos"],
  label: "4.21",
  records: "okd-coreos-records",
  expireAfterHours: 24,
  bucket: "okd",
  rehearsal: false,
};

export const BUILD: Build = { stream: "okd-coreos", version: "4.21", buildId: "20261123-ab12" };

/** A digest that is another for each text. */
export function digestOf(text: string): string {
  return `sha256:${Buffer.from(text).toString("hex").padEnd(64, "0").slice(-64)}`;
}

export function recordOf(architecture: string, build: Build = BUILD, images = STREAM.images): BuildRecord {
  return {
    schema: 1,
    ...build,
    architecture: architecture as BuildRecord["architecture"],
    commits: { base: "aaaaaaa", node: "bbbbbbb" },
    images: Object.fromEntries(
      images.map((image) => [image, digestOf(`${build.version}${build.buildId}${image}${architecture}`)]),
    ),
    created: new Date(NOW.getTime() - 3_600_000).toISOString(),
  };
}
