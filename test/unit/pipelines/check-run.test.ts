import assert from "node:assert/strict";
import { checkRun, requireFit } from "../../../components/pipelines/check-run";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import { smallSet } from "./small-set";

const objects = smallSet().map(({ object }) => object);

const RUN: PipelineRun = {
  apiVersion: "tekton.dev/v1",
  kind: "PipelineRun",
  metadata: { generateName: "everything-", namespace: "n", labels: {} },
  spec: {
    pipelineRef: { name: "everything" },
    params: [{ name: "repo", value: "https://example.com/a.git" }],
    workspaces: [{ name: "shared", persistentVolumeClaim: { claimName: "a" } }],
    timeouts: { pipeline: "1h0m0s" },
    taskRunTemplate: { serviceAccountName: "pipeline" },
    taskRunSpecs: [{ pipelineTaskName: "build", stepSpecs: [{ name: "fetch", computeResources: {} }] }],
  },
};

const faults = (spec: Partial<PipelineRun["spec"]>): string[] =>
  checkRun({ ...RUN, spec: { ...RUN.spec, ...spec } }, objects);

describe("checkRun", () => {
  it("finds nothing in a run that fits", () => {
    assert.deepEqual(faults({}), []);
  });

  const cases: [what: string, spec: Partial<PipelineRun["spec"]>, fault: string][] = [
    ["a Pipeline that is not there", { pipelineRef: { name: "nothing" } }, "there is no Pipeline nothing."],
    [
      "an undeclared parameter",
      { params: [...RUN.spec.params, { name: "claimname", value: "a" }] },
      "its Pipeline declares no parameter claimname.",
    ],
    ["a missing parameter", { params: [] }, "its Pipeline requires parameter repo."],
    [
      "an undeclared workspace",
      { workspaces: [...RUN.spec.workspaces, { name: "cache", emptyDir: {} }] },
      "its Pipeline declares no workspace cache.",
    ],
    ["a missing workspace", { workspaces: [] }, "its Pipeline requires workspace shared."],
    [
      "a task that is not there",
      { taskRunSpecs: [{ pipelineTaskName: "test", stepSpecs: [] }] },
      "its Pipeline has no task test.",
    ],
    [
      "a step that is not there",
      { taskRunSpecs: [{ pipelineTaskName: "build", stepSpecs: [{ name: "fetsh", computeResources: {} }] }] },
      "task build has no step fetsh.",
    ],
    [
      "two volumes of one Task",
      { workspaces: [...RUN.spec.workspaces, { name: "credentials", persistentVolumeClaim: { claimName: "b" } }] },
      "task build gets two volumes, shared and credentials.",
    ],
  ];
  for (const [what, spec, fault] of cases) {
    it(`finds ${what}`, () => {
      assert.deepEqual(faults(spec), [fault]);
    });
  }

  it("lets a Secret stand beside a volume", () => {
    const workspaces = [...RUN.spec.workspaces, { name: "credentials", secret: { secretName: "b" } }];
    assert.deepEqual(faults({ workspaces }), []);
  });
});

describe("requireFit", () => {
  it("throws every fault, a line each", () => {
    assert.throws(() => requireFit({ ...RUN, spec: { ...RUN.spec, params: [], workspaces: [] } }, objects), {
      name: "UserError",
      message:
        "PipelineRun everything-: its Pipeline requires parameter repo.\nPipelineRun everything-: its Pipeline requires workspace shared.",
    });
  });
});
