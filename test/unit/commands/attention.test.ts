import assert from "node:assert/strict";
import { attention, requireNoAttention } from "../../../stacks/commands/follow/attention";
import type { TektonRun } from "../../../components/programs/tekton-run";

const NOW = new Date("2026-11-23T12:00:00Z");
const DAY = 86_400;

const stream = (hoursAgo: number | undefined, intervalSeconds?: number) => ({
  ...{ stream: "okd-coreos", version: "5.0", architectures: ["amd64"], intervalSeconds },
  ...(hoursAgo !== undefined && { lastSuccess: new Date(NOW.getTime() - hoursAgo * 3_600_000).toISOString() }),
});
const run = (name: string, hour: number, status: "True" | "False" | "Unknown", more: object = {}): TektonRun => ({
  metadata: { name, labels: { "tekton.dev/pipeline": "okd-coreos", "okd-streams.io/stream": "5.0", ...more } },
  status: {
    conditions: [{ type: "Succeeded", status, reason: "Why", message: "Tasks Completed: 3\nmore" }],
    ...(status !== "Unknown" && { completionTime: `2026-11-23T${String(hour).padStart(2, "0")}:00:00Z` }),
  },
});
const failed = (runs: TektonRun[]) => attention({ streams: [] }, runs, NOW).failed;

describe("what of a stack's builds needs somebody", () => {
  const overdue = (hoursAgo: number | undefined, interval?: number) =>
    attention({ streams: [stream(hoursAgo, interval)] }, [], NOW).overdue;

  it("is a stream without a whole build for one and a half of its schedule's interval, and an hour at least", () => {
    assert.deepEqual(overdue(35, DAY), []);
    assert.deepEqual(overdue(37, DAY), ["okd-coreos 5.0: no whole build since 2026-11-21 23:00Z"]);
    assert.deepEqual(overdue(1.9, 3600), []);
    assert.equal(overdue(2.1, 3600).length, 1);
  });

  it("is none that nobody scheduled, and none that never was: its runs speak", () => {
    assert.deepEqual([overdue(1000), overdue(undefined, DAY)], [[], []]);
  });

  it("is the newest run of each thing that has ended, where it failed, in Tekton's words", () => {
    assert.deepEqual(failed([run("old", 8, "True"), run("new", 9, "False"), run("going", 10, "Unknown")]), [
      "new, 2026-11-23 09:00Z: Tasks Completed: 3",
    ]);
    assert.deepEqual(failed([run("new", 9, "True"), run("old", 8, "False")]), []);
  });

  it("tells things apart by Pipeline, stream, release and architecture", () => {
    const other = [
      { "tekton.dev/pipeline": "compose" },
      { "okd-streams.io/stream": "4.22" },
      { "okd-streams.io/release": "next" },
      { "okd-streams.io/architecture": "arm64" },
    ];
    for (const labels of other)
      assert.equal(failed([run("well", 9, "True"), run("bad", 8, "False", labels)]).length, 1);
  });

  it("is no run that somebody cancelled, nor does that hide the one before", () => {
    const cancelled = run("cancelled", 9, "False");
    cancelled.status!.conditions![0]!.reason = "Cancelled";
    assert.deepEqual(failed([run("bad", 8, "False"), cancelled]), ["bad, 2026-11-23 08:00Z: Tasks Completed: 3"]);
  });

  it("has the command fail, with all of it: a nightly that fails is no green row", () => {
    const troubles = attention({ streams: [stream(200, DAY)] }, [run("bad", 8, "False")], NOW);
    assert.throws(() => requireNoAttention("kind", troubles), {
      name: "UserError",
      exitCode: 1,
      message:
        "Stack kind needs somebody:\n  overdue: okd-coreos 5.0: no whole build since 2026-11-15 04:00Z\n  failed: bad, 2026-11-23 08:00Z: Tasks Completed: 3",
    });
    requireNoAttention("kind", attention({ streams: [stream(1, DAY)] }, [run("well", 8, "True")], NOW));
  });
});
