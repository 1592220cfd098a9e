/** Secret with the keys of signatures: `keys`, one per line; runs sign with the first. */
export const KEYS_SECRET = "event-signing-keys";

/** Secret with the private key, `key`, that runs sign their records with. */
export const RECORD_KEY_SECRET = "record-signing-key";

/** ConfigMap with the public keys of records, one per file: this cluster's `own`, and `spoke-0` … */
export const RECORD_KEYS = "record-keys";

/** File with a public key in the gate. */
export function recordKeyFile(name: string): string {
  return `/${RECORD_KEYS}/${name}`;
}

/** Folder of {@link keysVolume} in containers. */
const FOLDER = "/keys";

/** File with the keys that this cluster's events are signed by. */
export const KEYS_FILE = `${FOLDER}/keys`;

/** File with the keys that are shared with another cluster. @param secret Secret with them, in the same form */
export function otherKeysFile(secret: string): string {
  return `${FOLDER}/clusters/${secret}`;
}

/**
 * Volume `keys`.
 * @param others Secrets of other clusters; one that is not there leaves the work with all the others as it is
 */
export function keysVolume(own: string, others: string[]): { name: string } & Record<string, unknown> {
  const name = "keys";
  if (others.length === 0) return { name, secret: { secretName: own } };
  const source = (secret: string, file: string) => ({
    name: secret,
    items: [{ key: "keys", path: file.slice(FOLDER.length + 1) }],
  });
  const sources = [
    { secret: source(own, KEYS_FILE) },
    ...others.map((secret) => ({ secret: { ...source(secret, otherKeysFile(secret)), optional: true } })),
  ];
  return { name, projected: { sources } };
}
