import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Build, compositionName } from "../../../components/programs/events/build";
import { signEvent } from "../../../components/programs/events/envelope";
import { count } from "../../counts";
import { pushManifest, pushRecord } from "../../unit/gate/fake-registry";
import { KEY, RECORD_KEY, recordOf, STREAM } from "../../unit/gate/samples";
import { answering, freePort, requireTools, startRegistry } from "../../unit/scripts/machine";
import { Listener } from "./listener";
import { type GateProcess, spawnGate, writeGate } from "./process";

const ARCHITECTURES = ["amd64", "arm64", "ppc64le", "s390x"] as const;
const wanted = { ...STREAM, architectures: [...ARCHITECTURES], images: ["stream-coreos"] };

const EVENTS = count(500, 10_000);
/** About a third of the events is a repetition; of thousands most are. */
const BUILDS = Math.min(200, Math.round(EVENTS / 1.3 / ARCHITECTURES.length));
const KILLS = 10;
const REPLICAS = 2;
/** Longer than a test lasts: what is composed, events brought about. */
const NEVER = 3600;

interface Event {
  build: Build;
  architecture: (typeof ARCHITECTURES)[number];
}

const buildOf = (buildId: string): Build => ({ stream: wanted.stream, version: wanted.version, buildId });

/** Events of builds, a fifth of which is never complete, shuffled and partly repeated. */
function storm(): { events: Event[]; complete: Build[] } {
  const builds = Array.from({ length: BUILDS }, (_, index) => buildOf(`20261123-${index}`));
  const complete = builds.filter((_, index) => index % 5 !== 0);
  const once = builds.flatMap((build) =>
    ARCHITECTURES.filter((architecture) => complete.includes(build) || architecture !== "s390x").map(
      (architecture) => ({ build, architecture }),
    ),
  );
  const repeated = Array.from({ length: EVENTS - once.length }, () => once[Math.floor(Math.random() * once.length)]!);
  const events = [...once, ...repeated];
  for (let index = events.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1));
    [events[index], events[other]] = [events[other]!, events[index]!];
  }
  return { events, complete };
}

describe("the gate as a program, in replicas, with a registry", function () {
  this.timeout(900_000);
  let folder: string;
  let registry: string;
  let registryProcess: ChildProcess | undefined;
  let listener: Listener;
  let gates: GateProcess[];

  before(function () {
    requireTools(this, "docker-registry");
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-storm-"));
    writeFileSync(join(folder, "keys"), KEY);
    writeFileSync(join(folder, "record-key"), RECORD_KEY.publicKey);
    registry = `127.0.0.1:${await freePort()}`;
    registryProcess = startRegistry(folder, registry);
    await answering(`http://${registry}/v2/`);
    // The parts of all manifests, so that pushes at one time do not race for them.
    for (const repository of [wanted.records, "stream-coreos"]) {
      await pushManifest(registry, `okd/${repository}`, "first", {});
    }
    gates = [];
    listener = new Listener(registry, ARCHITECTURES);
    await listener.start();
  });
  afterEach(async () => {
    registryProcess?.kill("SIGCONT");
    await Promise.all(gates.map((gate) => gate.end("SIGTERM")));
    await listener.stop();
    registryProcess?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** All replicas anew, with nothing handed over. */
  async function startGates(reconcileSeconds: number): Promise<void> {
    await Promise.all(gates.map((gate) => gate.end("SIGKILL")));
    writeGate(folder, {
      registry: { address: registry, path: "okd", insecure: true },
      streams: [wanted],
      keys: join(folder, "keys"),
      recordKeys: [{ file: join(folder, "record-key"), architectures: [...ARCHITECTURES] }],
      eventListener: listener.url,
      reconcileSeconds,
    });
    gates = await Promise.all(Array.from({ length: REPLICAS }, () => spawnGate(folder)));
    listener.gates = gates.map(({ port }) => port);
  }
  async function replace(index: number): Promise<void> {
    await gates[index]!.end("SIGKILL");
    gates[index] = await spawnGate(folder);
    listener.gates = gates.map(({ port }) => port);
  }
  const push = (build: Build, architecture: string) =>
    pushRecord(registry, build, {
      ...recordOf(architecture, build, wanted.images),
      created: new Date().toISOString(),
    });
  async function send({ build, architecture }: Event): Promise<void> {
    const body = JSON.stringify({ schema: 1, type: "build-finished", ...build, architecture });
    await fetch(listener.url, { method: "POST", body, headers: signEvent(body, KEY, new Date()) });
  }
  const status = async (gate: GateProcess, path: string) =>
    (await fetch(`http://127.0.0.1:${gate.statusPort}${path}`)).text();
  /** How many builds were decided how at the last look, as each replica says. */
  async function outcomes(): Promise<Record<string, number>[]> {
    const texts = await Promise.all(gates.map((gate) => status(gate, "/builds")));
    return texts.map((text) => {
      const counts: Record<string, number> = {};
      const { builds } = JSON.parse(text) as { builds: { outcome: string }[] };
      for (const { outcome } of builds) counts[outcome] = (counts[outcome] ?? 0) + 1;
      return counts;
    });
  }
  const composedCount = async () => Math.min(...(await outcomes()).map(({ composed = 0 }) => composed));
  async function metric(name: string): Promise<number> {
    const texts = await Promise.all(gates.map((gate) => status(gate, "/metrics")));
    const lines = texts.flatMap((text) => text.split("\n").filter((line) => line.startsWith(`${name} `)));
    return lines.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
  }
  async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let wait = 0; !(await condition()); wait++) {
      if (wait > 1_200) assert.fail(`not in time: ${what}`);
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  it(`composes every complete build once and no other: ${EVENTS} events, shuffled, repeated, gates killed ${KILLS} times`, async () => {
    await startGates(NEVER);
    const { events, complete } = storm();
    const kills = Array.from({ length: KILLS }, (_, n) => Math.floor(((n + 1) * events.length) / (KILLS + 1)));
    const pushed = new Map<string, Promise<string>>();
    const start = Date.now();
    for (let index = 0; index < events.length; index += 20) {
      const kill = kills.findIndex((at) => at >= index && at < index + 20);
      const batch = Promise.all(
        events.slice(index, index + 20).map(async (event) => {
          // A record is there before its event is sent, and only then.
          const tag = `${event.build.buildId} ${event.architecture}`;
          if (!pushed.has(tag)) pushed.set(tag, push(event.build, event.architecture));
          await pushed.get(tag);
          await send(event);
        }),
      );
      if (kill % 5 === 4)
        await startGates(NEVER); // all at once
      else if (kill >= 0) await replace(kill % REPLICAS);
      await batch;
    }
    await listener.idle();
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    const late = complete.filter((build) => !listener.runs.has(compositionName(build))).length;
    assert.ok(listener.lost > 0, "a gate that is killed loses events");

    await startGates(1);
    await until(async () => (await composedCount()) === complete.length, "every complete build is composed");
    await listener.idle();
    assert.deepEqual([...listener.composed].sort(), complete.map((build) => compositionName(build)).sort());
    const expected = { composed: complete.length, incomplete: BUILDS - complete.length };
    assert.deepEqual(await outcomes(), [expected, expected]);
    console.log(
      `      ${EVENTS} events of ${BUILDS} builds in ${seconds} s with all pushes and new starts, ${listener.lost} lost to kills; ` +
        `${late} of ${complete.length} lists were made by the look at the registry that followed`,
    );
  });

  it("makes the last event good that was lost, and a run that was never created", async () => {
    const build = buildOf("20261123-lost");
    for (const architecture of ARCHITECTURES) await push(build, architecture);
    listener.failing.add(compositionName(build));
    await startGates(0.4);
    await until(() => listener.composed.length > 0, "the second attempt");
    assert.equal(listener.failing.size, 0, "the first creation failed");
    await until(async () => (await composedCount()) === 1, "it counts as composed");
    await listener.idle();
    assert.deepEqual(listener.composed, [compositionName(build)]);
  });

  it("composes once what was complete while the EventListener was down", async () => {
    const build = buildOf("20261123-down");
    await listener.stop();
    for (const architecture of ARCHITECTURES) await push(build, architecture);
    await startGates(0.4);
    await until(
      async () => (await metric('okd_streams_gate_reposts_total{result="failed"}')) > 0,
      "nobody takes the event",
    );
    await listener.start();
    await until(async () => (await composedCount()) === 1, "it counts as composed");
    await listener.idle();
    assert.deepEqual(listener.composed, [compositionName(build)]);
  });

  it("creates nothing of duplicates after the run, and then the records too, were pruned", async () => {
    const build = buildOf("20261123-pruned");
    const duplicates = [...ARCHITECTURES, ...ARCHITECTURES].map((architecture) => ({ build, architecture }));
    await startGates(0.4);
    const digests: string[] = [];
    for (const architecture of ARCHITECTURES) digests.push(await push(build, architecture));
    for (const architecture of ARCHITECTURES) await send({ build, architecture });
    await until(async () => (await composedCount()) === 1, "it is composed");
    await listener.idle();
    const pruneRuns = () => Promise.resolve(listener.runs.clear());
    const pruneRecords = async () => {
      const manifests = `http://${registry}/v2/okd/${wanted.records}/manifests`;
      for (const digest of digests) {
        assert.equal((await fetch(`${manifests}/${digest}`, { method: "DELETE" })).status, 202);
        assert.equal((await fetch(`${manifests}/${digest}`)).status, 404);
      }
    };
    for (const prune of [pruneRuns, pruneRecords]) {
      await prune();
      await startGates(NEVER); // which have seen nothing
      await Promise.all(duplicates.map(send));
      await listener.idle();
      assert.equal(await metric('okd_streams_gate_judgements_total{outcome="composed"}'), duplicates.length);
      assert.deepEqual(listener.composed, [compositionName(build)]);
    }
  });

  it("answers in time while the registry hangs, and composes once when it goes on", async () => {
    const build = buildOf("20261123-hanging");
    for (const architecture of ARCHITECTURES) await push(build, architecture);
    registryProcess!.kill("SIGSTOP");
    await startGates(0.4); // only now: a look at the records would tell of them again
    await Promise.all(Array.from({ length: 100 }, () => send({ build, architecture: "s390x" })));
    await listener.idle();
    // Each by the deadline that the unit tests hold against Triggers' own.
    assert.equal(listener.unavailable, 100);
    assert.deepEqual(listener.composed, []);
    registryProcess!.kill("SIGCONT");
    await until(async () => (await composedCount()) === 1, "it is composed");
    await listener.idle();
    assert.deepEqual(listener.composed, [compositionName(build)]);
  });
});
