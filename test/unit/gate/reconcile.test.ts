import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Build, recordTag } from "../../../components/programs/events/build";
import type { Outcome } from "../../../components/programs/gate/decide";
import { refusalOf } from "../../../components/programs/events/envelope";
import type { Gate } from "../../../components/programs/gate/gate";
import { createMetrics, type GateMetrics } from "../../../components/programs/gate/metrics";
import { Reconciler } from "../../../components/programs/gate/reconcile";
import { Unavailable } from "../../../components/programs/gate/registry";
import { BUILD, KEY, NOW, STREAM } from "./samples";

describe("the gate's look through all records", () => {
  let tags: Record<string, string[]>;
  /** What is decided of a build, by its id; one that is not here cannot be read. */
  let outcomes: Record<string, Outcome>;
  /** When a build was complete, by its id. */
  let times: Record<string, Date>;
  let decided: string[];
  /** Repositories that the registry says nothing of. */
  let unread: string[];
  let told: { body: string; headers: Record<string, string[]> }[];
  let status: number;
  let server: Server;
  let metrics: GateMetrics;
  let lines: { level: string; message: unknown }[];
  let reconciler: Reconciler;

  beforeEach(async () => {
    [tags, outcomes, times, decided, unread, told, status, lines] = [{}, {}, {}, [], [], [], 202, []];
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const headers = Object.entries(request.headers).map(([name, value]) => [name, [String(value)]]);
        told.push({ body, headers: Object.fromEntries(headers) as Record<string, string[]> });
        response.writeHead(status).end("{}");
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const gate: Pick<Gate, "decide" | "repository"> = {
      repository: (name) => `okd/${name}`,
      decide({ buildId }) {
        decided.push(buildId);
        const outcome = outcomes[buildId];
        if (outcome === undefined) return Promise.reject(new Unavailable("no registry: ECONNREFUSED"));
        const completed = times[buildId];
        return Promise.resolve({ outcome, message: "", arrived: ["amd64"], missing: [], since: NOW, completed });
      },
    };
    metrics = createMetrics();
    reconciler = new Reconciler({
      settings: {
        streams: [STREAM, { ...STREAM, stream: "layer-crio", records: "layer-records" }],
        eventListener: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        reconcileSeconds: 3600,
      },
      gate: gate as Gate,
      registry: {
        tags: (repository) =>
          unread.includes(repository)
            ? Promise.reject(new Unavailable("the registry answers GET with 503"))
            : Promise.resolve(tags[repository] ?? []),
      },
      keys: () => [KEY, "an older key"],
      metrics,
      log: (level, { message }) => lines.push({ level, message }),
      now: () => NOW,
    });
  });
  afterEach(() => {
    server.close();
  });

  const recordsOf = (...ids: string[]) => ids.map((buildId) => recordTag({ ...BUILD, buildId }, "amd64"));
  const sample = async (metric: GateMetrics["reposts" | "builds" | "reconciled" | "lastSuccess"]) =>
    Object.fromEntries((await metric.get()).values.map(({ labels, value }) => [Object.values(labels).join(), value]));

  it("tells the EventListener of what is complete, signed, and of nothing else", async () => {
    tags = { "okd/okd-coreos-records": recordsOf("a", "b", "c"), "okd/layer-records": recordsOf("d") };
    outcomes = { a: "incomplete", b: "compose", c: "expired", d: "conflicting" };
    await reconciler.reconcile();
    assert.equal(told.length, 1);
    const { body, headers } = told[0]!;
    const build: Build = { ...BUILD, buildId: "b" };
    assert.deepEqual(JSON.parse(body), { schema: 1, type: "build-finished", ...build, architecture: "amd64" });
    assert.equal(refusalOf(body, headers, [KEY], NOW), undefined);
    assert.deepEqual(
      reconciler.builds.map(({ stream, buildId, outcome }) => `${stream} ${buildId} ${outcome}`).sort(),
      ["layer-crio d conflicting", "okd-coreos a incomplete", "okd-coreos b compose", "okd-coreos c expired"],
    );
    assert.deepEqual(await sample(metrics.builds), { incomplete: 1, compose: 1, expired: 1, conflicting: 1 });
    assert.deepEqual(await sample(metrics.reposts), { sent: 1, failed: 0 });
  });

  it("says of each stream when its newest whole build was complete, and of what is not whole nothing", async () => {
    tags = { "okd/okd-coreos-records": recordsOf("a", "b", "c"), "okd/layer-records": recordsOf("d") };
    outcomes = { a: "composed", b: "composed", c: "conflicting", d: "incomplete" };
    times = { a: NOW, b: new Date(NOW.getTime() - 86_400_000), c: new Date(NOW.getTime() + 1000) };
    await reconciler.reconcile();
    assert.deepEqual(await sample(metrics.lastSuccess), { "okd-coreos,4.21": NOW.getTime() / 1000 });
  });

  it("looks again at what can change, and never at what is settled while its records are there", async () => {
    const records = recordsOf("a", "b", "c", "d");
    outcomes = { a: "composed", b: "expired", c: "incomplete", d: "compose" };
    for (const found of [records, records, records.slice(1), records]) {
      tags = { "okd/okd-coreos-records": found };
      await reconciler.reconcile();
    }
    const looks = (id: string) => decided.filter((buildId) => buildId === id).length;
    assert.deepEqual(["a", "b", "c", "d"].map(looks), [2, 1, 4, 4]);
    assert.equal(told.length, 4);
    assert.equal(reconciler.builds.length, 4, "what is settled is shown");
  });

  it("passes over tags that are no records, or of versions that the stack does not build", async () => {
    const foreign = recordTag({ ...BUILD, version: "4.99" }, "amd64");
    tags = { "okd/okd-coreos-records": ["first", "latest", `${STREAM.version}-x-pdp11`, foreign, ...recordsOf("a")] };
    outcomes = { a: "incomplete" };
    await reconciler.reconcile();
    assert.deepEqual(decided, ["a"]);
  });

  it("goes on to the others where one cannot be read, and does not count as a look that ended well", async () => {
    tags = { "okd/okd-coreos-records": recordsOf("a", "b") };
    outcomes = { b: "compose" };
    await assert.rejects(reconciler.reconcile(), /^Error: no registry: ECONNREFUSED$/);
    assert.deepEqual([decided, told.length], [["a", "b"], 1]);
    assert.deepEqual(await sample(metrics.reconciled), { "": 0 });
    outcomes = { a: "incomplete", b: "composed" };
    await reconciler.reconcile();
    assert.notDeepEqual(await sample(metrics.reconciled), { "": 0 });
    assert.deepEqual(await sample(metrics.builds), { incomplete: 1, composed: 1 }, "what was decided last, not before");
  });

  it("looks on where one repository cannot be read, and shows its builds as they were", async () => {
    tags = { "okd/okd-coreos-records": recordsOf("a", "b"), "okd/layer-records": recordsOf("c", "d") };
    outcomes = { a: "incomplete", b: "composed", c: "incomplete" };
    await assert.rejects(reconciler.reconcile(), /ECONNREFUSED/);
    unread = ["okd/okd-coreos-records"];
    outcomes = { c: "compose" };
    const failure = "records of okd/okd-coreos-records: the registry answers GET with 503; no registry: ECONNREFUSED";
    await assert.rejects(reconciler.reconcile(), new RegExp(`^Error: ${failure}$`));
    const shown = () => reconciler.builds.map(({ buildId, outcome }) => `${buildId} ${outcome}`).sort();
    assert.deepEqual(shown(), ["a incomplete", "b composed", "c compose"]);
    assert.equal(told.length, 1, "the other repository's build is told of");
    outcomes = {};
    await assert.rejects(reconciler.reconcile());
    assert.deepEqual(shown(), ["a incomplete", "b composed", "c compose"], "nothing is lost by a second failure");
  });

  it("says so where the EventListener takes nothing, and tells it at the next look", async () => {
    tags = { "okd/okd-coreos-records": recordsOf("a") };
    outcomes = { a: "compose" };
    status = 503;
    await reconciler.reconcile();
    assert.deepEqual(lines, [
      {
        level: "error",
        message: "okd-coreos 4.21 build a: the EventListener cannot be told: it answers 503",
      },
    ]);
    status = 202;
    await reconciler.reconcile();
    assert.deepEqual(await sample(metrics.reposts), { sent: 1, failed: 1 });
  });
});
