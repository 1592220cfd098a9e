/** Secret with the keys of signatures: `keys`, one per line; runs sign with the first. */
export const KEYS_SECRET = "event-signing-keys";

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
