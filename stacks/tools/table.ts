import pc from "picocolors";
import type { Finding } from "./finding";

const marks: Record<Finding["state"], string> = {
  ok: pc.green("✓"),
  fetched: pc.cyan("↓"),
  missing: pc.red("✗"),
  note: pc.dim("·"),
};

/** Findings as aligned lines: mark, name, what was found, what to do. */
export function findingLines(findings: Finding[]): string[] {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings.map(({ state, name, found, remedy }) => {
    const advice = remedy ? pc.dim(` → ${remedy}`) : "";
    return `${marks[state]} ${name.padEnd(width)}  ${found}${advice}`;
  });
}
