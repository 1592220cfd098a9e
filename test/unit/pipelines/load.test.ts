import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPipelines, parsePipelines } from "../../../components/pipelines/load";
import { pipelinesOf, tasksOf } from "../../../components/pipelines/source";
import { PIPELINE, TASKS } from "./small-set";

describe("parsePipelines", () => {
  it("reads every object of a file, with the lines of its fields", () => {
    const [build, tell] = tasksOf(parsePipelines(`# comment\n${TASKS}`, "tasks.yaml"));
    assert.equal(build!.object.metadata.name, "build");
    assert.equal(build!.object.spec.steps[1]!.name, "build");
    assert.equal(build!.line(["spec", "steps", 0]), 31);
    assert.equal(build!.line(["spec", "steps", 0, "name"]), 31);
    assert.equal(build!.line(["spec", "steps", 0, "securityContext", "privileged"]), 31);
    assert.equal(tell!.line(["metadata", "name"]), 75);
  });

  it("passes over empty documents", () => {
    assert.deepEqual(parsePipelines("---\n# nothing\n---\n", "empty.yaml"), []);
  });

  const faults: [what: string, text: string, message: string | RegExp][] = [
    ["broken YAML", "kind: Task\nmetadata: {name: a\nspec: 1\n", /^a\.yaml:\d: this is no valid YAML: .+\.$/],
    [
      "a kind that does not belong here",
      "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n",
      /^a\.yaml:2: v1 Secret does not belong in a pipeline set; allowed are tekton\.dev\/v1 Task, tekton\.dev\/v1 Pipeline, /,
    ],
    [
      "an old version",
      TASKS.replace("tekton.dev/v1", "tekton.dev/v1beta1"),
      /^a\.yaml:2: tekton\.dev\/v1beta1 Task does not belong in a pipeline set; /,
    ],
    [
      "a namespace",
      TASKS.replace("  name: build\n", "  name: build\n  namespace: okd\n"),
      'a.yaml:5: this object, metadata: Unrecognized key: "namespace".',
    ],
    [
      "a misspelt field",
      TASKS.replace(
        "      computeResources:\n        requests: {memory",
        "      computeResource:\n        requests: {memory",
      ),
      'a.yaml:31: Task build, spec.steps[0]: Unrecognized key: "computeResource".',
    ],
    [
      "a field of the wrong type",
      TASKS.replace("requests: {memory: 1Gi}", "requests: {memory: 1}"),
      "a.yaml:32: Task build, spec.steps[0].computeResources.requests.memory: Invalid input: expected string, received number.",
    ],
    [
      "a missing field",
      PIPELINE.replace("      taskRef:\n        name: build\n", ""),
      "a.yaml:19: Pipeline everything, spec.tasks[0].taskRef: Invalid input: expected object, received undefined.",
    ],
    ["a list", "- a\n", "a.yaml:1: this object: Invalid input: expected object, received array."],
  ];
  for (const [what, text, message] of faults) {
    it(`refuses ${what}, and says where`, () => {
      assert.throws(() => parsePipelines(text, "a.yaml"), { name: "UserError", message });
    });
  }
});

describe("loadPipelines", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pipelines-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  }

  it("reads folders and what is below, in the order of names", () => {
    write({ "one/tasks/b.yaml": TASKS, "two/pipelines/a.yaml": PIPELINE, "one/README.md": "no YAML" });
    const sources = loadPipelines([join(folder, "one"), join(folder, "two")]);
    assert.deepEqual(
      sources.map(({ file, object }) => [file, object.metadata.name]),
      [
        [join(folder, "one/tasks/b.yaml"), "build"],
        [join(folder, "one/tasks/b.yaml"), "tell"],
        [join(folder, "two/pipelines/a.yaml"), "everything"],
      ],
    );
    assert.equal(pipelinesOf(sources).length, 1);
  });

  it("refuses a folder that is not there", () => {
    assert.throws(() => loadPipelines([join(folder, "none")]), {
      message: `${folder}/none: there is no such folder; name the folder of a pipeline set.`,
    });
  });

  it("refuses a folder without YAML", () => {
    write({ "README.md": "" });
    assert.throws(() => loadPipelines([folder]), {
      message: `${folder}: there is no *.yaml file here; name the folder of a pipeline set.`,
    });
  });

  it("refuses an object that is there twice, also in another folder", () => {
    write({ "one/a.yaml": PIPELINE, "two/b.yaml": PIPELINE });
    assert.throws(() => loadPipelines([join(folder, "one"), join(folder, "two")]), {
      message: `${folder}/two/b.yaml:4: Pipeline everything is in ${folder}/one/a.yaml already; rename one of them.`,
    });
  });
});
