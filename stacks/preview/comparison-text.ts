import pc from "picocolors";
import type { Comparison, ResourceChange } from "./compare";
import type { Difference } from "./differences";
import { label } from "./names";
import { brief, excerpts, shown } from "./values";

type Colours = Pick<typeof pc, "bold" | "dim" | "green" | "red" | "yellow">;

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

function changeLines({ resource, differences, replacedBy, refused }: ResourceChange, colours: Colours): string[] {
  const [sign, fate] =
    refused.length > 0 ? ["!", " (refused)"] : replacedBy.length > 0 ? ["±", " (replaced)"] : ["~", ""];
  const heading = colours.yellow(`  ${sign} ${label(resource)}${fate}`);
  const lines = differences.map((difference) => differenceLine(difference, colours));
  return lines.length === 1 ? [`${heading} ${lines[0]}`] : [heading, ...lines.map((line) => `      ${line}`)];
}

function differenceLine({ path, before, after }: Difference, colours: Colours): string {
  if (before === undefined) return `${path}: ${colours.green(`+ ${brief(shown(after))}`)}`;
  if (after === undefined) return `${path}: ${colours.red(`- ${brief(shown(before))}`)}`;
  const [old, now] = excerpts(shown(before), shown(after));
  return `${path}: ${colours.red(old)} → ${colours.green(now)}`;
}
