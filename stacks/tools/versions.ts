/** The first version in a program's output, without its leading `v`. */
export function versionIn(text: string): string | undefined {
  return /(?<![\d.])(\d+\.\d+(\.\d+)?([-+.][0-9A-Za-z.-]+)?)/.exec(text)?.[1];
}

/** Whether a version is at least another; only the numbers count, and no version at all is too old. */
export function atLeast(version: string | undefined, wanted: string): boolean {
  if (!version) return false;
  const numbers = (text: string) => text.split(/[-+]/)[0]!.split(".").map(Number);
  const [found, least] = [numbers(version), numbers(wanted)];
  for (const [index, number] of least.entries()) {
    const difference = (found[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
