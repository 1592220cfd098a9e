import { isOlder } from "../../components/versions";

/** The first version in a program's output, without its leading `v`. */
export function versionIn(text: string): string | undefined {
  return /(?<![\d.])(\d+\.\d+(\.\d+)?([-+.][0-9A-Za-z.-]+)?)/.exec(text)?.[1];
}

/** Whether a version is at least another; only the numbers count, and no version at all is too old. */
export function atLeast(version: string | undefined, wanted: string): boolean {
  return version !== undefined && !isOlder(version, wanted);
}
