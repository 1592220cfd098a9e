import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";

/** A line of `sha256sum`: sum and path. */
const LINE = /^([0-9a-f]{64}) [ *](.+)$/;

/** Lines of `sha256sum` for files of a folder. */
export async function sumLines(folder: string, files: string[]): Promise<string[]> {
  return Promise.all([...files].sort().map(async (file) => `${await sumOf(path.join(folder, file))}  ${file}`));
}

/** Whether a folder has all files of such lines, as they say. */
export async function isWhole(folder: string, lines: string[]): Promise<boolean> {
  const files = lines.map((line) => LINE.exec(line)?.[2]);
  if (files.some((file) => file === undefined || !existsSync(path.join(folder, file)))) return false;
  return (await sumLines(folder, files as string[])).join() === [...lines].sort(byFile).join();
}

/** The files of such lines. */
export function filesOf(lines: string[]): string[] {
  return lines.flatMap((line) => LINE.exec(line)?.[2] ?? []);
}

function byFile(a: string, b: string): number {
  return a.slice(66) < b.slice(66) ? -1 : 1;
}

/** SHA-256 of a file, in hexadecimal. */
export async function sumOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
