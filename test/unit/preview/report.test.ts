import assert from "node:assert/strict";
import type { ComparableResource, PreviewResource } from "../../../stacks/preview/json";
import { MARK, renderReport } from "../../../stacks/preview/report";
import { review, type Current } from "../../../stacks/preview/review";
import type { StackPreview } from "../../../stacks/preview/stacks";

function task(name: string, script: string): PreviewResource {
  const inputs = { spec: { steps: [{ name: "build", script }] } };
  return { urn: `task-${name}`, type: "kubernetes:tekton.dev/v1:Task", name: `okd/${name}`, parent: "coreos", inputs };
}

function claim(storageClassName: string): PreviewResource {
  const type = "kubernetes:core/v1:PersistentVolumeClaim";
  return { urn: "claim", type, name: "okd/cache", parent: "coreos", inputs: { spec: { storageClassName } } };
}

function stack(name: string, resources: ComparableResource[], warnings: string[] = []): StackPreview & Current {
  const root = { urn: "stack", type: "pulumi:pulumi:Stack", name: `okd-streams-${name}`, inputs: {} };
  const coreos = {
    urn: "coreos",
    type: "okd-streams:streams:CoreosStreams",
    name: "coreos",
    parent: "stack",
    inputs: {},
  };
  return { stack: name, resources: [root, coreos, ...resources], outputs: {}, warnings };
}

function report(before: StackPreview[], after: Current[]): string[] {
  return renderReport("main (0123456789ab)", review(before, after)).split("\n");
}

const SCRIPT = "#!/bin/sh\nset -eu\ncosa fetch\n";
const HEAD = [MARK, "### What changes against `main (0123456789ab)`", ""];
const TABLE = ["| stack | added | changed | replaced | removed | |", "| :-- | --: | --: | --: | --: | :-- |"];

describe("the report of a change for its review", () => {
  it("is one line where nothing changes", () => {
    const all = [stack("kind", [task("a", SCRIPT)]), stack("moc", [])];
    assert.deepEqual(report(all, all), [...HEAD, "Nothing: `kind`, `moc` deploy the same.", ""]);
  });

  it("shows a changed line of a Task once for all stacks, and what it destroys first", () => {
    const before = [stack("kind", [task("a", SCRIPT), claim("fast")]), stack("moc", [task("a", SCRIPT)])];
    const changed = task("a", SCRIPT.replace("fetch", "fetch --strict"));
    const after = [stack("kind", [changed, claim("slow")]), stack("moc", [changed]), stack("new", [])];
    const shown = [
      "! tekton.dev/v1 Task okd/a",
      "    spec.steps[build].script:3",
      "-     cosa fetch",
      "+     cosa fetch --strict",
    ];
    assert.deepEqual(report(before, after), [
      ...HEAD,
      ...TABLE,
      "| `kind` | – | 1 | 1 | – | ⚠️ 1 danger |",
      "| `moc` | – | 1 | – | – |  |",
      "| `new` | 1 | – | – | – | new stack |",
      "",
      "#### `kind`",
      "",
      "- ⚠️ **replaced**: `PersistentVolumeClaim okd/cache` (`spec.storageClassName`): the volume and everything on it are deleted",
      "",
      "```diff",
      "@@ coreos @@",
      "! PersistentVolumeClaim okd/cache (replaced)",
      "    spec.storageClassName",
      "-     fast",
      "+     slow",
      ...shown,
      "```",
      "",
      "#### `moc`",
      "",
      "```diff",
      "@@ coreos @@",
      ...shown,
      "```",
      "",
      "#### `new`",
      "",
      "```diff",
      "@@ coreos @@",
      "+ CoreosStreams coreos",
      "```",
      "",
    ]);
  });

  it("says the same change of several stacks once", () => {
    const before = ["kind", "moc"].map((name) => stack(name, [task("a", SCRIPT)]));
    const after = ["kind", "moc"].map((name) => stack(name, [task("a", "#!/bin/sh\n")]));
    const headings = report(before, after).filter((line) => line.startsWith("####"));
    assert.deepEqual(headings, ["#### `kind`, `moc`"]);
  });

  it("does not depend on the order in which things are found", () => {
    const tasks = ["a", "b", "c"].map((name) => task(name, SCRIPT));
    const [one, other] = [tasks, [...tasks].reverse()].map((order) =>
      report([], [stack("kind", order), stack("moc", [])]),
    );
    assert.deepEqual(one, other);
    assert.deepEqual(one, report([], [stack("moc", []), stack("kind", tasks)]));
  });

  it("folds what is long, and stays within a comment", () => {
    const many = Array.from({ length: 3000 }, (_, index) => task(`task-${index}`, SCRIPT));
    const lines = report([stack("kind", [])], [stack("kind", many)]);
    assert.ok(lines.includes("<details><summary>3001 lines</summary>"));
    assert.ok(lines.join("\n").length < 60_000);
    assert.ok(
      lines.some((line) => /^… and \d+ lines more: npm run preview -- kind --against REF shows them$/.test(line)),
    );
  });

  it("names a stack that cannot be compared, and one that is gone", () => {
    const failing: Current = { stack: "kind", failure: "No | such `setting`.", warnings: [] };
    const lines = report([stack("kind", []), stack("moc", [])], [failing]);
    assert.ok(lines.includes("| `kind` | | | | | ⚠️ not compared |"));
    assert.ok(lines.includes("- ⚠️ ``No \\| such `setting`.``"));
    assert.ok(lines.includes("| `moc` | – | – | – | 1 | ⚠️ the stack's file is gone |"));
  });

  it("says what neither revision could show, without what this machine says of it", () => {
    const warning =
      "Argo CD 3.5.7 cannot be installed: https://raw.example (getaddrinfo ENOTFOUND raw.example); name it.";
    const notice = "/home/me/settings.yaml replaces what stacks/Pulumi.kind.yaml says of streams.";
    const all = [stack("kind", [], [notice, warning]), stack("moc", [], [warning])];
    assert.deepEqual(report(all, all).slice(-3), ["", "Left out, since it could not be had here: Argo CD 3.5.7.", ""]);
  });

  it("is not led astray by what a change holds", () => {
    const nasty = "````\n</details><script>alert(1)</script> @everyone";
    const lines = report([stack("kind", [task("a", "x")])], [stack("kind", [task("a", nasty), task("`|`", SCRIPT)])]);
    const [open, close] = [lines.indexOf("`````diff"), lines.lastIndexOf("`````")];
    assert.ok(open > 0 && close > open);
    assert.ok(lines.every((line, index) => !/script|@everyone/.test(line) || (index > open && index < close)));
  });
});
