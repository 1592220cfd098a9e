import assert from "node:assert/strict";
import pc from "picocolors";
import { kindOf, label } from "../../../stacks/preview/names";
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
      "│  ├─ machine Machine",
      "│  └─ kubernetes provider kubernetes",
      "└─ platform Platform 3",
      "   └─ part Part 3",
      "      ├─ system:web apps/v1 Deployment",
      "      ├─ okd/settings ConfigMap",
      "      └─ okd/token Secret",
      "",
      "outputs",
      "  address: [known after up]",
      "  nodes: 3",
      `  plan: ["base","3 nodes"]`,
      "  token: [secret]",
      "",
      "5 resources to create in an empty stack",
      "warning: no node has /dev/kvm: boot images are left out",
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
  ]) {
    it(`${type}: ${kind}`, () => assert.equal(kindOf({ type }), kind));
  }

  it("are followed by the resource's own", () => {
    assert.equal(label({ type: "kubernetes:core/v1:Secret", name: "okd/token" }), "Secret okd/token");
  });
});
