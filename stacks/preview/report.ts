import type { Comparison, ComponentChange, ResourceChange } from "./compare";
import { dangersOf, type Danger } from "./dangers";
import type { Difference } from "./differences";
import { code, fenced } from "./markdown";
import { label } from "./names";
import { excerpts, brief, shown } from "./values";

/** What became of one stack between two revisions. */
export interface StackReview {
  stack: string;
  /** The stack has no file in the other revision, or none any more. */
  only?: "before" | "after";
  /** Absent where nothing can be compared. */
  comparison?: Comparison;
  /** Why not, in one sentence. */
  failure?: string;
  /** What the comparison leaves out, in either revision: sentences. */
  warnings: string[];
}

/** Finds the comment again that the next report of the same change replaces. */
export const MARK = "<!-- okd-streams: what changes in the stacks -->";

/** GitHub takes 65 536 characters; Gitea and GitLab more. */
const LARGEST = 60_000;
/** Lines of one stack that are read without unfolding them. */
const UNFOLDED = 24;
const NAMES = 6;

/**
 * What a change does to the stacks, as a comment for a review: summary, dangers, and every changed field. It holds nothing of the
 * machine or the hour, so that the same two revisions give the same text.
 * @param against how the other revision is called
 */
export function renderReport(against: string, reviews: StackReview[]): string {
  const bodies = group(reviews);
  const head = [MARK, `### What changes against ${code(against)}`, "", ...summary(reviews)];
  const room = Math.floor((LARGEST - head.join("\n").length) / Math.max(1, bodies.length));
  const parts = bodies.map(({ stacks, body }) => section(stacks, body, room));
  return [...head, ...parts.flatMap((part) => ["", part]), ""].join("\n");
}

function summary(reviews: StackReview[]): string[] {
  const clean = reviews.every((it) => it.comparison && countsOf(it.comparison).every((count) => count === 0));
  if (clean && reviews.every(({ only }) => only === undefined)) {
    return [`Nothing: ${reviews.map(({ stack }) => code(stack)).join(", ")} deploy the same.`, ...leftOut(reviews)];
  }
  return [
    "| stack | added | changed | replaced | removed | |",
    "| :-- | --: | --: | --: | --: | :-- |",
    ...reviews.map(summaryRow),
    ...leftOut(reviews),
  ];
}

function summaryRow({ stack, only, comparison, failure }: StackReview): string {
  if (failure !== undefined || !comparison) return `| ${code(stack)} | | | | | ⚠️ not compared |`;
  const dangers = dangersOf(comparison).length;
  const notes = [
    ...(only === "after" ? ["new stack"] : only === "before" ? ["⚠️ the stack's file is gone"] : []),
    ...(dangers > 0 ? [`⚠️ ${dangers} ${dangers === 1 ? "danger" : "dangers"}`] : []),
    ...(comparison.outputs.length > 0 ? ["outputs"] : []),
  ];
  const counts = countsOf(comparison).map((count) => (count === 0 ? "–" : String(count)));
  return `| ${code(stack)} | ${counts.slice(0, 4).join(" | ")} | ${notes.join(", ")} |`;
}

/** added, changed, replaced, removed, outputs */
function countsOf({ components, outputs }: Comparison): number[] {
  const changes = components.flatMap(({ changed }) => changed);
  const replaced = changes.filter(({ replacedBy }) => replacedBy.length > 0).length;
  const sum = (of: (part: ComponentChange) => unknown[]) => components.reduce((all, part) => all + of(part).length, 0);
  return [
    sum(({ added }) => added),
    changes.length - replaced,
    replaced,
    sum(({ removed }) => removed),
    outputs.length,
  ];
}

/** Warnings say why, with what this machine knows; here it is said of what. Other warnings are of this machine alone. */
function leftOut(reviews: StackReview[]): string[] {
  const parts = reviews.flatMap(({ warnings }) =>
    warnings.flatMap((text) => /^(.+?) cannot be /.exec(text)?.[1] ?? []),
  );
  const names = [...new Set(parts)].sort();
  return names.length > 0 ? ["", `Left out, since it could not be had here: ${names.join(", ")}.`] : [];
}

/** Stacks that change in the same way are read once. */
function group(reviews: StackReview[]): { stacks: string[]; body: Body }[] {
  const groups = new Map<string, { stacks: string[]; body: Body }>();
  for (const review of reviews) {
    const body = bodyOf(review);
    const key = JSON.stringify(body);
    if (body.dangers.length + body.lines.length === 0) continue;
    const known = groups.get(key) ?? { stacks: [], body };
    groups.set(key, { ...known, stacks: [...known.stacks, review.stack] });
  }
  return [...groups.values()];
}

interface Body {
  dangers: string[];
  lines: string[];
}

function bodyOf({ only, comparison, failure }: StackReview): Body {
  if (failure !== undefined || !comparison)
    return { dangers: [`- ⚠️ ${code(failure ?? "It was not compared.")}`], lines: [] };
  if (only === "before") {
    const advice =
      "Whoever deployed it cannot destroy it by this revision any more: `npm run destroy` comes before the merge.";
    return { dangers: [`- ⚠️ **Its file is gone.** ${advice}`], lines: [] };
  }
  const { components, outputs } = comparison;
  const lines = components.flatMap(({ component, added, removed, changed }) => [
    `@@ ${component} @@`,
    ...removed.map((resource) => `- ${label(resource)}`),
    ...added.map((resource) => `+ ${label(resource)}`),
    ...changed.flatMap(changeLines),
  ]);
  const ofOutputs = outputs.length > 0 ? ["@@ outputs @@", ...outputs.flatMap(differenceLines)] : [];
  return { dangers: dangersOf(comparison).map(dangerLine), lines: [...lines, ...ofOutputs] };
}

function dangerLine({ act, means, resources, because }: Danger): string {
  const names = resources.slice(0, NAMES).map((resource) => code(label(resource)));
  const more = resources.length > NAMES ? [`${resources.length - NAMES} more`] : [];
  const fields = because.length > 0 ? ` (${because.slice(0, NAMES).map(code).join(", ")})` : "";
  return `- ⚠️ **${act}**: ${[...names, ...more].join(", ")}${fields}: ${means}`;
}

function changeLines({ resource, differences, replacedBy, refused }: ResourceChange): string[] {
  const fate = refused.length > 0 ? " (refused)" : replacedBy.length > 0 ? " (replaced)" : "";
  return [`! ${label(resource)}${fate}`, ...differences.flatMap(differenceLines)];
}

function differenceLines({ path, before, after }: Difference): string[] {
  if (before !== undefined && after !== undefined) {
    const [old, now] = excerpts(shown(before), shown(after));
    return [`    ${path}`, `-     ${old}`, `+     ${now}`];
  }
  const [sign, value] = before === undefined ? ["+", after] : ["-", before];
  return [`    ${path}`, `${sign}     ${brief(shown(value))}`];
}

function section(stacks: string[], { dangers, lines }: Body, room: number): string {
  const title = `#### ${stacks.map(code).join(", ")}`;
  const said = [title, ...(dangers.length > 0 ? ["", ...dangers] : [])];
  if (lines.length === 0) return said.join("\n");
  const fit = fitting(lines, room - said.join("\n").length - 400);
  const cut = lines.length - fit.length;
  const rest = cut > 0 ? [`… and ${cut} lines more: npm run preview -- ${stacks[0]} --against REF shows them`] : [];
  const block = fenced("diff", [...fit, ...rest].join("\n"));
  if (lines.length <= UNFOLDED) return [...said, "", block].join("\n");
  return [...said, "", `<details><summary>${lines.length} lines</summary>`, "", block, "", "</details>"].join("\n");
}

function fitting(lines: string[], room: number): string[] {
  let left = room;
  const end = lines.findIndex((line) => (left -= line.length + 1) < 0);
  return end < 0 ? lines : lines.slice(0, end);
}
