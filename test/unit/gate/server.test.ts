import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BuildRecord,
  RECORD_ANNOTATION,
  recordTag,
  SIGNATURE_ANNOTATION,
} from "../../../components/programs/events/build";
import { signEvent } from "../../../components/programs/events/envelope";
import { type RunningServer, startServer } from "../../../components/programs/gate/server";
import { type SettingsInput, settingsSchema } from "../../../components/programs/gate/settings";
import type { BuildsAnswer } from "../../../components/programs/gate/table";
import { FakeRegistry, pushManifest, pushRecord, signedRecord } from "./fake-registry";
import { BUILD, KEY, newRecordKey, RECORD_KEY, recordOf, STREAM } from "./samples";

interface Reply {
  continue: boolean;
  status: { code: number; message: string };
  extensions?: { multiarch: Record<string, string> };
}

/** Longer than any test may last: on a busy machine too, a registry that works is waited for. */
const NEVER = 600_000;
const NAME = "okd-coreos 4.21 build 20261123-ab12";
const EVENT = { schema: 1, type: "build-finished", ...BUILD, architecture: "arm64" };
/** Of now: the server has the machine's time. */
const record = (architecture: string, changes: Partial<BuildRecord> = {}): BuildRecord => ({
  ...recordOf(architecture),
  created: new Date().toISOString(),
  ...changes,
});

describe("the gate's server", () => {
  let fake: FakeRegistry;
  let folder: string;
  let server: RunningServer;
  let lines: { level: string; fields: Record<string, unknown> }[];

  beforeEach(async () => {
    fake = await new FakeRegistry().start();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-gate-"));
    writeFileSync(join(folder, "keys"), `${KEY}\n`);
    writeFileSync(join(folder, "record-key"), RECORD_KEY.publicKey);
    lines = [];
    await start();
  });
  afterEach(async () => {
    fake.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(changes: Partial<SettingsInput> = {}): Promise<void> {
    const settings = settingsSchema.parse({
      registry: { address: fake.address, path: "okd", insecure: true },
      streams: [STREAM],
      keys: join(folder, "keys"),
      recordKeys: [{ file: join(folder, "record-key"), architectures: STREAM.architectures }],
      port: 0,
      statusPort: 0,
      reconcileSeconds: 3600,
      deadlineMs: NEVER,
      ...changes,
    });
    server = await startServer(settings, (level, fields) => lines.push({ level, fields }));
    // Its first look is over: what the registry is asked for from here on, a test has brought about.
    while (server.reconciler.looked === undefined) await new Promise((next) => setTimeout(next, 1));
  }

  async function post(path: string, body: string): Promise<Reply> {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: "POST", body });
    assert.equal(response.status, 200, "Triggers takes nothing else for an answer");
    return (await response.json()) as Reply;
  }

  /** What Triggers sends for an event. */
  function request(event: unknown, { params = {}, headers }: { params?: object; headers?: object } = {}): string {
    const body = typeof event === "string" ? event : JSON.stringify(event);
    const signed = Object.entries(signEvent(body, KEY, new Date())).map(([name, value]) => [name, [value]]);
    return JSON.stringify({
      body,
      header: headers ?? { ...(Object.fromEntries(signed) as object), "Content-Type": ["application/json"] },
      extensions: {},
      interceptor_params: params,
      context: { event_url: "/", event_id: "1", trigger_id: "namespaces/okd-coreos/triggers/compose" },
    });
  }
  const complete = (event: unknown = EVENT) => post("/complete", request(event));

  async function metric(outcome: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${server.statusPort}/metrics`)).text();
    const line = new RegExp(`^okd_streams_gate_judgements_total\\{outcome="${outcome}"\\} (\\d+)$`, "m").exec(text);
    return Number(line?.[1]);
  }

  it("holds a build back until all architectures have left their records, then names what to compose", async () => {
    await pushRecord(fake.address, BUILD, record("amd64"));
    assert.deepEqual(await complete({ ...EVENT, architecture: "amd64" }), {
      continue: false,
      status: { code: 9, message: `${NAME}: arm64 is missing` },
    });
    const digest = await pushRecord(fake.address, BUILD, record("arm64"));
    assert.deepEqual(await complete({ ...EVENT, record: digest }), {
      continue: true,
      status: { code: 0, message: `${NAME}: all of amd64, arm64 are there` },
      extensions: {
        multiarch: {
          ...BUILD,
          name: "compose-okd-coreos-4-21-20261123-ab12",
          tag: "4.21-20261123-ab12",
          label: "4.21",
          architectures: "amd64 arm64",
          sources: [
            `okd/stream-coreos amd64 ${recordOf("amd64").images["stream-coreos"]}`,
            `okd/stream-coreos arm64 ${recordOf("arm64").images["stream-coreos"]}`,
            `okd/stream-coreos-base amd64 ${recordOf("amd64").images["stream-coreos-base"]}`,
            `okd/stream-coreos-base arm64 ${recordOf("arm64").images["stream-coreos-base"]}`,
          ].join(" "),
          bootImages: "",
        },
      },
    });
    assert.deepEqual([await metric("incomplete"), await metric("compose")], [1, 1]);
  });

  it("says no once the lists exist, also after records were pruned", async () => {
    for (const architecture of STREAM.architectures) await pushRecord(fake.address, BUILD, record(architecture));
    assert.equal((await complete()).continue, true);
    for (const image of STREAM.images) await pushManifest(fake.address, `okd/${image}`, "4.21-20261123-ab12", {});
    const done = { continue: false, status: { code: 6, message: `${NAME}: its manifest lists are in the registry` } };
    assert.deepEqual(await complete(), done);
    for (const key of fake.manifests.keys()) if (key.includes("records")) fake.manifests.delete(key);
    assert.deepEqual(await complete(), done);
  });

  it("repeats 'not complete' without a look, but never to the event that is waited for, and never 'complete'", async () => {
    await pushRecord(fake.address, BUILD, record("amd64"));
    const amd64 = { ...EVENT, architecture: "amd64" };
    await complete(amd64);
    const before = fake.requests.length;
    assert.equal((await complete(amd64)).status.code, 9);
    assert.equal(fake.requests.length, before, "a repetition costs no request");

    await pushRecord(fake.address, BUILD, record("arm64"));
    assert.equal((await complete()).continue, true);
    const complete1 = fake.requests.length;
    assert.equal((await complete()).continue, true);
    assert.ok(fake.requests.length > complete1);
    fake.behaviour = "failing";
    assert.equal((await complete()).status.code, 14);
  });

  for (const [behaviour, changes] of [
    ["hanging", { deadlineMs: 50 }],
    ["failing", {}],
    ["babbling", {}],
  ] as const) {
    it(`answers and creates nothing where the registry is ${behaviour}`, async () => {
      await server.stop();
      await start(changes);
      for (const architecture of STREAM.architectures) await pushRecord(fake.address, BUILD, record(architecture));
      fake.behaviour = behaviour;
      const answers = await Promise.all(Array.from({ length: 50 }, () => complete()));
      assert.ok(answers.every((answer) => !answer.continue && answer.status.code === 14));
      assert.equal(await metric("unavailable"), 50);
    });
  }

  it("composes nothing of a stranger's records, of a spoke's in the name of others, or of those of before they were signed", async () => {
    const spoke = newRecordKey();
    writeFileSync(join(folder, "spoke-key"), spoke.publicKey);
    const own = { file: join(folder, "record-key"), architectures: ["amd64"] };
    const recordKeys = [own, { file: join(folder, "spoke-key"), architectures: ["arm64"] }];
    const leave = (architecture: string, annotations: Record<string, string>) =>
      pushManifest(fake.address, `okd/${STREAM.records}`, recordTag(BUILD, architecture), annotations);
    const signed = (architecture: string, key: string) => signedRecord(record(architecture), key);
    await leave("amd64", signed("amd64", RECORD_KEY.privateKey));
    const { [RECORD_ANNOTATION]: text = "", [SIGNATURE_ANNOTATION]: signature = "" } = signed(
      "arm64",
      spoke.privateKey,
    );
    const attacks: [annotations: Record<string, string>, says: string][] = [
      [
        { [RECORD_ANNOTATION]: text },
        "is not signed: a stranger's, or of before records were; ask for the build again",
      ],
      [signed("arm64", newRecordKey().privateKey), "is signed by no key that may speak for that architecture"],
      [signed("arm64", RECORD_KEY.privateKey), "is signed by no key that may speak for that architecture"],
      [
        { [RECORD_ANNOTATION]: text.replace(/sha256:./, "sha256:f"), [SIGNATURE_ANNOTATION]: signature },
        "is signed by no key that may speak for that architecture",
      ],
    ];
    for (const [annotations, says] of attacks) {
      await leave("arm64", annotations);
      await server.stop();
      await start({ recordKeys });
      const answer = await complete();
      assert.deepEqual([answer.continue, answer.status.code], [false, 9]);
      assert.ok(answer.status.message.endsWith(`the record of arm64 ${says}`), answer.status.message);
      assert.equal(await metric("unsigned-record"), 1);
    }
    // A spoke's key under the tag of an architecture that is not its own.
    await leave("arm64", signed("arm64", spoke.privateKey));
    await leave("amd64", signed("amd64", spoke.privateKey));
    await server.stop();
    await start({ recordKeys });
    assert.match((await complete()).status.message, /the record of amd64 is signed by no key that may speak for/);
    await leave("amd64", signed("amd64", RECORD_KEY.privateKey));
    await server.stop();
    await start({ recordKeys });
    assert.equal((await complete()).continue, true);
  });

  it("lets other clusters say that a run has ended, and nothing else", async () => {
    await server.stop();
    writeFileSync(join(folder, "spoke"), "its key\n");
    await start({ otherKeys: [join(folder, "spoke"), join(folder, "not-there")] });
    const told = (path: string, event: object, key: string) =>
      post(path, request(event, { headers: asHeader(signEvent(JSON.stringify(event), key, new Date())) }));
    assert.equal((await told("/complete", EVENT, "its key")).status.code, 9);
    assert.equal((await told("/complete", EVENT, KEY)).status.code, 9);
    assert.equal((await told("/complete", EVENT, "another's")).status.code, 16);
    const asking = { ...EVENT, type: "build-requested" };
    assert.equal((await told("/signature", asking, KEY)).continue, true);
    assert.equal((await told("/signature", asking, "its key")).status.code, 16);
  });

  it("has its deadline from the contract: three seconds with all else", () => {
    const { deadlineMs } = settingsSchema.parse({
      ...{ registry: { address: "x", path: "", insecure: false }, streams: [], keys: "k" },
      ...{ port: 0, statusPort: 0, reconcileSeconds: 60 },
    });
    assert.ok(deadlineMs <= 2_500);
  });

  const refusals: [name: string, outcome: string, code: number, path: string, body: () => string][] = [
    ["unsigned", "unsigned", 16, "/complete", () => request(EVENT, { headers: {} })],
    [
      "signed by another key",
      "wrongly-signed",
      16,
      "/complete",
      () => request(EVENT, { headers: asHeader(signEvent(JSON.stringify(EVENT), "another", new Date())) }),
    ],
    [
      "signed for another body",
      "wrongly-signed",
      16,
      "/signature",
      () => request(EVENT, { headers: asHeader(signEvent("{}", KEY, new Date())) }),
    ],
    [
      "replayed after the window",
      "outside-window",
      16,
      "/complete",
      () =>
        request(EVENT, {
          headers: asHeader(signEvent(JSON.stringify(EVENT), KEY, new Date(Date.now() - 301_000))),
        }),
    ],
    ["oversized", "oversized", 16, "/complete", () => request({ ...EVENT, x: "x".repeat(65 * 1024) })],
    ["oversized beyond reading", "oversized", 3, "/complete", () => request({ x: "x".repeat(1024 * 1024) })],
    ["not JSON", "invalid", 3, "/complete", () => request("{")],
    ["not an object", "invalid", 3, "/complete", () => request("[]")],
    ["of another schema", "invalid", 3, "/complete", () => request({ ...EVENT, schema: 2 })],
    ["of an unknown type", "unknown-type", 3, "/signature", () => request({ ...EVENT, type: "joke" })],
    [
      "of a type for another Trigger",
      "other-type",
      9,
      "/complete",
      () => request({ ...EVENT, type: "build-requested" }),
    ],
    [
      "of a type that the parameter does not name",
      "other-type",
      9,
      "/signature",
      () => request(EVENT, { params: { type: "build-requested" } }),
    ],
    ["with a broken field", "invalid", 3, "/complete", () => request({ ...EVENT, buildId: "../x" })],
    ["of a strange architecture", "invalid", 3, "/complete", () => request({ ...EVENT, architecture: "pdp11" })],
    [
      "of an unwanted architecture",
      "unknown-architecture",
      3,
      "/complete",
      () => request({ ...EVENT, architecture: "s390x" }),
    ],
    ["of an unknown version", "foreign", 3, "/complete", () => request({ ...EVENT, version: "4.99" })],
    ["of an unknown stream", "foreign", 3, "/complete", () => request({ ...EVENT, stream: "elsewhere" })],
    ["no request of Triggers", "invalid", 3, "/complete", () => "hello"],
  ];
  for (const [name, outcome, code, path, body] of refusals) {
    it(`refuses an event that is ${name}: counted, logged without its content, nothing created`, async () => {
      for (const architecture of STREAM.architectures) await pushRecord(fake.address, BUILD, record(architecture));
      assert.equal(await metric(outcome), 0);
      const answer = await post(path, body());
      assert.deepEqual([answer.continue, answer.status.code, answer.extensions], [false, code, undefined]);
      assert.equal(await metric(outcome), 1);
      const [line] = lines.filter(({ fields }) => fields.event === "judgement");
      assert.deepEqual([line?.level, line?.fields.outcome], [outcome === "other-type" ? "info" : "warn", outcome]);
      assert.doesNotMatch(JSON.stringify(line), /joke|pdp11|xxx|another"|\.\.\/x/);
    });
  }

  it("lets signed events of a Trigger's type pass, again and again", async () => {
    const event = { schema: 1, type: "build-requested", stream: "okd-coreos", version: "4.21" };
    for (let time = 0; time < 2; time++) {
      const answer = await post("/signature", request(event, { params: { type: "build-requested" } }));
      assert.deepEqual(answer, {
        continue: true,
        status: { code: 0, message: "a signed event of type build-requested" },
      });
    }
    assert.equal(await metric("verified"), 2);
  });

  it("answers on no other path", async () => {
    for (const [path, method] of [
      ["/", "POST"],
      ["/complete", "GET"],
    ]) {
      const { status } = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
      assert.equal(status, 404);
    }
  });

  it("is healthy and ready, and shows builds", async () => {
    await pushRecord(fake.address, BUILD, record("amd64"));
    await server.reconciler.reconcile();
    const get = (path: string) => fetch(`http://127.0.0.1:${server.statusPort}${path}`);
    assert.equal((await get("/health")).status, 200);
    assert.equal((await get("/ready")).status, 200);
    assert.equal((await get("/nothing")).status, 404);
    const { looked, streams, builds } = (await (await get("/builds")).json()) as BuildsAnswer;
    assert.ok(Date.parse(looked!) <= Date.now());
    assert.deepEqual(streams, [{ stream: "okd-coreos", version: "4.21", architectures: STREAM.architectures }]);
    assert.deepEqual(
      builds.map(({ buildId, arrived, missing, outcome }) => ({ buildId, arrived, missing, outcome })),
      [{ buildId: BUILD.buildId, arrived: ["amd64"], missing: ["arm64"], outcome: "incomplete" }],
    );
  });

  it("is not ready without a key, and lets no event pass", async () => {
    writeFileSync(join(folder, "keys"), "\n");
    await server.stop();
    await start();
    assert.equal((await fetch(`http://127.0.0.1:${server.statusPort}/ready`)).status, 503);
    assert.equal((await complete()).status.code, 16);
  });
});

function asHeader(headers: Record<string, string>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
}
