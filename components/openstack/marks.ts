import { createHash } from "node:crypto";

/** By which we know again what a stack made, also where its state does not know. */
export interface Mark {
  /** The stack's name. */
  stack: string;
  /** What it is within the stack: `node-0`. */
  name: string;
}

/** Name of what bears the mark. */
export function markedName({ stack, name }: Mark): string {
  return `okd-streams-${stack}-${name}`;
}

/** Of a thing whose only free text is its description. Set as the thing is made, unlike tags, so that nothing is ever without. */
export function description({ stack, name }: Mark): string {
  return `okd-streams stack=${stack} name=${name}`;
}

/** Of a thing that has properties. */
export function properties({ stack, name }: Mark): Record<string, string> {
  return { "okd-streams-stack": stack, "okd-streams-name": name };
}

/** Where a thing with the mark says what it was made for: one that was made for something else is none that is looked for. */
export const DIGEST = "okd-streams-digest";

/** The same for values that are equal, whatever the order of their fields. */
export function digestOf(value: unknown): string {
  const sorted = (_key: string, field: unknown): unknown =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field;
  return createHash("sha256").update(JSON.stringify(value, sorted)).digest("hex").slice(0, 16);
}

/** The mark in properties, undefined where they have none. */
export function markIn(fields: Record<string, unknown> | null): Mark | undefined {
  const { "okd-streams-stack": stack, "okd-streams-name": name } = fields ?? {};
  return typeof stack === "string" && typeof name === "string" ? { stack, name } : undefined;
}

/** The mark in a description, undefined where it is none of ours. */
export function markInDescription(text: string): Mark | undefined {
  const [, stack, name] = /^okd-streams stack=(\S+) name=(\S+)(?: |$)/.exec(text) ?? [];
  return stack && name ? { stack, name } : undefined;
}
