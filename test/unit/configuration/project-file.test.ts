import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { renderProjectFile } from "../../../stacks/configuration/project-file";
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

const text = readFileSync(join(PROJECT_FOLDER, "Pulumi.yaml"), "utf8");
const projectFile = parse(text) as {
  name: string;
  main: string;
  runtime: unknown;
  stackConfigDir: string;
  config: Record<string, ConfigType>;
};
const schema = writtenSchema() as Schema;

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
      const property = schema.properties![key]!;
      assert.equal(type, property.oneOf ? "object" : property.type, key);
      assert.equal(items?.type, property.items?.type, key);
    }
  });

  it("has a default for every key but the cluster, because the engine wants one: the schema's, or empty where off", () => {
    for (const [key, declaration] of Object.entries(projectFile.config)) {
      const off = declaration.type === "object" ? {} : "";
      assert.deepEqual(
        declaration.default,
        key === "cluster" ? undefined : (schema.properties![key]!.default ?? off),
        key,
      );
    }
  });

  it("is what npm run settings writes", () => {
    assert.equal(renderProjectFile(text), text);
  });

  it("documents each key inside with type, default and meaning", () => {
    const lines = projectFile.config.cluster!.description.split("\n");
    for (const line of [
      "With type kind, a KinD cluster on this machine:",
      "name (text, okd-streams): the cluster's name as `kind get clusters` shows it",
      "mounts (list, []): folders of this machine that the nodes see",
      "mounts[].hostPath (text, required): the folder on this machine",
      "ports[].protocol (TCP | UDP, TCP): protocol of the port",
      "network.cidr (text, required): its addresses, as 192.168.20.0/24",
    ]) {
      assert.ok(lines.includes(line), line);
    }
  });

  it("has one line for what all parts of the platform have", () => {
    const lines = projectFile.config.platform!.description.split("\n");
    assert.deepEqual(
      lines.filter((line) => line.includes("tektonPipelines")),
      [
        "tektonPipelines (map, {}), tektonTriggers (map, {}), argoCd (map, {}), tektonDashboard (map, {}), storage (map, {}): the parts",
        "tektonPipelines.mode (install | use | auto | none, auto): Tekton Pipelines",
        "tektonPipelines.version (text), tektonTriggers.version (text), argoCd.version (text), tektonDashboard.version (text), storage.version (text): release to install instead of the one this version was tested with",
        "tektonPipelines.manifests (list), tektonTriggers.manifests (list), argoCd.manifests (list), tektonDashboard.manifests (list), storage.manifests (list): URLs or files of the release's YAML instead of the project's own",
      ],
    );
  });

  it("loses nothing that is written by hand", () => {
    const written = renderProjectFile("# Why.\nname: mine # and how\nconfig: {}\n");
    assert.ok(written.startsWith("# Why.\nname: mine # and how\nconfig:\n  cluster:\n    type: object\n"), written);
  });

  it("names each type of cluster", () => {
    const named = [...projectFile.config.cluster!.description.matchAll(/^With type (\w+),/gm)].map(([, type]) => type);
    assert.deepEqual(named, ["kind", "existing", "moc"]);
    assert.deepEqual(
      schema.properties!.cluster!.oneOf!.map(({ properties }) => properties!.type!.const),
      named,
    );
  });
});
