import pc from "picocolors";
import { label } from "../../components/kubernetes/client";
import type { Difference } from "../preview/differences";
import { brief, excerpts, shown } from "../preview/values";
import type { Drift } from "./drift";

type Colours = Pick<typeof pc, "bold" | "green" | "red" | "yellow">;

/**
 * What the cluster has otherwise, for people: each field as the stack declares it and as it is.
 * @param count of objects that were compared
 */
export function renderDrift(drifts: Drift[], count: number, colours: Colours = pc): string {
  const lines = drifts.flatMap((drift) => driftLines(drift, colours));
  const same = count - drifts.length;
  const summary = `${drifts.length} of ${count} objects are not as declared, ${same} are`;
  return drifts.length === 0 ? `all ${count} objects are as declared` : [...lines, "", summary].join("\n");
}

function driftLines({ object, gone, differences, more, failure }: Drift, colours: Colours): string[] {
  const heading = colours.bold(label(object));
  if (gone) return [`${heading}: ${colours.red("gone")}`];
  if (failure !== undefined) return [`${heading}: ${colours.yellow(`not compared: ${failure}`)}`];
  // Nobody reads a Secret's values here.
  const isSecret = object.kind === "Secret";
  return [
    heading,
    ...differences.map(
      (it) => `  ${isSecret && /^(data|stringData)/.test(it.path) ? `${it.path}: otherwise` : line(it, colours)}`,
    ),
    ...more.map(({ path, manager }) => `  ${path}: ${colours.yellow(`set by ${manager}`)}, not declared`),
  ];
}

function line({ path, before, after }: Difference, colours: Colours): string {
  if (before === undefined) return `${path}: ${colours.red(`+ ${brief(shown(after))}`)}`;
  if (after === undefined) return `${path}: ${colours.red("gone")}, declared ${colours.green(brief(shown(before)))}`;
  const [declared, found] = excerpts(shown(before), shown(after));
  return `${path}: ${colours.red(found)}, declared ${colours.green(declared)}`;
}
