import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { pushBlob, put } from "./payload";

const OCI = "application/vnd.oci.image";
const TYPE = "application/vnd.in-toto+json";

/** A key as cosign makes it. */
export function makeTesterKey(): { privateKey: KeyObject; pem: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, pem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

export interface Verdict {
  key: KeyObject;
  result?: string;
  /** @default one without a name */
  test?: string;
  /** Digest of the base, of an upgrade test. */
  from?: string;
  /** Digest that it is over. @default the payload's */
  digest?: string;
  predicateType?: string;
  /** Replaces what was signed once it is. */
  forged?: string;
}

/** Puts test verdicts beside an image, as `cosign attest` does. @returns the reference */
export async function pushVerdicts(repository: string, payload: string, verdicts: Verdict[]): Promise<string> {
  const [host = "", ...rest] = repository.split("/");
  const path = rest.join("/");
  const store = async (mediaType: string, value: object) => ({
    mediaType,
    ...(await pushBlob(host, path, Buffer.from(JSON.stringify(value)))),
  });
  const layers = [];
  for (const { key, result = "PASSED", test, from, digest = payload, predicateType, forged } of verdicts) {
    const base = from === undefined ? [] : [{ name: "upgrade-from", digest: { sha256: from.replace("sha256:", "") } }];
    const statement = {
      _type: "https://in-toto.io/Statement/v1",
      predicateType: predicateType ?? "https://in-toto.io/attestation/test-result/v0.1",
      subject: [{ name: repository, digest: { sha256: digest.replace("sha256:", "") } }],
      predicate: {
        result,
        configuration: test === undefined ? [] : [{ name: test }, ...base],
        url: "https://tests.example/1",
      },
    };
    const text = JSON.stringify(statement);
    const signed = Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${Buffer.byteLength(text)} ${text}`);
    const payloadText = forged ? text.replace(result, forged) : text;
    const envelope = {
      payloadType: TYPE,
      payload: Buffer.from(payloadText).toString("base64"),
      signatures: [{ keyid: "", sig: sign("sha256", signed, key).toString("base64") }],
    };
    layers.push(await store("application/vnd.dsse.envelope.v1+json", envelope));
  }
  const diff_ids = layers.map(({ digest }) => digest);
  const config = { architecture: "", os: "", config: {}, rootfs: { type: "layers", diff_ids } };
  const mediaType = `${OCI}.manifest.v1+json`;
  const manifest = { schemaVersion: 2, mediaType, config: await store(`${OCI}.config.v1+json`, config), layers };
  const tag = `${payload.replace(":", "-")}.att`;
  await put(`http://${host}/v2/${path}/manifests/${tag}`, JSON.stringify(manifest), mediaType);
  return `${repository}:${tag}`;
}
