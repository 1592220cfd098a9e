import { existsSync, readFileSync } from "node:fs";

/** The keys of signatures in a file, one per line: the first signs, all verify. None where there is no such file. */
export function readKeys(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
