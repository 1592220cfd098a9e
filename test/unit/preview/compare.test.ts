import assert from "node:assert/strict";
import pc from "picocolors";
import { compare } from "../../../stacks/preview/compare";
import { renderComparison } from "../../../stacks/preview/comparison-text";
import type { Preview, PreviewResource } from "../../../stacks/preview/json";

const STACK = "urn:pulumi:kind::okd-streams::pulumi:pulumi:Stack::okd-streams-kind";

function component(name: string, parent = STACK): PreviewResource {
  return { urn: `component-${name}`, type: "okd-streams:test:Part", name, parent, inputs: {} };
}

function task(name: string, parent: string, spec: unknown): PreviewResource {
  return {
    urn: `${parent}-${name}`,
    type: "kubernetes:tekton.dev/v1:Task",
    name: `okd/${name}`,
    parent,
    inputs: { spec },
  };
}

function preview(resources: PreviewResource[], outputs: Record<string, unknown> = {}): Preview {
  const root = { urn: STACK, type: "pulumi:pulumi:Stack", name: "okd-streams-kind", inputs: {} };
  return { stack: "kind", resources: [root, ...resources], outputs };
}

const platform = component("platform");
const tekton = component("tekton", platform.urn);
const coreos = component("coreos");
const script = "#!/bin/sh\nset -eu\ncosa fetch\ncosa build\n";
const step = (text: string) => ({ steps: [{ name: "build", image: "quay.io/a/cosa:v1", script: text }] });

const before = preview(
  [
    platform,
    tekton,
    coreos,
    task("build", coreos.urn, step(script)),
    task("old", tekton.urn, {}),
    task("same", coreos.urn, {}),
  ],
  { namespace: "okd" },
);

function text(after: Preview): string[] {
  return renderComparison(compare(before, after), pc.createColors(false)).split("\n");
}

describe("the comparison of two revisions", () => {
  it("says when there is none", () => {
    assert.deepEqual(text(before), ["no differences"]);
  });

  it("shows one changed line of one script as one line", () => {
    const changed = task("build", coreos.urn, step(script.replace("cosa fetch", "cosa fetch --strict")));
    assert.deepEqual(
      text(
        preview(
          [platform, tekton, coreos, changed, task("old", tekton.urn, {}), task("same", coreos.urn, {})],
          before.outputs,
        ),
      ),
      [
        "coreos",
        "  ~ tekton.dev/v1 Task okd/build spec.steps[build].script:3: cosa fetch → cosa fetch --strict",
        "",
        "1 changed, 0 added, 0 removed, 6 unchanged",
      ],
    );
  });

  it("groups by component, one line each", () => {
    const changed = task("build", coreos.urn, {
      steps: [{ name: "build", image: "quay.io/a/cosa:v2", script: `${script}cosa push\n` }],
    });
    const after = preview(
      [platform, tekton, coreos, changed, task("new", tekton.urn, {}), task("same", coreos.urn, {})],
      {
        namespace: "okd",
        registry: "kind-registry:5000",
      },
    );
    assert.deepEqual(text(after), [
      "coreos",
      "  ~ tekton.dev/v1 Task okd/build",
      "      spec.steps[build].image: quay.io/a/cosa:v1 → quay.io/a/cosa:v2",
      "      spec.steps[build].script:5: + cosa push",
      "",
      "platform / tekton",
      "  - tekton.dev/v1 Task okd/old",
      "  + tekton.dev/v1 Task okd/new",
      "",
      "outputs",
      "  registry: + kind-registry:5000",
      "",
      "1 changed, 1 added, 1 removed, 5 unchanged",
    ]);
  });

  it("shows a new component with what is in it", () => {
    const extra = component("extra");
    const after = preview([...before.resources.slice(1), extra, task("a", extra.urn, {})], before.outputs);
    assert.deepEqual(text(after), [
      "extra",
      "  + Part extra",
      "  + tekton.dev/v1 Task okd/a",
      "",
      "0 changed, 2 added, 0 removed, 7 unchanged",
    ]);
  });

  it("shortens long values to where they differ", () => {
    const long = (middle: string) => ({ config: `${"a".repeat(90)}${middle}${"b".repeat(90)}` });
    const one = preview([coreos, task("t", coreos.urn, long("ONE"))]);
    const two = preview([coreos, task("t", coreos.urn, long("TWO"))]);
    assert.equal(
      renderComparison(compare(one, two), pc.createColors(false)).split("\n")[1],
      `  ~ tekton.dev/v1 Task okd/t spec.config: …${"a".repeat(20)}ONE${"b".repeat(20)}… → …${"a".repeat(20)}TWO${"b".repeat(20)}…`,
    );
  });

  it("does not repeat secrets or the mark of what is unknown", () => {
    const one = preview([
      coreos,
      task("t", coreos.urn, { a: "04da6b54-80e4-46f7-96ec-b56ff0331ba9", b: ["[secret]"] }),
    ]);
    const two = preview([coreos, task("t", coreos.urn, { a: "x", b: "y" })]);
    assert.deepEqual(renderComparison(compare(one, two), pc.createColors(false)).split("\n").slice(2, 4), [
      "      spec.a: [known after up] → x",
      "      spec.b: [[secret]] → y",
    ]);
  });

  it("is coloured", () => {
    const after = preview([...before.resources.slice(1), task("x", coreos.urn, {})], before.outputs);
    assert.equal(
      renderComparison(compare(before, after), pc.createColors(true)).split("\n")[1],
      "\u001b[32m  + tekton.dev/v1 Task okd/x\u001b[39m",
    );
  });
});
