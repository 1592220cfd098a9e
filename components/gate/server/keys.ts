import { readFileSync } from "node:fs";

/** The keys of signatures in a file, one per line: the first signs, all verify. */
export function readKeys(file: string): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
