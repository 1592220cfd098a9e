import { compare, type Comparable } from "./compare";
import type { Preview } from "./json";
import type { StackReview } from "./report";
import type { Failed, StackPreview } from "./stacks";

/** A stack as it is now. */
export type Current = (Comparable & { failure?: undefined; warnings: string[] }) | Failed;

/** What becomes of each stack of either revision, by name. */
export function review(before: StackPreview[], after: Current[]): StackReview[] {
  const names = [...new Set([...before, ...after].map(({ stack }) => stack))].sort();
  return names.map((stack) => {
    const is = <T extends { stack: string }>(one: T) => one.stack === stack;
    return reviewStack(stack, before.find(is), after.find(is));
  });
}

function reviewStack(stack: string, before: StackPreview | undefined, after: Current | undefined): StackReview {
  const warnings = [...new Set([before, after].flatMap((it) => it?.warnings ?? []))];
  const failure = after?.failure ?? before?.failure;
  if (failure !== undefined) return { stack, failure, warnings };
  const nothing: Preview = { stack, resources: [], outputs: {} };
  return {
    stack,
    ...(!before && { only: "after" as const }),
    ...(!after && { only: "before" as const }),
    comparison: compare(asPreview(before) ?? nothing, asComparable(after) ?? nothing),
    warnings,
  };
}

function asPreview(preview: StackPreview | undefined): Preview | undefined {
  return preview?.failure === undefined ? preview : undefined;
}

function asComparable(current: Current | undefined): Comparable | undefined {
  return current?.failure === undefined ? current : undefined;
}
