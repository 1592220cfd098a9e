import pc from "picocolors";
import type { FolderFinding, FolderPolicy } from "./folder";

type Colours = Pick<typeof pc, "bold" | "dim" | "yellow">;

/** Findings by rule, the fix said once for each. */
export function renderFindings({ files, objects, findings }: FolderPolicy, colours: Colours = pc): string {
  const rules = new Map<string, FolderFinding[]>();
  for (const finding of findings) rules.set(finding.rule, [...(rules.get(finding.rule) ?? []), finding]);
  const lines = [...rules].flatMap(([rule, found]) => [
    `${colours.bold(rule)} ${colours.yellow(String(found.length))}  ${colours.dim(found[0]!.fix)}`,
    ...found.map(({ file, object, path, found }) => `  ${file}: ${object}${path ? ` ${path}` : ""}: ${found}`),
    "",
  ]);
  const counts = `${objects} objects in ${files} files, ${findings.length} findings`;
  return [...lines, counts].join("\n");
}
