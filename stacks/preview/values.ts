import { SECRET, UNKNOWN } from "./recorded";

// A longer value is shown around the place where it differs.
const LONGEST = 100;
const CONTEXT = 20;

/** A value on one line. */
export function shown(value: unknown): string {
  const text = typeof value === "string" && value.trim() === value && value !== "" ? value : JSON.stringify(value);
  return text.replaceAll("\n", "\\n").replaceAll(UNKNOWN, "[known after up]").replaceAll(`"${SECRET}"`, SECRET);
}

/** The beginning of a long text. */
export function brief(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Both texts, without most of what long ones have in common. */
export function excerpts(before: string, after: string): [string, string] {
  if (before.length <= LONGEST && after.length <= LONGEST) return [before, after];
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const from = Math.max(0, start - CONTEXT);
  const cut = (text: string) => {
    const to = Math.min(text.length, text.length - end + CONTEXT);
    return `${from > 0 ? "…" : ""}${brief(text.slice(from, to))}${to < text.length ? "…" : ""}`;
  };
  return [cut(before), cut(after)];
}
