import assert from "node:assert/strict";
import type { PipelineRunObject } from "../../../components/programs/status/run";
import { runOf } from "../../../components/programs/status/run";
import { statusOf } from "../../../components/programs/status/status";
import { ago, answered, buildRun, CATALOG, DECLARED, everything, facts, NOW, pipelineRun, STREAM } from "./samples";

const status = (...given: Parameters<typeof facts>) => statusOf(DECLARED, facts(...given), NOW);
const attention = (...given: Parameters<typeof facts>) =>
  status(...given).attention.map(({ kind, what, why, look }) => [kind, what, why, look]);
const build = (...given: Parameters<typeof facts>) => {
  const { id, state, cells, message } = status(...given).streams[0]!.builds[0]!;
  const states = Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell.state]));
  return { id, state, states, message };
};

describe("a build on the status page", () => {
  const id = "20261123-ab12";
  const running = buildRun(id, "arm64", { phase: "running" });
  const ended = buildRun(id, "amd64");

  // The life of a build of two architectures, from the event to the list.
  const life: [
    title: string,
    runs: PipelineRunObject[],
    builds: ReturnType<typeof answered>[],
    state: string,
    states: object,
  ][] = [
    ["waits for Pods", [buildRun(id, "amd64", { phase: "waiting" })], [], "waiting", { amd64: "waiting" }],
    ["runs", [ended, running], [], "running", { amd64: "succeeded", arm64: "running" }],
    [
      "has arrived in part",
      [ended, running],
      [answered(id, "incomplete")],
      "running",
      { amd64: "arrived", arm64: "running" },
    ],
    [
      "lacks one that another cluster builds",
      [ended],
      [answered(id, "incomplete")],
      "incomplete",
      { amd64: "arrived", arm64: "missing" },
    ],
    [
      "lacks one that failed",
      [ended, buildRun(id, "arm64", { phase: "failed" })],
      [answered(id, "incomplete")],
      "failed",
      { amd64: "arrived", arm64: "failed" },
    ],
    [
      "is composed now",
      [ended],
      [answered(id, "compose", { arrived: ["amd64", "arm64"], missing: [] })],
      "composing",
      { amd64: "arrived", arm64: "arrived" },
    ],
    [
      "is whole",
      [],
      [answered(id, "composed", { arrived: ["amd64", "arm64"], missing: [] })],
      "complete",
      { amd64: "arrived", arm64: "arrived" },
    ],
    ["will never be whole", [ended], [answered(id, "expired")], "expired", { amd64: "arrived", arm64: "missing" }],
  ];
  for (const [title, runs, builds, state, states] of life) {
    it(title, () => {
      const found = build(runs, { builds });
      assert.deepEqual([found.id, found.state, found.states], [id, state, states]);
    });
  }

  it("failed where its newest composition did, in that one's words", () => {
    const compose = (name: string, since: number, phase: "failed" | "running") =>
      pipelineRun({
        name,
        labels: { stream: "okd-coreos", build: id },
        pipeline: "compose-manifest-list",
        phase,
        since,
        message: "no list",
      });
    const all = answered(id, "compose", { arrived: ["amd64", "arm64"], missing: [] });
    const first = compose(`compose-okd-coreos-5-0-${id}`, 3, "failed");
    assert.deepEqual(
      [build([first], { builds: [all] })].map((it) => [it.state, it.message]),
      [["failed", "no list"]],
    );
    const second = compose(`retry-2-okd-coreos-5-0-${id}`, 1, "running");
    assert.equal(build([first, second], { builds: [all] }).state, "composing");
    // The same id of another version is another build.
    assert.equal(build([compose(`compose-okd-coreos-4-21-${id}`, 1, "failed")], { builds: [all] }).state, "composing");
  });

  it("is one of its stream alone, and a run by hand or of a pull request is a part of none", () => {
    const byHand = pipelineRun({ name: "by-hand", labels: { stream: "5.0", architecture: "amd64" }, since: 9 });
    const proposed = pipelineRun({ name: "proposed", labels: { stream: "5.0", architecture: "amd64" }, since: 8 });
    proposed.metadata.labels!["triggers.tekton.dev/trigger"] = "git-5-0-base-pull-requests";
    const other = buildRun("other", "amd64", { labels: { stream: "4.21" } });
    const { streams } = status([byHand, proposed, other], {});
    assert.deepEqual(
      streams.map(({ builds }) => builds.map((it) => [it.id, it.of])),
      [
        [
          ["proposed", "pull request"],
          ["by-hand", "single run"],
        ],
        [["other", "build"]],
      ],
    );
  });

  it("is known by its runs alone where there is no gate", () => {
    const { streams, attention: nothing } = status([ended]);
    assert.deepEqual([streams[0]!.architectures, streams[0]!.builds[0]!.state, nothing], [["amd64"], "incomplete", []]);
  });
});

describe("what needs attention", () => {
  const LATE = { ...STREAM, lastSuccess: ago(37) };

  it("is nothing of an empty stack", () => assert.deepEqual(attention([]), []));

  it("is a stream that is overdue, with the reason and where to look", () => {
    const cronJobs = "kubectl get cronjobs,jobs -n okd-coreos -l okd-streams.io/stream=5.0";
    const promise = "No whole build for longer than its schedule leaves, 24 hours at most.";
    assert.deepEqual(attention([], { streams: [LATE] }), [
      ["overdue", "SCOS 5.0", `${promise} No run has begun since.`, cronJobs],
    ]);
    const waits = { streams: [LATE], builds: [answered("b", "incomplete")] };
    const [overdue] = attention([], waits);
    assert.deepEqual(overdue!.slice(2), [
      `${promise} Its newest build, b, is incomplete. what it says`,
      "kubectl get pipelineruns -n okd-coreos -l okd-streams.io/build=b",
    ]);
    assert.deepEqual(attention([], { streams: [STREAM] }), []);
  });

  it("is a scheduled release that was not made in time", () => {
    const made = (ended: number) =>
      pipelineRun({ name: "r", namespace: "okd-release", labels: { release: "next" }, since: ended + 1, ended });
    assert.deepEqual(attention([made(30)]), []);
    assert.deepEqual(
      attention([made(40)]).map(([kind, what, , look]) => [kind, what, look]),
      [["overdue", "Release next", "kubectl get cronjobs,jobs -n okd-release -l okd-streams.io/release=next"]],
    );
  });

  it("is the newest run that failed of each thing, by its name, and no pull request's", () => {
    const test = (kind: string, since: number, phase: "failed" | "succeeded") =>
      pipelineRun({
        name: `${kind}-${since}`,
        labels: { [kind]: "x" },
        namespace: "okd-certification",
        pipeline: kind,
        since,
        phase,
      });
    const proposed = buildRun("p", "s390x", { phase: "failed" });
    proposed.metadata.labels!["triggers.tekton.dev/trigger"] = "git-5-0-base-pull-requests";
    const runs = [
      test("upgrade", 3, "failed"),
      test("upgrade", 9, "succeeded"),
      test("certification", 9, "failed"),
      proposed,
    ];
    assert.deepEqual(
      attention([...runs, test("certification", 3, "succeeded"), buildRun("b", "amd64", { phase: "failed" })]),
      [
        [
          "failed",
          "Upgrade test x, upgrade-3",
          "Tasks Completed: 9",
          "tkn pipelinerun logs -n okd-certification upgrade-3",
        ],
        [
          "failed",
          "SCOS 5.0 amd64, okd-coreos-5-0-amd64-b",
          "Tasks Completed: 9",
          "tkn pipelinerun logs -n okd-coreos okd-coreos-5-0-amd64-b",
        ],
      ],
    );
  });

  it("is what the gate refuses of the newest build, and not of older ones", () => {
    const builds = [answered("new", "composed"), answered("old", "conflicting", { since: ago(9) })];
    assert.deepEqual(attention([], { builds }), []);
    const [refused] = attention([], { builds: builds.slice(1) });
    assert.deepEqual(refused!.slice(0, 3), ["refused", "SCOS 5.0, build old (conflicting)", "what it says"]);
  });

  it("is first what could not be read, and a gate that does not see the registry", () => {
    const unread = [{ what: "Runs of okd-release", why: "403", look: "look" }];
    assert.deepEqual(
      attention([], { looked: ago(0.3) }, unread).map(([kind, what]) => [kind, what]),
      [
        ["unread", "Runs of okd-release"],
        ["unread", "The registry"],
      ],
    );
    assert.equal(attention([], { looked: undefined })[0]![1], "The registry");
  });

  it("is in this order in a stack that has all of it", () => {
    const kinds = everything().attention.map(({ kind }) => kind);
    assert.deepEqual(kinds, ["unread", "overdue", "overdue", "failed", "failed", "failed"]);
  });
});

describe("releases, payloads and tests on the status page", () => {
  const { releases, payloads, operators, upgrades, certifications } = everything();

  it("are what the stack has, with their runs, the newest first, also where the stack has them no longer", () => {
    assert.deepEqual(
      releases.map(({ name, runs }) => [name, runs.map((run) => [run.state, run.release])]),
      [
        [
          "next",
          [
            ["failed", undefined],
            ["succeeded", "5.0.0-okd-scos.3"],
          ],
        ],
      ],
    );
    const gone = pipelineRun({ name: "x", labels: { payload: "gone" } });
    assert.deepEqual(
      status([gone]).payloads.map(({ name, runs }) => [name, runs.length]),
      [
        ["mine", 0],
        ["gone", 1],
      ],
    );
  });

  it("say of a payload how far its waves are, and what was built and kept", () => {
    const [run] = payloads[0]!.runs;
    assert.deepEqual(
      run!.waves.map(({ state }) => state),
      ["done", "done", "running", "not begun", "not begun", "not begun"],
    );
    assert.deepEqual(run!.plan.counts, { built: 1, kept: 2, "the base's": 1 });
  });

  it("say of operators what was built for their catalog, and which it is", () => {
    const [run] = operators[0]!.runs;
    assert.equal(run!.image, CATALOG);
    assert.deepEqual(
      run!.waves.map(({ name, state }) => `${name} ${state}`),
      [...["plan", "wave 1", "wave 2", "wave 3", "wave 4"].map((name) => `${name} done`), "catalog done"],
    );
  });

  it("say of an upgrade from where to where and how it came out, of a certification which tests failed", () => {
    const [upgrade] = upgrades[0]!.runs;
    assert.deepEqual([upgrade!.from, upgrade!.verdict?.result], ["4.21.0-okd-scos.9", "PASSED"]);
    assert.deepEqual(certifications[0]!.runs[0]!.verdict?.failed, ["OPCT-010", "OPCT-031"]);
  });

  it("take results that are no JSON for none", () => {
    for (const verdict of ["", "nonsense", "7", "null", '{"result": 7}']) {
      const run = pipelineRun({ name: "x", labels: { upgrade: "to-next" }, results: { verdict, base: verdict } });
      assert.deepEqual(status([run]).upgrades[0]!.runs[0]!.verdict, undefined, verdict);
    }
  });
});

describe("a run as the status keeps it", () => {
  it("has no name of a Secret", () => {
    const object = pipelineRun({
      ...{ name: "x", phase: "failed", params: { "image-push-secret-name": "quay-bot", mode: "publish" } },
      message: 'failed: secret "other" not found, nor "quay-bot", nor secret okd/third',
    });
    object.spec!.workspaces = [{ secret: { secretName: "s3-keys" } }];
    const kept = runOf(object);
    assert.deepEqual(kept.params, { mode: "publish" });
    assert.equal(kept.message, 'failed: secret "…" not found, nor "…", nor secret "…"');
    assert.doesNotMatch(JSON.stringify(everything()), /s3cret-name|quay-push/);
  });
});
