const DIGESTS = /sha256:[0-9a-f]{64}/g;

/** Digests in a text. */
export function digestsIn(text: string): string[] {
  return text.match(DIGESTS) ?? [];
}
