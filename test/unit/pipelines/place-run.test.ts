import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Library } from "../../../components/pipelines/library";
import { placeRun } from "../../../components/pipelines/place-run";
import type { PipelineRun } from "../../../components/pipelines/tekton";

const PLACE = { namespace: "n", labels: {} };
const ARM = { "kubernetes.io/arch": "arm64" };
const AMD = { "kubernetes.io/arch": "amd64" };

/** A run of one of this project's Pipelines, with nothing but what places it. */
function runOf(pipeline: string, podTemplate?: Record<string, unknown>): PipelineRun {
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { generateName: "x-", namespace: "n", labels: {} },
    spec: {
      pipelineRef: { name: pipeline },
      params: [],
      workspaces: [],
      timeouts: { pipeline: "1h0m0s" },
      taskRunTemplate: { serviceAccountName: "pipeline", ...(podTemplate && { podTemplate }) },
    },
  };
}

function placed(run: PipelineRun, available: string[], images: Record<string, string> = {}): PipelineRun["spec"] {
  const library = new Library({ folder: "pipelines", images, imageMirror: "mirror.example" });
  const sets = {
    "okd-release-pipeline": ["release", "signatures", "signing"],
    "okd-payload": ["payload", "signing"],
    "coreos-layer": ["layering", "signatures", "multi-arch"],
  };
  const objects = library.objects([...sets[run.spec.pipelineRef.name as keyof typeof sets], "notifications"], PLACE);
  return placeRun(run, { objects, library, available }).spec;
}

describe("where a run goes", () => {
  it("is anywhere, as images exist for all architectures that nodes have", () => {
    const layer = runOf("coreos-layer", { nodeSelector: ARM });
    assert.deepEqual(placed(layer, ["arm64"]), layer.spec);
    const release = runOf("okd-release-pipeline", { securityContext: { fsGroup: 1000 } });
    assert.deepEqual(placed(release, ["amd64"]), release.spec);
  });

  it("is where an image of one architecture can run: as a whole, since its tasks share a volume", () => {
    const release = runOf("okd-release-pipeline", { securityContext: { fsGroup: 1000 } });
    assert.deepEqual(placed(release, ["arm64", "amd64"]).taskRunTemplate.podTemplate, {
      securityContext: { fsGroup: 1000 },
      nodeSelector: AMD,
    });
  });

  it("is the tasks' alone where the run has an architecture of its own", () => {
    const { taskRunTemplate, taskRunSpecs } = placed(runOf("okd-payload", { nodeSelector: ARM }), ["amd64", "arm64"]);
    assert.deepEqual(taskRunTemplate.podTemplate, { nodeSelector: ARM });
    assert.deepEqual(taskRunSpecs, [
      { pipelineTaskName: "resolve", podTemplate: { nodeSelector: AMD } },
      { pipelineTaskName: "update-keys", podTemplate: { nodeSelector: AMD } },
      { pipelineTaskName: "release", podTemplate: { nodeSelector: AMD } },
    ]);
    assert.equal(placed(runOf("okd-payload", { nodeSelector: AMD }), ["amd64", "arm64"]).taskRunSpecs, undefined);
  });

  it("is among nodes that are set apart, also for a task that has another architecture", () => {
    const apart = { "example.org/builds": "" };
    const run = runOf("okd-payload", { nodeSelector: { ...apart, ...ARM } });
    const { taskRunTemplate, taskRunSpecs = [] } = placed(run, ["amd64", "arm64"]);
    assert.deepEqual(taskRunTemplate.podTemplate, { nodeSelector: { ...apart, ...ARM } });
    assert.deepEqual(
      taskRunSpecs.map(({ podTemplate }) => podTemplate),
      Array(3).fill({ nodeSelector: { ...apart, ...AMD } }),
    );
  });

  it("is nowhere without such a node, which is a sentence; the stack's own image is the stack's business", () => {
    const run = runOf("okd-release-pipeline");
    assert.throws(() => placed(run, ["arm64"]), {
      name: "UserError",
      message:
        "PipelineRun x-: image openshift-cli of task pick-target-release-name exists for amd64 alone, and the nodes are arm64: name one for these in images.openshift-cli, as a release's own image of component cli by digest.",
    });
    const own = { "openshift-cli": `quay.io/okd/scos-content@sha256:${"a".repeat(64)}` };
    assert.deepEqual(placed(run, ["arm64"], own), run.spec);
  });

  it("is anywhere once images:lock has put another image into the list", () => {
    const folder = mkdtempSync(join(tmpdir(), "okd-streams-"));
    cpSync("pipelines/privileged.yaml", join(folder, "privileged.yaml"));
    const text = readFileSync("pipelines/images.yaml", "utf8");
    const cli = `quay.io/okd/scos-content@sha256:${"a".repeat(64)}`;
    const single = (list: string) => {
      writeFileSync(join(folder, "images.yaml"), list);
      return [...new Library({ folder }).single.values()];
    };
    assert.deepEqual(single(text), ["amd64"]);
    assert.deepEqual(single(text.replace(/^openshift-cli: .*$/m, `openshift-cli: ${cli}`)), []);
    rmSync(folder, { recursive: true });
  });
});
