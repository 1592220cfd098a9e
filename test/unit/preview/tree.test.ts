import assert from "node:assert/strict";
import pc from "picocolors";
import { kindOf, label } from "../../../stacks/preview/names";
import type { RecordedResource } from "../../../stacks/preview/recorded";
import { runProgram } from "../../../stacks/preview/run";
import { renderTree } from "../../../stacks/preview/tree";
import { smallProgram } from "./small-program";

describe("the tree", () => {
  it("shows components with their counts, the outputs, and warnings at the end", async () => {
    const recorded = await runProgram(smallProgram, { project: "okd-streams", stack: "small" });
    recorded.resources.sort((a, b) => (a.urn < b.urn ? -1 : 1));
    assert.deepEqual(renderTree(recorded, pc.createColors(false)).split("\n"), [
      "small stack 5",
      "├─ cluster Cluster 2",
      "│  ├─ machine KindNodes",
      "│  └─ kubernetes provider kubernetes",
      "└─ platform Platform 3",
      "   └─ part Part 3",
      "      ├─ system:web apps/v1 Deployment",
      "      ├─ okd/settings ConfigMap",
      "      └─ okd/token Secret",
      "",
      "outputs",
      '  address: "[known after up]"',
      "  nodes: 3",
      "  plan:",
      "    - base",
      "    - 3 nodes",
      '  token: "[secret]"',
      "",
      "5 resources to create in an empty stack",
      "warning: no node has /dev/kvm: boot images are left out",
    ]);
  });

  it("shows leaves of one kind as one entry, accounts with their roles, and objects in outputs by their names", () => {
    const resource = (kind: string, name: string, parent?: string): RecordedResource => {
      const type = kind.includes(":") ? kind : `kubernetes:${kind}`;
      return {
        urn: `${kind} ${name}`,
        type,
        name,
        parent,
        custom: !kind.startsWith("a:"),
        inputs: {},
        dependencies: [],
      };
    };
    const root = { ...resource("pulumi:pulumi:Stack", "s"), custom: false };
    const component = resource("a:b:Streams", "streams", root.urn);
    const leaves = [
      ["core/v1:Namespace", "okd"],
      ["core/v1:ServiceAccount", "okd/pipeline"],
      ["tekton.dev/v1:Task", "okd/build"],
      ["rbac.authorization.k8s.io/v1:Role", "okd/pipeline"],
      ["rbac.authorization.k8s.io/v1:ClusterRole", "okd-listener"],
      ["tekton.dev/v1:Task", "okd/push"],
    ].map(([kind, name]) => ({ ...resource(`kubernetes:${kind}`, name!, component.urn) }));
    const run = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", metadata: { generateName: "okd-4-21-" } };
    const recorded = { stack: "s", resources: [root, component, ...leaves], outputs: { runs: [run] }, warnings: [] };
    assert.deepEqual(renderTree(recorded, pc.createColors(false)).split("\n"), [
      "s stack 6",
      "└─ streams Streams 6",
      "   ├─ okd Namespace",
      "   ├─ accounts 3",
      "   │     okd: pipeline",
      "   │     okd-listener",
      "   └─ tekton.dev/v1 Task 2",
      "         okd: build, push",
      "",
      "outputs",
      "  runs:",
      "    - PipelineRun okd-4-21-… (--json shows it)",
      "",
      "6 resources to create in an empty stack",
    ]);
  });

  it("is coloured where colours are shown", () => {
    const recorded = {
      stack: "small",
      resources: [{ urn: "u", type: "pulumi:pulumi:Stack", name: "s", custom: false, inputs: {}, dependencies: [] }],
      outputs: {},
      warnings: ["w"],
    };
    assert.equal(renderTree(recorded, pc.createColors(true)).split("\n").at(-1), "\u001b[33mwarning: w\u001b[39m");
  });
});

describe("names", () => {
  for (const [type, kind] of [
    ["kubernetes:core/v1:ConfigMap", "ConfigMap"],
    ["kubernetes:tekton.dev/v1:Task", "tekton.dev/v1 Task"],
    ["pulumi:providers:kubernetes", "provider kubernetes"],
    ["pulumi-nodejs:dynamic/okd-streams:KindNodes", "KindNodes"],
    ["okd-streams:platform:Platform", "Platform"],
  ] as const) {
    it(`${type}: ${kind}`, () => assert.equal(kindOf({ type }), kind));
  }

  it("are followed by the resource's own", () => {
    assert.equal(label({ type: "kubernetes:core/v1:Secret", name: "okd/token" }), "Secret okd/token");
  });
});
