import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { clock, Progress, sum, timeLeft } from "../../../stacks/commands/engine/progress";

const STACK = "urn:pulumi:kind::okd-streams::pulumi:pulumi:Stack::okd-streams-kind";
const PART = "urn:pulumi:kind::okd-streams::okd-streams:platform:InstalledPart::tekton-pipelines";
const DEPLOYMENT =
  "urn:pulumi:kind::okd-streams::okd-streams:platform:InstalledPart$kubernetes:apps/v1:Deployment::tekton-pipelines/controller";
const parents: Record<string, string> = { [PART]: STACK, [DEPLOYMENT]: PART };

/** Events in the form in which engine 3.246.0 sends them, recorded from `up`, `up` and `destroy`. */
function resource(
  event: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent",
  timestamp: number,
  op: string,
  urn: string,
): EngineEvent {
  const state = { urn, parent: parents[urn] ?? "" };
  const side = op === "delete" ? { old: state } : { new: state };
  return { sequence: 0, timestamp, [event]: { metadata: { op, urn, type: urn.split("::")[2], ...side } } };
}
function diagnostic(
  timestamp: number,
  severity: string,
  message: string,
  urn?: string,
  ephemeral = false,
): EngineEvent {
  return {
    sequence: 0,
    timestamp,
    diagnosticEvent: { severity, message, urn, ephemeral, color: "never" },
  } as EngineEvent;
}

describe("what is left of what usually takes four minutes", () => {
  const rows: [elapsed: number, says: string][] = [
    [0, "about 4 min left"],
    [100, "about 2 min left"],
    [185, "about 60 s left"],
    [238, "about 10 s left"],
    [240, "longer than the usual 4 min"],
  ];
  for (const [elapsed, says] of rows) {
    it(`is ${says} after ${elapsed} s`, () => assert.equal(timeLeft(elapsed, 240), says));
  }
});

describe("progress of the engine", () => {
  const linesOf = (progress: Progress, events: EngineEvent[]) => events.flatMap((event) => progress.accept(event));

  it("has a line for every resource that changed, and counts them by component", () => {
    const progress = new Progress();
    const lines = linesOf(progress, [
      { sequence: 0, timestamp: 100, preludeEvent: { config: {} } },
      resource("resourcePreEvent", 100, "create", STACK),
      resource("resourcePreEvent", 100, "create", PART),
      resource("resOutputsEvent", 101, "create", PART),
      resource("resourcePreEvent", 101, "create", DEPLOYMENT),
      resource("resOutputsEvent", 113, "create", DEPLOYMENT),
      // A component is told of again when it registers its outputs.
      resource("resOutputsEvent", 113, "create", PART),
      resource("resOutputsEvent", 114, "create", STACK),
    ]);
    assert.deepEqual(lines, [
      { tone: "good", text: "tekton-pipelines: InstalledPart tekton-pipelines created" },
      { tone: "good", text: "tekton-pipelines: Deployment tekton-pipelines/controller created (12 s)" },
    ]);
    assert.deepEqual(progress.counts, { created: 2 });
    assert.deepEqual([...progress.byComponent], [["tekton-pipelines", { created: 2 }]]);
  });

  it("says of what stays in the cluster that it was dropped, not deleted", () => {
    const progress = new Progress();
    const event = resource("resOutputsEvent", 100, "delete", DEPLOYMENT);
    Object.assign(event.resOutputsEvent!.metadata.old!, { retainOnDelete: true });
    const [line] = linesOf(progress, [event]);
    assert.equal(line!.text, "tekton-pipelines: Deployment tekton-pipelines/controller dropped");
    assert.equal(sum(progress.counts), "1 dropped");
  });

  it("tells at once, and once, what no waiting mends", () => {
    const progress = new Progress();
    const pulling = 'waiting: 0 of 1 replicas available; pod: ImagePullBackOff: Back-off pulling image "lab/gate:1"';
    // As the published plugin says it.
    const published =
      '[Pod tekton/controller-1]: containers with unready status: [gate] -- [ImagePullBackOff] Back-off pulling image "x"';
    const lines = linesOf(progress, [
      resource("resourcePreEvent", 101, "create", DEPLOYMENT),
      diagnostic(102, "info", "waiting: 0 of 1 replicas available", DEPLOYMENT, true),
      diagnostic(103, "info", pulling, DEPLOYMENT, true),
      diagnostic(104, "info", published, DEPLOYMENT, true),
    ]);
    assert.deepEqual(
      lines.map(({ tone, text }) => [tone, text.split(" → ")[0]]),
      [["warning", `Deployment tekton-pipelines/controller ${pulling}`]],
    );
    assert.match(lines[0]!.text, / → say in images, imageMirror or platform\.\*\.manifests where the image is/);
  });

  it("says nothing of what stays the same", () => {
    const progress = new Progress();
    const lines = linesOf(progress, [
      resource("resourcePreEvent", 100, "same", PART),
      resource("resOutputsEvent", 100, "same", PART),
      resource("resourcePreEvent", 100, "update", DEPLOYMENT),
      resource("resOutputsEvent", 101, "update", DEPLOYMENT),
    ]);
    assert.deepEqual(lines, [
      { tone: "good", text: "tekton-pipelines: Deployment tekton-pipelines/controller updated" },
    ]);
    assert.equal(sum(progress.counts), "1 updated, 1 same");
  });

  it("counts a replacement once", () => {
    const progress = new Progress();
    linesOf(progress, [
      resource("resOutputsEvent", 100, "create-replacement", DEPLOYMENT),
      resource("resOutputsEvent", 100, "replace", DEPLOYMENT),
      resource("resOutputsEvent", 101, "delete-replaced", DEPLOYMENT),
    ]);
    assert.deepEqual(progress.counts, { replaced: 1 });
  });

  it("reports a failure once, without the engine's echo of it", () => {
    const progress = new Progress();
    const lines = linesOf(progress, [
      resource("resourcePreEvent", 100, "create", DEPLOYMENT),
      diagnostic(105, "error", "<{%fg 1%}>its image cannot be pulled<{%reset%}>\n", DEPLOYMENT),
      resource("resOpFailedEvent", 105, "create", DEPLOYMENT),
      diagnostic(106, "error", "update failed\n"),
    ]);
    assert.deepEqual(lines, [
      { tone: "bad", text: "Deployment tekton-pipelines/controller: its image cannot be pulled" },
      { tone: "bad", text: "tekton-pipelines: Deployment tekton-pipelines/controller failed (5 s)" },
    ]);
    assert.deepEqual(progress.errors, ["Deployment tekton-pipelines/controller: its image cannot be pulled"]);
  });

  it("leaves the program's own failure to the command's last sentence", () => {
    const progress = new Progress();
    const text = "Unhandled exception: UserError: The cluster cannot be reached.\n    at existingCluster";
    assert.deepEqual(progress.accept(diagnostic(100, "error", text, STACK)), []);
    assert.deepEqual(progress.errors, [text]);
  });

  it("keeps the SDK's debugging words to itself: they hold whole resources, secrets among them", () => {
    const event = diagnostic(100, "debug", "RegisterResource RPC finished: password,,,hunter2");
    assert.deepEqual(new Progress().accept(event), []);
  });

  it("leaves out what the commands say better", () => {
    const progress = new Progress();
    const texts = [
      "using pulumi-resource-kubernetes from $PATH at /offline/bin/pulumi-resource-kubernetes",
      "Attempting to deploy or update resources with 1 pending operations from previous deployment.",
      "UserError: The platform is not removed.: UserError: The platform is not removed.",
      "at refuseWhileNeeded (/project/components/platform/guard.ts:2:2599)",
      "at async Server.handle (node:internal/process/task_queues:95:5)",
    ];
    assert.deepEqual(
      linesOf(
        progress,
        texts.map((text) => diagnostic(100, "warning", text)),
      ),
      [],
    );
    assert.deepEqual(progress.accept(diagnostic(100, "warning", "the registry is slow")), [
      { tone: "warning", text: "the registry is slow" },
    ]);
  });

  it("leaves out the stack trace of a refusal", () => {
    const lines = [
      "UserError: Not now.: UserError: Not now.",
      "    at remove (/a/guard.ts:2:1)",
      "at /a/server.ts:5:9",
    ];
    const progress = new Progress();
    assert.deepEqual(
      linesOf(
        progress,
        lines.map((text) => diagnostic(100, "info#err", text)),
      ),
      [],
    );
    assert.deepEqual(progress.accept(diagnostic(100, "info#err", "at last")), [{ tone: "plain", text: "at last" }]);
  });

  it("knows what is waited for", () => {
    const progress = new Progress();
    assert.equal(progress.waitingFor(100), undefined);
    progress.accept(resource("resourcePreEvent", 100, "create", DEPLOYMENT));
    progress.accept(diagnostic(101, "info", "0 of 1 replicas ready\nmore", DEPLOYMENT, true));
    assert.equal(
      progress.waitingFor(107.6),
      "creating Deployment tekton-pipelines/controller (8 s): 0 of 1 replicas ready",
    );
    progress.accept(resource("resourcePreEvent", 103, "delete", PART));
    assert.match(progress.waitingFor(108)!, / and 1 more$/);
    progress.accept(resource("resOutputsEvent", 109, "create", DEPLOYMENT));
    assert.equal(progress.waitingFor(110), "deleting InstalledPart tekton-pipelines (7 s)");
  });

  it("shows time and sums for people", () => {
    assert.equal(clock(247.9), "4:07");
    assert.equal(sum({ same: 3, created: 12, failed: 1 }), "12 created, 1 failed, 3 same");
    assert.equal(sum({}), "nothing");
  });
});
