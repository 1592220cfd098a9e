import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Something is wrong, in sentences. */
export class Failure extends Error {
  constructor(readonly faults: string[]) {
    super(faults.join("\n"));
  }
}

/** Says what is wrong, a line for each sentence, and has the program end as one that failed. */
export function fail(error: unknown): void {
  for (const fault of error instanceof Failure ? error.faults : [(error as Error).message]) {
    console.error(`error: ${fault}`);
  }
  process.exitCode = 1;
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

/** Names of the files in a folder; none where there is no such folder. */
export function filesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}
