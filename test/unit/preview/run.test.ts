import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../../components/errors";
import { toPreview } from "../../../stacks/preview/json";
import { UNKNOWN, type Recorded } from "../../../stacks/preview/recorded";
import { runProgram } from "../../../stacks/preview/run";
import { smallProgram } from "./small-program";

const PLACE = { project: "okd-streams", stack: "small" };
const URN = "urn:pulumi:small::okd-streams::";
const OWNER = { "pulumi.com/patchFieldManager": "okd-streams" };

describe("the in-process preview", () => {
  let recorded: Recorded;
  before(async () => {
    recorded = await runProgram(smallProgram, PLACE);
  });
  const inputs = (name: string) => recorded.resources.find((resource) => resource.name === name)!.inputs;

  it("has the engine's URNs: the types of all parents but the stack", () => {
    assert.deepEqual(recorded.resources.map(({ urn }) => urn).sort(), [
      `${URN}okd-streams:test:Cluster$pulumi-nodejs:dynamic/okd-streams:KindNodes::machine`,
      `${URN}okd-streams:test:Cluster$pulumi:providers:kubernetes::kubernetes`,
      `${URN}okd-streams:test:Cluster::cluster`,
      `${URN}okd-streams:test:Platform$okd-streams:test:Part$kubernetes:apps/v1:Deployment::system:web`,
      `${URN}okd-streams:test:Platform$okd-streams:test:Part$kubernetes:core/v1:ConfigMap::okd/settings`,
      `${URN}okd-streams:test:Platform$okd-streams:test:Part$kubernetes:core/v1:Secret::okd/token`,
      `${URN}okd-streams:test:Platform$okd-streams:test:Part::part`,
      `${URN}okd-streams:test:Platform::platform`,
      `${URN}pulumi:pulumi:Stack::okd-streams-small`,
    ]);
  });

  it("has type, name, parent, dependencies of a resource", () => {
    const { type, name, parent, custom, dependencies } = recorded.resources.find(
      ({ name }) => name === "okd/settings",
    )!;
    assert.deepEqual(
      { type, name, parent, custom, dependencies },
      {
        type: "kubernetes:core/v1:ConfigMap",
        name: "okd/settings",
        parent: `${URN}okd-streams:test:Platform$okd-streams:test:Part::part`,
        custom: true,
        dependencies: [`${URN}okd-streams:test:Cluster$pulumi-nodejs:dynamic/okd-streams:KindNodes::machine`],
      },
    );
  });

  it("knows what a preview can know, and hides secrets", () => {
    assert.deepEqual(inputs("okd/settings"), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: "okd", annotations: OWNER },
      data: { plain: "text", known: "3", unknown: UNKNOWN, secret: "[secret]", unknownSecret: UNKNOWN },
    });
  });

  it("hides a Secret's data even where nobody said that they are secret", () => {
    assert.deepEqual(inputs("okd/token"), {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "token", namespace: "okd", annotations: OWNER },
      stringData: "[secret]",
    });
    assert.ok(!JSON.stringify(recorded).includes("hunter2"));
  });

  it("keeps null, which is a value", () => {
    assert.deepEqual(inputs("system:web").spec, { replicas: 2, paused: null });
  });

  it("has what the engine adds to a provider's inputs", () => {
    assert.deepEqual(inputs("kubernetes"), {
      clusterIdentifier: "small",
      kubeconfig: UNKNOWN,
      version: "4.34.2",
      __internal: {},
    });
  });

  it("has the outputs, and each warning once", () => {
    assert.deepEqual(recorded.outputs, { nodes: 3, address: UNKNOWN, token: "[secret]", plan: ["base", "3 nodes"] });
    assert.deepEqual(recorded.warnings, ["no node has /dev/kvm: boot images are left out"]);
  });

  it("gives the same again", async () => {
    assert.deepEqual(toPreview(await runProgram(smallProgram, PLACE)), toPreview(recorded));
  });

  it("as JSON has no other fields, sorted by URN", () => {
    const preview = toPreview(recorded);
    assert.deepEqual(Object.keys(preview), ["stack", "resources", "outputs"]);
    assert.equal(preview.stack, "small");
    assert.deepEqual(Object.keys(preview.resources[0]!), ["urn", "type", "name", "parent", "inputs"]);
    assert.deepEqual(preview.resources.at(-1), {
      urn: `${URN}pulumi:pulumi:Stack::okd-streams-small`,
      type: "pulumi:pulumi:Stack",
      name: "okd-streams-small",
      inputs: {},
    });
  });
});

describe("objects of a provider whose settings are not known yet", () => {
  it("have no outputs yet, as under the engine; those of a known one give back their inputs", async () => {
    const kind = "kubernetes:core/v1:ConfigMap";
    class Reader extends pulumi.CustomResource {
      declare readonly data: pulumi.Output<string>;
      constructor(name: string, provider: pulumi.ProviderResource) {
        super(kind, name, { data: "x" }, { provider });
      }
    }
    class Kubernetes extends pulumi.ProviderResource {
      constructor(name: string, kubeconfig: pulumi.Input<string>) {
        super("kubernetes", name, { kubeconfig });
      }
    }
    class Later extends pulumi.CustomResource {
      declare readonly value: pulumi.Output<string>;
      constructor() {
        super("test:index:Later", "later", { value: undefined });
      }
    }
    const { outputs } = await runProgram(async () => {
      const unknown = new Reader("a", new Kubernetes("unknown", new Later().value));
      const known = new Reader("b", new Kubernetes("known", "{}"));
      return { unknown: unknown.data, known: known.data };
    }, PLACE);
    assert.deepEqual(outputs, { unknown: UNKNOWN, known: "x" });
  });
});

describe("a program that fails", () => {
  const run = (program: () => Promise<Record<string, unknown>>) => runProgram(program, PLACE);

  it("is told in its own words", async () => {
    await assert.rejects(
      run(async () => {
        throw new UserError("This cannot be.", 3);
      }),
      { name: "UserError", message: "This cannot be.", exitCode: 3 },
    );
  });

  it("with two resources of one URN is told what to do", async () => {
    class Thing extends pulumi.CustomResource {}
    const object = () => new Thing("test:index:Thing", "twin");
    await assert.rejects(
      run(async () => {
        object();
        object();
        return {};
      }),
      {
        name: "UserError",
        message: "Two resources are called twin and have type test:index:Thing and the same parent: rename one.",
      },
    );
  });

  it("that asks a cluster is refused", async () => {
    await assert.rejects(
      run(async () => ({ found: await pulumi.runtime.invoke("kubernetes:index:find", {}) })),
      /The preview cannot call kubernetes:index:find: it asks no cluster\./,
    );
  });

  it("leaves the console as it was", async () => {
    const { log, warn, error } = console;
    await assert.rejects(run(() => Promise.reject(new Error("x"))));
    assert.deepEqual([console.log, console.warn, console.error], [log, warn, error]);
  });
});
