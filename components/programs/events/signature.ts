import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

/** What a record's signature is made of; its first line keeps what else a key may sign from being a record. */
function signed(record: string): Buffer {
  return Buffer.from(`okd-streams build record\n${record}`);
}

/** The Ed25519 signature of a record's text, in base64, as step `sign` of Task leave-record makes it. @param key PKCS#8, PEM */
export function signRecord(record: string, key: string): string {
  return sign(null, signed(record), createPrivateKey(key)).toString("base64");
}

/** Whether a record was signed by one of the keys. @param keys public ones: SPKI, DER in base64; what is none fits nothing */
export function isSigned(record: string, signature: string, keys: readonly string[]): boolean {
  return keys.some((key) => {
    try {
      const spki = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
      return (
        spki.asymmetricKeyType === "ed25519" && verify(null, signed(record), spki, Buffer.from(signature, "base64"))
      );
    } catch {
      return false;
    }
  });
}
