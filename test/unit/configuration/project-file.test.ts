import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { writtenSchema } from "../../../stacks/configuration/problems";

interface ConfigType {
  type: string;
  items?: { type: string };
  default?: unknown;
  description: string;
}

interface Schema {
  type?: string;
  default?: unknown;
  const?: string;
  enum?: string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  oneOf?: Schema[];
}

const projectFile = parse(readFileSync(join(PROJECT_FOLDER, "Pulumi.yaml"), "utf8")) as {
  name: string;
  main: string;
  runtime: unknown;
  stackConfigDir: string;
  config: Record<string, ConfigType>;
};
const schema = writtenSchema() as Schema;

/** `workers (integer, 0)`: how Pulumi.yaml writes a key. */
function written(key: string, schema: Schema, required: boolean): string {
  const types: Record<string, string> = { string: "text", boolean: "true | false", array: "list", object: "map" };
  const type = schema.enum?.join(" | ") ?? types[schema.type!] ?? schema.type!;
  const fallback = schema.default === undefined ? undefined : [schema.default].map(asText)[0];
  return `${key} (${[type, fallback ?? (required ? "required" : undefined)].filter((word) => word !== undefined).join(", ")})`;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The keys below an object, in the words of Pulumi.yaml. */
function keysOf({ properties = {}, required = [] }: Schema, prefix = ""): string[] {
  return Object.entries(properties)
    .filter(([, property]) => property.const === undefined)
    .flatMap(([key, property]) => [
      written(prefix + key, property, required.includes(key)),
      ...keysOf(property, `${prefix}${key}.`),
      ...(property.items ? keysOf(property.items, `${prefix}${key}[].`) : []),
    ]);
}

/** What a description documents: `a (text), b (text): meaning` are two keys. */
function documented(description: string): string[] {
  return description
    .split("\n")
    .flatMap((line) => /^((?:[\w.[\]]+ \([^)]*\)(?:, )?)+)(?::|$)/.exec(line)?.[1] ?? [])
    .flatMap((keys) => keys.match(/[\w.[\]]+ \([^)]*\)/g) ?? []);
}

describe("Pulumi.yaml", () => {
  it("is run by tsx without Pulumi's own compiler", () => {
    assert.deepEqual(projectFile.runtime, {
      name: "nodejs",
      options: { nodeargs: "--import tsx", typescript: false, packagemanager: "npm" },
    });
    assert.equal(projectFile.main, "stacks/index.ts");
    assert.equal(projectFile.stackConfigDir, "stacks");
    assert.equal(projectFile.name, "okd-streams");
  });

  it("has the keys of the schema, in its order, and each is described", () => {
    assert.deepEqual(Object.keys(projectFile.config), Object.keys(schema.properties!));
    for (const [key, { description }] of Object.entries(projectFile.config)) {
      assert.ok(description.length > 20, key);
    }
  });

  it("has only fields that Pulumi's project schema knows", () => {
    // sdk/go/common/workspace/project.json: additionalProperties is false there, and arrays need items.
    for (const [key, declaration] of Object.entries(projectFile.config)) {
      const fields = Object.keys(declaration).filter(
        (field) => !["type", "items", "default", "description"].includes(field),
      );
      assert.deepEqual(fields, [], key);
      assert.equal(declaration.type === "array", declaration.items !== undefined, key);
    }
  });

  it("has the schema's types", () => {
    for (const [key, { type, items }] of Object.entries(projectFile.config)) {
      const property = schema.properties![key];
      assert.equal(type, property.oneOf ? "object" : property.type, key);
      assert.equal(items?.type, property.items?.type, key);
    }
  });

  it("has a default for every key but the cluster, because the engine wants one: the schema's, or empty where off", () => {
    for (const [key, declaration] of Object.entries(projectFile.config)) {
      const off = declaration.type === "object" ? {} : "";
      assert.deepEqual(
        declaration.default,
        key === "cluster" ? undefined : (schema.properties![key].default ?? off),
        key,
      );
    }
  });

  it("documents every key inside, with type and default, and no other", () => {
    for (const [key, { description }] of Object.entries(projectFile.config)) {
      const property = schema.properties![key];
      const nested = (property.oneOf ?? [property.items ?? property]).flatMap((branch) => keysOf(branch));
      const expected = property.enum ? [written(key, property, false)] : nested;
      assert.deepEqual(documented(description).sort(), expected.sort(), key);
    }
  });

  it("names each type of cluster", () => {
    const named = [...projectFile.config.cluster.description.matchAll(/^With type (\w+),/gm)].map(([, type]) => type);
    assert.deepEqual(named, ["kind", "existing", "moc"]);
    assert.deepEqual(
      schema.properties!.cluster.oneOf!.map(({ properties }) => properties!.type.const),
      named,
    );
  });
});
