import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

interface Step {
  uses?: string;
  run?: string;
}
interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  jobs: Record<string, { permissions?: Record<string, string>; steps: Step[] }>;
}

const FOLDER = ".github/workflows";
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

for (const file of readdirSync(FOLDER)) {
  describe(`the workflow ${file}`, () => {
    const text = readFileSync(join(FOLDER, file), "utf8");
    const workflow = parse(text) as Workflow;
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

    it("takes actions by commit, with the tag beside it", () => {
      const uses = text.match(/uses: .*/g) ?? [];
      for (const line of uses) assert.match(line, /^uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it("may read by default, and a job only what it says", () => {
      assert.deepEqual(workflow.permissions, { contents: "read" });
      const granted = Object.values(workflow.jobs).flatMap(({ permissions = {} }) => Object.entries(permissions));
      assert.deepEqual(
        granted.filter(([what, right]) => right !== "read" && !["issues", "pull-requests"].includes(what)),
        // What one writes is a branch of its own, from main alone.
        file === "rendered.yaml" ? [["contents", "write"]] : [],
      );
    });

    it("gives what a stranger's change brings neither a right nor a secret", () => {
      const writing = Object.values(workflow.jobs).some(
        ({ permissions }) => permissions?.["pull-requests"] === "write",
      );
      assert.ok(!("pull_request_target" in workflow.on));
      if ("pull_request" in workflow.on) {
        assert.equal(writing, false);
        assert.doesNotMatch(text, /secrets\.|github\.token|GITHUB_TOKEN/);
      }
      if (!writing) return;
      assert.deepEqual(Object.keys(workflow.on), ["workflow_run"]);
      // Neither code of theirs, nor words of theirs in a script.
      for (const { uses, run = "" } of steps)
        assert.doesNotMatch(`${uses ?? ""}${run}`, /checkout|artifact@|npm|\$\{\{/);
    });

    it("runs only what package.json has", () => {
      const called = steps.flatMap(({ run = "" }) =>
        [...run.matchAll(/\bnpm (?:run )?([\w:-]+)/g)].map(([, name]) => name!),
      );
      const own = ["ci", "audit"];
      assert.deepEqual(
        called.filter((name) => !(name in scripts) && !own.includes(name)),
        [],
      );
    });
  });
}

it("npm test runs on Linux and macOS, on both architectures, on each Node that is supported", () => {
  interface Job {
    strategy: object;
    "runs-on": string;
    steps: (Step & { with?: Record<string, string> })[];
  }
  const { jobs } = parse(readFileSync(join(FOLDER, "ci.yaml"), "utf8")) as { jobs: { test: Job } };
  const { strategy, "runs-on": on, steps } = jobs.test;
  assert.deepEqual(strategy, {
    "fail-fast": false,
    matrix: { os: ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel"], node: [20, 22, 24] },
  });
  assert.equal(on, "${{ matrix.os }}");
  assert.deepEqual(
    steps.flatMap((step) => step.with?.["node-version"] ?? []),
    ["${{ matrix.node }}"],
  );
  assert.equal(steps.at(-1)?.run, "npm test");
});
