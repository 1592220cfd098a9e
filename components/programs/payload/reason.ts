import type { BuildRecord, Input } from "./record";
import { canonical } from "./record";

/** Why a component is built although it was built before, in words; the first difference that says enough. */
export function reasonOf(record: BuildRecord, previous: BuildRecord | undefined): string {
  if (!previous) return "never built";
  const reasons = [
    record.commit !== previous.commit && `commit ${short(previous.commit)} → ${short(record.commit)}`,
    ...inputReasons(record.inputs, previous.inputs),
    canonical(record.patches ?? []) !== canonical(previous.patches ?? []) && "patches changed",
    canonical(record.arguments) !== canonical(previous.arguments) &&
      `arguments ${canonical(previous.arguments)} → ${canonical(record.arguments)}`,
    ...(["repository", "dockerfile", "context", "network", "architecture"] as const).map(
      (field) => record[field] !== previous[field] && `row: ${field} ${previous[field]} → ${record[field]}`,
    ),
    record.recipe !== previous.recipe && "recipe: the Task or its images changed",
  ].filter((reason) => reason !== false);
  return reasons.join("; ") || "forced";
}

function inputReasons(inputs: Record<string, Input>, previous: Record<string, Input>): string[] {
  const names = [...new Set([...Object.keys(previous), ...Object.keys(inputs)])].sort();
  return names
    .filter((name) => canonical(inputs[name] ?? null) !== canonical(previous[name] ?? null))
    .map((name) => `input ${name}: ${inputText(previous[name])} → ${inputText(inputs[name])}`);
}

function inputText(input: Input | undefined): string {
  if (!input) return "none";
  return "image" in input ? input.image.replace(/(@sha256:.{12}).*/, "$1") : `${input.component} ${short(input.key)}`;
}

function short(digits: string): string {
  return digits.slice(0, 12);
}
