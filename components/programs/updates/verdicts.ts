import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Reader } from "./release";

/** What a test of an upgrade came to. */
export interface UpgradeVerdict {
  /** The test's name, `upgrade/metal`. */
  test: string;
  /** Digest of the base. */
  from: string;
  /** `PASSED`, or what else. */
  result: string;
  /** Where more of it is. @default nowhere */
  url?: string;
}

const ANSWER_MS = 60_000;
const STATEMENT = "application/vnd.in-toto+json";
const TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1";

interface Envelope {
  payload?: string;
  signatures?: { sig?: string }[];
}

interface Statement {
  predicateType?: string;
  subject?: { digest?: { sha256?: string } }[];
  predicate?: {
    result?: string;
    url?: string;
    configuration?: { name?: string; digest?: { sha256?: string } }[];
  };
}

/** The last verdict of each upgrade to a release by this key, as check-test-verdict reads them. @throws Unavailable */
export async function readUpgradeVerdicts(
  client: Reader,
  path: string,
  digest: string,
  key: string,
): Promise<UpgradeVerdict[]> {
  const patience = () => AbortSignal.timeout(ANSWER_MS);
  const found = await client.manifest(path, `${digest.replace(":", "-")}.att`, patience());
  const { layers = [] } = (found?.body ?? {}) as { layers?: { digest: string }[] };
  const tester = createPublicKey(key);
  const last = new Map<string, UpgradeVerdict>();
  for (const layer of layers) {
    const blob = await client.blob(path, layer.digest, patience());
    const verdict = blob && upgradeVerdictOf(blob.toString("utf8"), digest, tester);
    if (verdict) last.set(`${verdict.test} ${verdict.from}`, verdict);
  }
  return [...last.values()];
}

/** Of an envelope that the key has signed over this release; nothing of any other. */
function upgradeVerdictOf(text: string, digest: string, key: KeyObject): UpgradeVerdict | undefined {
  const statement = statementOf(text, key);
  const { predicateType, subject = [], predicate = {} } = statement ?? {};
  if (predicateType !== TEST_RESULT || !subject.some((it) => `sha256:${it.digest?.sha256}` === digest))
    return undefined;
  const { configuration = [], result = "", url } = predicate;
  const base = configuration.find(({ name }) => name === "upgrade-from")?.digest?.sha256;
  const test = configuration[0]?.name;
  if (base === undefined || test === undefined) return undefined;
  return { test, from: `sha256:${base}`, result, ...(url !== undefined && { url }) };
}

/** What is signed: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
function statementOf(text: string, key: KeyObject): Statement | undefined {
  try {
    const { payload = "", signatures = [] } = JSON.parse(text) as Envelope;
    const statement = Buffer.from(payload, "base64");
    const signed = Buffer.concat([
      Buffer.from(`DSSEv1 ${STATEMENT.length} ${STATEMENT} ${statement.length} `),
      statement,
    ]);
    const good = signatures.some(({ sig = "" }) => verify("sha256", signed, key, Buffer.from(sig, "base64")));
    return good ? (JSON.parse(statement.toString("utf8")) as Statement) : undefined;
  } catch {
    return undefined; // somebody else's, of another form
  }
}
