const BLOCK = 512;

/** Texts of a tar archive's files, by the names that are asked for; what is not there is missing. */
export function filesOf(tar: Buffer, names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + BLOCK);
    const name = textOf(header, 0, 100).replace(/^\.\//, "");
    const size = parseInt(textOf(header, 124, 12).trim(), 8);
    if (!(size >= 0)) throw new Error("a layer is no archive");
    if (names.includes(name)) found.set(name, tar.toString("utf8", at + BLOCK, at + BLOCK + size));
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return found;
}

function textOf(header: Buffer, start: number, length: number): string {
  const field = header.toString("latin1", start, start + length);
  return field.split("\0", 1)[0]!;
}
