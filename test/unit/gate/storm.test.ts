import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bundle } from "../../../components/gate/bundle";
import { type Build, listTag } from "../../../components/gate/server/build";
import { signEvent } from "../../../components/gate/server/envelope";
import type { SettingsInput } from "../../../components/gate/server/settings";
import { answering, find, freePort, startRegistry } from "../scripts/machine";
import { FakeRegistry, pushManifest, pushRecord } from "./fake-registry";
import { KEY, recordOf, STREAM } from "./samples";

const ARCHITECTURES = ["amd64", "arm64", "ppc64le", "s390x"] as const;
const wanted = { ...STREAM, architectures: [...ARCHITECTURES], images: ["stream-coreos"] };

/** `OKD_STREAMS_EVENTS=10000 npx mocha test/unit/gate/storm.test.ts` is the large count of a release. */
const EVENTS = Number(process.env.OKD_STREAMS_EVENTS ?? 500);
/** About a third of the events is a repetition; of thousands most are. */
const BUILDS = Math.min(200, Math.round(EVENTS / 1.3 / ARCHITECTURES.length));
const KILLS = 10;

/**
 * Stands for Tekton: hands events to the interceptor as an EventListener does (a failed call is never repeated), creates
 * runs by fixed names, and composes what they say. It keeps only what a cluster would.
 */
class Listener {
  gatePort = 0;
  /** Runs that exist: a name is there once. */
  runs = new Set<string>();
  /** Every composition that really began, by its run's name. */
  composed: string[] = [];
  /** Compositions in the background. */
  working: Promise<unknown>[] = [];
  /** Runs whose creation is to fail once, as where the winner is killed before. */
  failing = new Set<string>();
  constructor(private readonly registry: string) {}

  private readonly server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      response.writeHead(202).end("{}");
      const headers = Object.entries(request.headers).map(([name, value]) => [name, [value]]);
      this.working.push(this.deliver(body, Object.fromEntries(headers) as Record<string, string[]>));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** All that goes on is over, what it began too. */
  async idle(): Promise<void> {
    while (this.working.length > 0) await Promise.all(this.working.splice(0));
  }

  async deliver(body: string, header: Record<string, string[]>): Promise<void> {
    const request = JSON.stringify({ body, header, extensions: {}, interceptor_params: {}, context: {} });
    let answer: { continue: boolean; extensions?: { multiarch: Record<string, string> } };
    try {
      const response = await fetch(`http://127.0.0.1:${this.gatePort}/complete`, { method: "POST", body: request });
      answer = (await response.json()) as typeof answer;
    } catch {
      return; // the gate is down: Triggers logs it and forgets the event
    }
    if (!answer.continue) return;
    const { name, tag, architectures, sources } = answer.extensions!.multiarch as Record<string, string>;
    if (this.failing.delete(name!) || this.runs.has(name!)) return;
    this.runs.add(name!);
    this.composed.push(name!);
    assert.equal(architectures, ARCHITECTURES.join(" "));
    assert.equal(sources!.split(" ").length, 3 * ARCHITECTURES.length);
    await pushManifest(this.registry, "okd/stream-coreos", tag!, {});
  }
}

/** Events of builds, some of them never complete, shuffled and partly repeated. */
function storm(): { events: { build: Build; architecture: (typeof ARCHITECTURES)[number] }[]; complete: Build[] } {
  const builds = Array.from({ length: BUILDS }, (_, index) => ({
    ...{ stream: wanted.stream, version: wanted.version },
    buildId: `20261123-${index}`,
  }));
  const once = builds.flatMap((build, index) =>
    ARCHITECTURES.filter((architecture) => index % 5 !== 0 || architecture !== "s390x").map((architecture) => ({
      build,
      architecture,
    })),
  );
  const repeated = Array.from({ length: EVENTS - once.length }, () => once[Math.floor(Math.random() * once.length)]!);
  const events = [...once, ...repeated];
  for (let index = events.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1));
    [events[index], events[other]] = [events[other]!, events[index]!];
  }
  return { events, complete: builds.filter((_, index) => index % 5 !== 0) };
}

const nameOf = (build: Build): string => `compose-${build.stream}-${listTag(build).replace(".", "-")}`;

/** The gate as it runs in a pod: the bundled program in a process of its own. */
async function spawnGate(folder: string, settings: SettingsInput): Promise<GateProcess> {
  writeFileSync(join(folder, "gate.js"), bundle("main"));
  writeFileSync(join(folder, "settings.json"), JSON.stringify(settings));
  const child = spawn(process.execPath, [join(folder, "gate.js"), join(folder, "settings.json")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((done) =>
    child.once("close", () => {
      done();
    }),
  );
  return new Promise((started, failed) => {
    child.once("close", () => {
      failed(new Error("the gate did not start"));
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { event, ...ports } = JSON.parse(line) as { event: string; port: number; statusPort: number };
      if (event !== "started") return;
      const end = (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
        child.kill(signal);
        return ended;
      };
      started({ ...ports, end });
    });
  });
}

interface GateProcess {
  port: number;
  statusPort: number;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

describe("the gate as a program, with a registry", function () {
  this.timeout(900_000);
  let folder: string;
  let registry: string;
  let stopRegistry: () => void;
  let listener: Listener;
  let url: string;
  let gate: GateProcess | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-storm-"));
    writeFileSync(join(folder, "keys"), KEY);
    if (find("registry", "docker-registry")) {
      registry = `127.0.0.1:${await freePort()}`;
      mkdirSync(join(folder, "data"));
      const child = startRegistry(join(folder, "data"), registry);
      stopRegistry = () => child.kill();
      await answering(`http://${registry}/v2/`);
    } else {
      console.log("      with a registry of the test's own: no real one (apt-get install docker-registry)");
      const fake = await new FakeRegistry().start();
      registry = fake.address;
      stopRegistry = () => {
        fake.stop();
      };
    }
    // The parts of all manifests, so that pushes at one time do not race for them.
    for (const repository of [wanted.records, "stream-coreos"]) {
      await pushManifest(registry, `okd/${repository}`, "first", {});
    }
    listener = new Listener(registry);
    url = await listener.start();
  });
  afterEach(async () => {
    await gate?.end("SIGTERM");
    gate = undefined;
    listener.stop();
    stopRegistry();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startGate(reconcileSeconds: number): Promise<void> {
    gate = await spawnGate(folder, {
      registry: { address: registry, path: "okd", insecure: true },
      streams: [wanted],
      keys: join(folder, "keys"),
      eventListener: url,
      ...{ port: 0, statusPort: 0, reconcileSeconds },
    });
    listener.gatePort = gate.port;
  }
  const push = (build: Build, architecture: string) =>
    pushRecord(registry, build, {
      ...recordOf(architecture, build, wanted.images),
      created: new Date().toISOString(),
    });
  async function send(build: Build, architecture: string): Promise<void> {
    const body = JSON.stringify({ schema: 1, type: "build-finished", ...build, architecture });
    await fetch(url, { method: "POST", body, headers: signEvent(body, KEY, new Date()) });
  }
  /** How many builds were decided how, at the last look. */
  async function outcomes(): Promise<Record<string, number>> {
    const response = await fetch(`http://127.0.0.1:${gate!.statusPort}/builds`);
    const { builds } = (await response.json()) as { builds: { outcome: string }[] };
    const counts: Record<string, number> = {};
    for (const { outcome } of builds) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  }
  async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let wait = 0; !(await condition()); wait++) {
      if (wait > 600) assert.fail(`not in time: ${what}`);
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  it(`composes every complete build once and no other: ${EVENTS} events, shuffled, repeated, the gate killed ${KILLS} times`, async () => {
    await startGate(3600);
    const { events, complete } = storm();
    const kills = new Set(Array.from({ length: KILLS }, (_, n) => Math.floor(((n + 1) * events.length) / (KILLS + 1))));
    const start = Date.now();
    for (let index = 0; index < events.length; index += 20) {
      const batch = events.slice(index, index + 20);
      const killed = batch.some((_, offset) => kills.has(index + offset)) && gate!.end("SIGKILL");
      // A record is there before its event is sent, and only then.
      await Promise.all(
        batch.map(async ({ build, architecture }) => {
          await push(build, architecture);
          await send(build, architecture);
        }),
      );
      if (killed) {
        await killed; // nothing is handed over
        await startGate(3600);
      }
    }
    await listener.idle();
    console.log(
      `      ${EVENTS} events in ${((Date.now() - start) / 1000).toFixed(1)} s, all pushes and new starts included`,
    );
    const lost = complete.filter((build) => !listener.runs.has(nameOf(build))).length;

    await gate!.end("SIGKILL");
    await startGate(1);
    await until(async () => (await outcomes()).composed === complete.length, "every complete build is composed");
    await listener.idle();
    assert.deepEqual([...listener.composed].sort(), complete.map(nameOf).sort());
    assert.deepEqual(await outcomes(), { composed: complete.length, incomplete: BUILDS - complete.length });
    assert.ok(lost > 0 || EVENTS > 1000, "a gate that is killed loses events");
    console.log(`      ${lost} builds whose events were lost to kills were made good by looks at the registry`);
  });

  it("makes a lost event good, and a run that was never created; what was composed and pruned is not created again", async () => {
    const build = { stream: wanted.stream, version: wanted.version, buildId: "20261123-lost" };
    for (const architecture of ARCHITECTURES) await push(build, architecture);
    listener.failing.add(nameOf(build));
    await startGate(0.4);
    await until(() => listener.composed.length > 0, "the second attempt");
    assert.equal(listener.failing.size, 0, "the first creation failed");
    assert.deepEqual(listener.composed, [nameOf(build)]);
    await listener.idle();

    listener.runs.clear();
    for (const architecture of ARCHITECTURES) await send(build, architecture);
    await until(async () => (await outcomes()).composed === 1, "it counts as composed");
    await listener.idle();
    assert.deepEqual(listener.composed, [nameOf(build)]);
  });
});
