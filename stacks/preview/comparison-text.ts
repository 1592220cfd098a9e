import pc from "picocolors";
import type { Comparison, ResourceChange } from "./compare";
import type { Difference } from "./differences";
import { label } from "./names";
import { SECRET, UNKNOWN } from "./recorded";

type Colours = Pick<typeof pc, "bold" | "dim" | "green" | "red" | "yellow">;

// A longer value is shown around the place where it differs.
const LONGEST = 100;
const CONTEXT = 20;

/** The comparison for a reviewer: one line for each changed field and each added or removed resource. */
export function renderComparison({ components, outputs, unchanged }: Comparison, colours: Colours = pc): string {
  const lines: string[] = [];
  for (const { component, added, removed, changed } of components) {
    lines.push(colours.bold(component));
    lines.push(...removed.map((resource) => colours.red(`  - ${label(resource)}`)));
    lines.push(...added.map((resource) => colours.green(`  + ${label(resource)}`)));
    lines.push(...changed.flatMap((change) => changeLines(change, colours)), "");
  }
  if (outputs.length > 0) {
    lines.push(colours.bold("outputs"), ...outputs.map((change) => `  ${differenceLine(change, colours)}`), "");
  }
  if (lines.length === 0) return "no differences";

  const sum = (kind: "added" | "removed" | "changed") =>
    components.reduce((total, group) => total + group[kind].length, 0);
  lines.push(`${sum("changed")} changed, ${sum("added")} added, ${sum("removed")} removed, ${unchanged} unchanged`);
  return lines.join("\n");
}

function changeLines({ resource, differences }: ResourceChange, colours: Colours): string[] {
  const heading = colours.yellow(`  ~ ${label(resource)}`);
  const lines = differences.map((difference) => differenceLine(difference, colours));
  return lines.length === 1 ? [`${heading} ${lines[0]}`] : [heading, ...lines.map((line) => `      ${line}`)];
}

function differenceLine({ path, before, after }: Difference, colours: Colours): string {
  if (before === undefined) return `${path}: ${colours.green(`+ ${brief(shown(after))}`)}`;
  if (after === undefined) return `${path}: ${colours.red(`- ${brief(shown(before))}`)}`;
  const [old, now] = excerpts(shown(before), shown(after));
  return `${path}: ${colours.red(old)} → ${colours.green(now)}`;
}

function shown(value: unknown): string {
  const text = typeof value === "string" && value.trim() === value && value !== "" ? value : JSON.stringify(value);
  return text.replaceAll("\n", "\\n").replaceAll(UNKNOWN, "[known after up]").replaceAll(`"${SECRET}"`, SECRET);
}

function brief(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Both texts, without most of what long ones have in common. */
function excerpts(before: string, after: string): [string, string] {
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
