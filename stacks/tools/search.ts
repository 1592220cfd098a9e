import * as fs from "node:fs";
import * as path from "node:path";
import { folders } from "../environment";
import type { Origin } from "./facts";

export interface Found {
  path: string;
  origin: Origin;
}

/** Folders of programs that are ours, best first. */
function ourFolders(offline: string | undefined): [Origin, string][] {
  const cache: [Origin, string] = ["cache", path.join(folders().cache, "bin")];
  return offline ? [["offline folder", path.join(offline, "bin")], cache] : [cache];
}

/**
 * Puts our folders of programs in front of this process's PATH, so that everything we start finds what we found.
 * @param offline the offline folder, absent where there is none
 */
export function useTools(offline: string | undefined): void {
  const ours = ourFolders(offline).map(([, folder]) => folder);
  const machine = (process.env.PATH ?? "").split(path.delimiter).filter((it) => it !== "" && !ours.includes(it));
  process.env.PATH = [...ours, ...machine].join(path.delimiter);
}

/** Finds a program on PATH. */
export function find(name: string, offline?: string): Found | undefined {
  const ours = ourFolders(offline);
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    const file = path.join(folder, name);
    if (folder === "" || !isExecutable(file)) continue;
    return { path: file, origin: ours.find(([, it]) => it === folder)?.[0] ?? "machine" };
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
