import assert from "node:assert/strict";
import type { StreamOutput } from "../../../components/streams/coreos";
import type { LayerOutput } from "../../../components/streams/layers/run";
import type { ReleaseOutput } from "../../../components/streams/releases";
import { changes, ending, troubles, type Told } from "../../../stacks/commands/follow/changes";
import { chooseBuild, chooseRelease } from "../../../stacks/commands/follow/choose";
import { failedStep, phaseOf, type TektonRun } from "../../../components/programs/tekton-run";

type Condition = NonNullable<NonNullable<TektonRun["status"]>["conditions"]>[number];

const condition = (status: Condition["status"], reason: string, message = ""): Condition => ({
  type: "Succeeded",
  status,
  reason,
  message,
});
function taskRun(task: string, status: TektonRun["status"]): TektonRun {
  return { metadata: { name: `run-${task}`, labels: { "tekton.dev/pipelineTask": task } }, status };
}
const start = "2026-11-22T13:00:00Z";

describe("following a build", () => {
  const waiting = taskRun("prepare", { conditions: [condition("Unknown", "Pending")], startTime: start });
  const running = taskRun("prepare", { conditions: [condition("Unknown", "Running")], startTime: start });
  const succeeded = taskRun("prepare", {
    conditions: [condition("True", "Succeeded")],
    startTime: start,
    completionTime: "2026-11-22T13:02:03Z",
  });
  const failed = taskRun("build-base", {
    conditions: [condition("False", "Failed", '"step-buildah" exited with code 125')],
    startTime: start,
    completionTime: "2026-11-22T13:00:09Z",
    podName: "run-build-base-pod",
    steps: [
      { name: "prepare", terminated: { exitCode: 0 } },
      { name: "buildah", container: "step-buildah", terminated: { exitCode: 125 } },
      { name: "push", terminated: { exitCode: 1, reason: "Skipped" } },
    ],
  });

  it("knows phases, also of a run that Tekton has not seen yet", () => {
    assert.deepEqual(
      [{ metadata: { name: "x" } }, waiting, running, succeeded, failed].map((it) => phaseOf(it)),
      ["waiting", "waiting", "running", "succeeded", "failed"],
    );
  });

  it("tells every change once", () => {
    const told: Told = new Map();
    const looks = [[waiting], [waiting], [running], [running, failed], [succeeded, failed]];
    assert.deepEqual(
      looks.map((look) => changes(told, look).map(({ tone, text }) => `${tone} ${text}`)),
      [
        ["plain prepare: waits for its pod"],
        [],
        ["plain prepare: runs"],
        ['bad build-base: failed (0:09): "step-buildah" exited with code 125'],
        ["good prepare: succeeded (2:03)"],
      ],
    );
  });

  it("tells once, and at once, why a task waits that no time mends", () => {
    const status = { conditions: [condition("Unknown", "Pending")], startTime: start, podName: "run-prepare-pod" };
    const message = 'Back-off pulling image "lab/gate:1"';
    const pod = {
      metadata: { name: "run-prepare-pod" },
      status: {
        containerStatuses: [{ image: "lab/gate:1", state: { waiting: { reason: "ImagePullBackOff", message } } }],
      },
    };
    const told = new Map<string, string>();
    const looks = [[], [pod], [pod]].map((pods) => troubles(told, [taskRun("prepare", status)], pods));
    assert.deepEqual(
      looks.map((lines) => lines.map(({ text }) => text.split(" → ")[0])),
      [[], [`prepare waits: ImagePullBackOff: ${message}`], []],
    );
    assert.deepEqual(troubles(new Map(), [running], [{ ...pod, metadata: { name: "" } }]), []);
  });

  it("tells what Tekton alone knows, as that a quota refuses the pod", () => {
    const reason = "TaskRun Pod exceeded available resources";
    const waits = taskRun("prepare", { conditions: [condition("Unknown", "ExceededNodeResources", reason)] });
    const [line] = troubles(new Map(), [waits], []);
    assert.equal(line?.text.split(" → ")[0], `prepare waits: ExceededNodeResources: ${reason}`);
  });

  it("finds the step that failed, not those that were skipped after it", () => {
    assert.equal(failedStep(failed)?.name, "buildah");
    assert.equal(failedStep(succeeded), undefined);
  });

  it("ends with what was left out, the results, and how it came out", () => {
    const run: TektonRun = {
      metadata: {
        name: "rehearsal-4-20-amd64-x7k2p",
        annotations: { "okd-streams.io/rehearsal": "rehearsal: no operating system was built" },
      },
      status: {
        conditions: [condition("True", "Completed", "Tasks Completed: 4")],
        startTime: start,
        completionTime: "2026-11-22T13:05:00Z",
        skippedTasks: [{ name: "build-node", reason: "When Expressions evaluated to false" }],
        results: [
          { name: "base-image", value: "kind-registry:5000/okd/scos@sha256:1\n" },
          { name: "images", value: ["a", "b"] },
        ],
      },
    };
    assert.deepEqual(
      ending(run).map(({ tone, text }) => `${tone} ${text}`),
      [
        "plain left out: build-node (When Expressions evaluated to false)",
        "plain base-image: kind-registry:5000/okd/scos@sha256:1",
        'plain images: ["a","b"]',
        "good rehearsal-4-20-amd64-x7k2p succeeded after 5:00: Tasks Completed: 4",
        "warning rehearsal: no operating system was built",
      ],
    );
    const lost: TektonRun = {
      metadata: { name: "run" },
      status: {
        conditions: [condition("False", "Failed", "Tasks Completed: 2")],
        skippedTasks: [{ name: "push", reason: "PipelineRun was stopping" }],
      },
    };
    assert.deepEqual(ending(lost), [{ tone: "bad", text: "run failed: Tasks Completed: 2" }]);
  });
});

describe("what to build", () => {
  const stream = (version: string, runs: object[] = [{}]) =>
    ({ version, recipe: "base-node", plan: ["nothing is built"], runs }) as unknown as StreamOutput;
  const layer = (name: string) => ({ name, version: "4.20", plan: [], runs: [{}] }) as unknown as LayerOutput;

  it("is the only stream, or what is named", () => {
    const streams = [stream("4.20"), stream("4.21")];
    const layers = [layer("crio")];
    const title = (...args: Parameters<typeof chooseBuild>) => chooseBuild(...args).title;
    assert.equal(title("kind", { streams: [streams[0]!] }), "Stream 4.20");
    assert.equal(title("kind", { streams: [streams[0]!], layers }), "Stream 4.20");
    assert.equal(title("kind", { streams, layers }, "4.21"), "Stream 4.21");
    assert.equal(title("kind", { streams, layers }, "crio"), "Layer crio");
    assert.equal(title("kind", { streams: [], layers }, "crio"), "Layer crio");
  });

  const refusals: [string, StreamOutput[], string | undefined, string][] = [
    ["none is there", [], undefined, "Stack kind has no streams: add one to its configuration."],
    [
      "several are there and none is named",
      [stream("4.20"), stream("4.21")],
      undefined,
      "Stack kind has several streams: name one of 4.20, 4.21.",
    ],
    ["another is named", [stream("4.20")], "4.2", "Stack kind has no stream or layer 4.2, it has 4.20."],
    ["nothing of it can be built", [stream("4.20", [])], undefined, "Stream 4.20 cannot be built: nothing is built"],
  ];
  for (const [title, streams, name, message] of refusals) {
    it(`is refused where ${title}`, () => {
      assert.throws(() => chooseBuild("kind", { streams }, name), { name: "UserError", message });
    });
  }

  it("is refused where only layers are there and none is named", () => {
    const message = "Stack kind has no stream: name one of its layers, crio, tailscale.";
    const layers = [layer("crio"), layer("tailscale")];
    assert.throws(() => chooseBuild("kind", { streams: [], layers }), { name: "UserError", message });
  });
});

describe("the release to make", () => {
  const release = (name: string) =>
    ({ name, plan: ["a dry run"], run: { kind: "PipelineRun" } }) as unknown as ReleaseOutput;
  const [next, stable] = [release("next"), release("stable")];

  it("is the only one, or the one that is named", () => {
    assert.deepEqual(chooseRelease("kind", { releases: [next] }).runs, [next.run]);
    assert.equal(chooseRelease("kind", { releases: [next, stable] }, "stable").title, "Release stable");
  });

  it("is refused where none or several fit", () => {
    for (const [releases, name, message] of [
      [undefined, undefined, "Stack kind has no releases: add one to its configuration."],
      [[next, stable], undefined, "Stack kind has several releases: name one of next, stable."],
      [[next], "stable", "Stack kind has no release stable, it has next."],
    ] as const) {
      const outputs = releases ? { releases: [...releases] } : {};
      assert.throws(() => chooseRelease("kind", outputs, name), { name: "UserError", message });
    }
  });
});
