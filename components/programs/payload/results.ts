/**
 * Bytes that results of a Task may take in all. A Pod has 12 KiB for what its containers end with, in equal parts; Tekton hands results on
 * in those, of each step all that are there by then. @param steps of the Task; Tekton adds two containers
 */
export function resultsLimit(steps: number): number {
  return Math.floor((12 * 1024) / (steps + 2)) - OWN;
}

/** What Tekton says beside results: when the step began, and how it ended. */
const OWN = 150;
/** Around each result, without its name. */
const AROUND = 40;

/** Bytes that a result takes. */
export function sizeOf(name: string, text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) + name.length + AROUND;
}

/** Lines as a result that takes no more than so many bytes; what is left out is counted. */
export function cut(name: string, lines: string[], bytes: number): string {
  for (let kept = lines.length; kept > 0; kept--) {
    const left = lines.length - kept;
    const text = [...lines.slice(0, kept), ...(left > 0 ? [`and ${left} more, in the log`] : [])].join("\n");
    if (sizeOf(name, text) <= bytes) return text;
  }
  return `${lines.length}, in the log`;
}
