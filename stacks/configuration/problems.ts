import { z } from "zod";
import type { Problem } from "./rule";
import { configurationSchema } from "./schema";
import { alternatives, suggest } from "./suggest";
import type { Path } from "./yaml-file";

type Schema = z.core.JSONSchema.JSONSchema;

/** Puts what zod found into words. `value` is what was parsed. */
export function explain(issue: z.core.$ZodIssue, value: unknown): Problem[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey([...path, key], key, allowedKeys(path, value)));
  }
  if (path[0] === "secrets" && path.length === 3) {
    return [{ path, sentence: `is not encrypted: set it with "pulumi config set --secret --path"` }];
  }
  if (issue.code === "invalid_key") {
    return [{ path, sentence: `is no name for a key, it must be ${allowedBy(issue.issues[0]!)}` }];
  }
  const found = at(value, path);
  return [
    found === undefined
      ? { path, sentence: `is missing, it must be ${allowedBy(issue)}` }
      : { path, sentence: `is ${describe(found)}, but must be ${allowedBy(issue)}${meant(issue, found)}` },
  ];
}

export function unknownKey(path: Path, key: string, allowed: string[]): Problem {
  const meant = suggest(key, allowed);
  return {
    path,
    sentence: `is no known key, ${meant ? `did you mean ${meant}?` : `known are ${alternatives(allowed)}`}`,
  };
}

/** A value in a sentence. What is encrypted or complex is not repeated. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null) return "empty";
  if (typeof value === "object") return "secure" in value ? "encrypted" : "a map";
  if (typeof value !== "string") return `the ${typeof value} ${String(value)}`;
  const clean = value.replace(/:\/\/[^/\s]*@/g, "://***@");
  return JSON.stringify(clean.length > 60 ? `${clean.slice(0, 57)}...` : clean);
}

/** What would have been right, as a noun. */
function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return alternatives(issue.values.map(String));
    case "too_small":
      return issue.origin === "array" || issue.origin === "string" ? "not empty" : `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    case "invalid_union":
      return issue.discriminator ? alternatives(valuesOf(issue.path as Path)) : issue.message;
    // Formats and rules of our own: the schema says what is allowed.
    default:
      return issue.message;
  }
}

const TYPES: Record<string, string> = {
  string: "text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

function meant(issue: z.core.$ZodIssue, found: unknown): string {
  if (typeof found !== "string") return "";
  const values = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const candidates = issue.code === "invalid_union" ? valuesOf(issue.path as Path) : values;
  const candidate = suggest(found, candidates);
  return candidate && candidates.length > 1 ? `, did you mean ${candidate}?` : "";
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

/** The schema of configurations as JSON Schema describes what may be written. */
export function writtenSchema(): Schema {
  return z.toJSONSchema(configurationSchema, { io: "input", unrepresentable: "any" });
}

function allowedKeys(path: Path, value: unknown): string[] {
  return Object.keys(schemaAt(path, value)?.properties ?? {});
}

/** Values of the key that tells alternatives apart: a cluster's `type`. */
function valuesOf(path: Path): string[] {
  const branches = schemaAt(path.slice(0, -1), undefined)?.oneOf ?? [];
  const key = String(path.at(-1));
  return branches.map((branch) =>
    String((branch as Schema).properties?.[key] && ((branch as Schema).properties![key] as Schema).const),
  );
}

function schemaAt(path: Path, value: unknown): Schema | undefined {
  let schema: Schema | undefined = writtenSchema();
  path.forEach((key, depth) => {
    schema = (typeof key === "number" ? schema?.items : schema?.properties?.[key]) as Schema | undefined;
    schema = branchOf(schema, at(value, path.slice(0, depth + 1)));
  });
  return schema;
}

function branchOf(schema: Schema | undefined, value: unknown): Schema | undefined {
  const type = (value as { type?: unknown } | undefined)?.type;
  const branches = (schema?.oneOf ?? schema?.anyOf) as Schema[] | undefined;
  return branches?.find(({ properties }) => (properties?.type as Schema | undefined)?.const === type) ?? schema;
}
