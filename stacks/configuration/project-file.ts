import type { z } from "zod";
import { parseDocument } from "yaml";
import { writtenSchema } from "./problems";

type Schema = z.core.JSONSchema.JSONSchema;

/** A key of `config` in Pulumi.yaml: https://www.pulumi.com/docs/iac/concepts/projects/project-file/ */
interface Declaration {
  type: string;
  items?: { type: string };
  default?: unknown;
  description: string;
}

/**
 * Pulumi.yaml with the settings that the schema knows, and everything else as it is. Pulumi checks the outer types only:
 * what the keys inside are stands in the descriptions.
 *
 * @param text Pulumi.yaml as it is
 */
export function renderProjectFile(text: string): string {
  const document = parseDocument(text);
  const settings = Object.entries(writtenSchema().properties ?? {}) as [string, Schema][];
  document.set("config", document.createNode(Object.fromEntries(settings.map(([key, it]) => [key, declare(key, it)]))));
  return document.toString({ lineWidth: 0 });
}

function declare(key: string, schema: Schema): Declaration {
  const type = schema.oneOf ? "object" : typeOf(schema);
  const items = schema.items as Schema | undefined;
  // Pulumi's engine wants a value or a default for each key. A cluster has none, what is off is empty.
  const off = type === "object" ? {} : "";
  return {
    type,
    ...(items && { items: { type: typeOf(items) } }),
    ...(!schema.oneOf && { default: schema.default ?? off }),
    description: describe(key, schema),
  };
}

function describe(key: string, schema: Schema): string {
  const about = meaning((schema.items as Schema | undefined) ?? schema);
  const lines = schema.enum ? [written({ key, schema, required: false })] : linesOf(schema);
  return lines.length > 0 ? `${[about, ...lines].join("\n")}\n` : about;
}

/** A line for each key inside. */
function linesOf(schema: Schema): string[] {
  if (!schema.oneOf) return linesBelow([["", (schema.items as Schema | undefined) ?? schema]]);
  return (schema.oneOf as Schema[]).flatMap((branch) => [
    `With type ${String((branch.properties!.type as Schema).const)}, ${meaning(branch)}:`,
    ...linesBelow([["", branch]]),
  ]);
}

interface Key {
  key: string;
  schema: Schema;
  required: boolean;
}

/** Keys below some others. Neighbours that mean the same, as those of all parts of the platform, share a line. */
function linesBelow(parents: [prefix: string, schema: Schema][]): string[] {
  const keys = parents
    .map(([prefix, schema]) => [prefix, mapOf(schema)] as const)
    .flatMap(([prefix, { properties = {}, required = [] }]) =>
      (Object.entries(properties) as [string, Schema][]).map(([name, schema], position) => ({
        key: { key: prefix + name, schema, required: required.includes(name) },
        position,
      })),
    )
    .filter(({ key }) => key.schema.const === undefined)
    .sort((a, b) => a.position - b.position)
    .map(({ key }) => key);
  const groups = new Map<string, Key[]>();
  for (const key of keys) groups.set(meaning(key.schema), [...(groups.get(meaning(key.schema)) ?? []), key]);
  return [...groups].flatMap(([about, group]) => [
    `${group.map(written).join(", ")}: ${about}`,
    ...linesBelow(group.map(({ key, schema }) => [`${key}.`, schema])),
    ...linesBelow(group.flatMap(({ key, schema }) => (schema.items ? [[`${key}[].`, schema.items as Schema]] : []))),
  ]);
}

/** `workers (integer, 0)` */
function written({ key, schema, required }: Key): string {
  const types = ((schema.anyOf ?? [schema]) as Schema[]).map(typeOf);
  const type = schema.enum?.join(" | ") ?? types.map((it) => WORDS[it] ?? it).join(" | ");
  const fallback = schema.default === undefined ? required && "required" : asText(schema.default);
  return `${key} (${[type, fallback].filter(Boolean).join(", ")})`;
}

const WORDS: Record<string, string> = { string: "text", boolean: "true | false", array: "list", object: "map" };

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What has keys, of a setting that may be written otherwise too. */
function mapOf(schema: Schema): Schema {
  return ((schema.anyOf ?? []) as Schema[]).find(({ properties }) => properties) ?? schema;
}

function typeOf({ type }: Schema): string {
  return String(type);
}

/** @throws Error for a setting that its schema does not describe: no mistake of a user */
function meaning({ description, ...schema }: Schema): string {
  if (description) return description;
  throw new Error(`A setting has no description: ${JSON.stringify(schema)}.`);
}
