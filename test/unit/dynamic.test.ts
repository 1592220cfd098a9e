import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { providerCode } from "../../components/dynamic";
import { PROVIDER_TYPES, providerOf } from "../../components/providers";

const PROJECT = join(__dirname, "../..");

/** What the code in states of before December 2026 loads, by type: it named a path. */
const FORMER_PATHS: Record<string, string> = {
  AgentImage: "components/clusters/moc/agent-image-provider.ts",
  AgentInstallation: "components/clusters/moc/agent-installation-provider.ts",
  ClaimsReleased: "components/streams/claims-released.ts",
  GateCredentials: "components/gate/credentials.ts",
  Guard: "components/platform/guard.ts",
  KindNodes: "components/clusters/kind-provider.ts",
  KindRegistry: "components/clusters/kind-registry-provider.ts",
  Lease: "components/openstack/lease-provider.ts",
  MediaEjection: "components/openstack/media-ejection-provider.ts",
  NodeAttachment: "components/openstack/node-attachment-provider.ts",
  NodeDeployment: "components/openstack/node-deployment-provider.ts",
  NodesKubeconfig: "components/clusters/moc/nodes-kubeconfig-provider.ts",
  VolumesReleased: "components/platform/volumes-released.ts",
  WebhooksAnswer: "components/platform/webhooks-answer.ts",
};

function formerCode(path: string): string {
  return [
    `exports.handler = () => {`,
    `  require("tsx/cjs");`,
    `  const pulumi = require.resolve("@pulumi/pulumi/package.json");`,
    `  return require(require("node:path").resolve(pulumi, "../../../..", ${JSON.stringify(path)})).provider;`,
    `};`,
  ].join("\n");
}

/** Runs the code that a state holds as Pulumi's dynamic provider does. */
function handlerOf(code: string): unknown {
  const loaded: { exports: { handler?: () => unknown } } = { exports: {} };
  new Function("exports", "require", code)(loaded.exports, require);
  return loaded.exports.handler!();
}

describe("dynamic resources", () => {
  for (const type of PROVIDER_TYPES) {
    it(`${type} is led by a module`, () => assert.equal(typeof providerOf(type).create, "function"));
  }

  it("each type that a component creates has its module", () => {
    const files = readdirSync(join(PROJECT, "components"), { recursive: true, encoding: "utf8" });
    const created = files
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(PROJECT, "components", file), "utf8"))
      .filter((text) => text.includes("extends DynamicResource"))
      .flatMap((text) => [...text.matchAll(/super\(\s*"(\w+)",\s*name/g)].map(([, type]) => type));
    assert.deepEqual(created.sort(), PROVIDER_TYPES);
  });

  it("the code in the state names the type and nothing else", () => {
    const code = providerCode("Guard");
    assert.doesNotMatch(code, /guard\.ts/);
    assert.equal(handlerOf(code), providerOf("Guard"));
  });

  it("a type of another version of the project is refused", () => {
    assert.throws(() => providerOf("Teapot"), /No resource of type Teapot is known/);
  });

  for (const [type, path] of Object.entries(FORMER_PATHS)) {
    it(`states that name ${path} go on`, () => {
      assert.ok(existsSync(join(PROJECT, path)));
      assert.equal(handlerOf(formerCode(path)), providerOf(type));
    });
  }
});
