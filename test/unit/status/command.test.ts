import assert from "node:assert/strict";
import { Command } from "commander";
import { UserError } from "../../../components/errors";
import { type KubeObject, Refused, Unreachable } from "../../../components/kubernetes/client";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import type { Outputs } from "../../../stacks/commands/outcome";
import { register } from "../../../stacks/commands/status";
import { lookerAt } from "../../../stacks/commands/status/look";
import { statusLines } from "../../../stacks/commands/status/text";
import { buildRun, everything } from "./samples";

const run = (namespace: string, labels: Record<string, string> = {}) =>
  ({ metadata: { namespace, labels } }) as PipelineRun;
const OUTPUTS = {
  namespace: "okd-coreos",
  recordKey: "key",
  streams: [{ version: "5.0", runs: [run("okd-coreos", { "okd-streams.io/architecture": "amd64" })] }],
  layers: [{ name: "tree", version: "5.0", runs: [] }],
  releases: [{ name: "next", run: run("okd-release"), intervalSeconds: 86_400 }],
} as unknown as Outputs;

describe("npm run status", () => {
  let asked: string[];
  const cluster = (gate: () => Promise<unknown>, version: () => Promise<unknown> = () => Promise.resolve({})) => ({
    request: (_: string, path: string) => {
      asked.push(path);
      return path === "/version" ? version() : gate();
    },
    list: ({ metadata: { namespace = "" } }: { metadata: { namespace?: string } }) => {
      asked.push(namespace);
      return Promise.resolve(namespace === "okd-coreos" ? [buildRun("b1", "amd64") as unknown as KubeObject] : []);
    },
  });
  beforeEach(() => {
    asked = [];
  });

  it("asks the gate and the namespaces that the stack has runs in, as the kubeconfig's user", async () => {
    const gate = { looked: new Date().toISOString(), streams: [], builds: [] };
    const status = await lookerAt(
      "kind",
      OUTPUTS,
      cluster(() => Promise.resolve(gate)),
    )();
    assert.deepEqual(asked.sort(), [
      "/api/v1/namespaces/okd-coreos/services/gate:status/proxy/builds",
      "/version",
      "okd-coreos",
      "okd-release",
    ]);
    assert.deepEqual(
      [status.streams[0]!.builds[0]!.id, status.layers[0]!.title, status.releases[0]!.name],
      ["b1", "tree 5.0", "next"],
    );
    assert.deepEqual(status.attention, []);
  });

  it("asks no gate of a stack without events, and says of one that does not answer that it does not", async () => {
    const away = () => Promise.reject(new Refused(503, "ServiceUnavailable", "no endpoints"));
    const without = await lookerAt("kind", { ...OUTPUTS, recordKey: undefined }, cluster(away))();
    assert.deepEqual(without.attention, []);
    const { attention } = await lookerAt("kind", OUTPUTS, cluster(away))();
    assert.deepEqual(
      attention.map(({ kind, what }) => [kind, what]),
      [["unread", "The gate"]],
    );
  });

  it("is one sentence where the cluster is away, or the stack has no pipelines", async () => {
    const version = () => Promise.reject(new Unreachable("http://x: ECONNREFUSED"));
    const look = lookerAt(
      "kind",
      OUTPUTS,
      cluster(() => Promise.resolve({}), version),
    );
    await assert.rejects(
      look(),
      new UserError("The cluster of stack kind does not answer: http://x: ECONNREFUSED. Is it there?"),
    );
    assert.throws(
      () => lookerAt("kind", { streams: [] } as unknown as Outputs, cluster(version)),
      /^UserError: Stack kind has no pipelines: /,
    );
  });

  it("opens no browser in CI", async () => {
    const before = process.env.CI;
    process.env.CI = "true";
    try {
      const program = new Command();
      register(program);
      await assert.rejects(program.parseAsync(["status", "kind", "--open"], { from: "user" }), {
        message: "status --open opens a browser, and CI has nobody to look at it: leave --open out.",
        exitCode: 2,
      });
    } finally {
      if (before === undefined) delete process.env.CI;
      else process.env.CI = before;
    }
  });

  it("tells a terminal what needs somebody first, then what is newest of everything", () => {
    const lines = statusLines(everything());
    assert.deepEqual(lines.slice(0, 5), [
      "Stack kind, 2026-11-23 12:00Z",
      "",
      "Needs attention:",
      "  unread: Runs of okd-release: PipelineRuns cannot be listed: the API server answers 403",
      "    kubectl get pipelineruns -n okd-release",
    ]);
    for (const line of [
      "SCOS 5.0: last whole build 2026-11-21 08:00Z",
      "  20261123-ab12  arrived  running  running      2026-11-23 09:00Z",
      "  to-next  okd-upgrade-to-next-h2v8c  succeeded  2026-11-23 04:00Z  4.21.0-okd-scos.9 → ",
      "  mine  okd-payload-mine-b4  running  2026-11-23 11:00Z  1 built, 2 kept, 1 the base's",
    ]) {
      assert.ok(
        lines.some((it) => it.startsWith(line)),
        `${line}\n\n${lines.join("\n")}`,
      );
    }
    assert.ok(
      statusLines({ ...everything(), attention: [] }).includes("Nothing is overdue, and no newest run has failed."),
    );
  });
});
