import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { renderInterceptors } from "../../components/gate/objects";
import { recordTag } from "../../components/programs/events/build";
import { signEvent } from "../../components/programs/events/envelope";
import type { GateStream } from "../../components/programs/gate/settings";
import { type GateProcess, spawnGate, writeGate } from "../services/gate/process";
import { pushManifest, signedRecord } from "../unit/gate/fake-registry";
import { KEY, RECORD_KEY, recordOf } from "../unit/gate/samples";
import { find, startEmptyRegistry } from "../unit/scripts/machine";
import { type Certificate, lackingTriggers, Triggers } from "./triggers";

// Events per second through a real EventListener of Tekton Triggers: by what Triggers has itself, and by the gate in its
// place. Either lets the same events pass, and nothing works on the runs that these create.

const NAMESPACE = "okd-coreos";
/** Architectures whose records are there before a round, and the one whose record makes a build complete. */
const EARLY = ["amd64", "arm64", "ppc64le"];
const LAST = "s390x";
const STREAM: GateStream = {
  ...{
    stream: "okd-coreos",
    version: "4.21",
    label: "4.21",
    records: "okd-coreos-records",
    expireAfterHours: 24,
    rehearsal: false,
  },
  architectures: [...EARLY, LAST],
  images: ["stream-coreos-base", "stream-coreos", "stream-coreos-extensions"],
};
const TIMES = 3;
const PUSHES_AT_A_TIME = 16;
/** Builds whose events are under way. */
const BUILDS_AT_A_TIME = 20;
/** More than Triggers gives an interceptor: what is not there by then never comes. */
const RUN_MS = 60_000;

/** An EventListener creates five objects a second by default, which would hide what decides about them. */
const UNLIMITED = { KUBE_API_QPS: "1000", KUBE_API_BURST: "2000" };

/** EventListeners by name: what decides which event creates a run, and where the run's name comes from. */
const LISTENERS = {
  alone: {
    interceptors: [{ ref: { name: "cel" }, params: [{ name: "filter", value: "body.passes" }] }],
    name: "$(body.buildId)",
  },
  gate: {
    interceptors: [{ ref: { name: "complete-build", kind: "NamespacedInterceptor" } }],
    name: "$(extensions.multiarch.name)",
  },
};
type Listener = keyof typeof LISTENERS;

/** How many events each build has, and how many builds: of one event each, the gate can repeat nothing. */
const COMPARISONS = [
  { events: 50, builds: 40 },
  { events: 10, builds: 80 },
  { events: 1, builds: 200 },
];

interface Round {
  /** Label of the runs, and part of the ids of its builds. */
  name: string;
  events: number;
  builds: number;
}

/** What of it this machine cannot run; nothing where it can. */
export function lackingEvents(): string | undefined {
  if (!find("registry", "docker-registry")) return "no registry (apt-get install docker-registry)";
  return lackingTriggers();
}

export async function benchEvents(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "okd-streams-events-"));
  const localhost = await Triggers.credentials();
  const triggers = new Triggers(folder, localhost);
  const registry = await startEmptyRegistry(folder);
  let gate: GateProcess | undefined;
  try {
    await triggers.start();
    gate = await startGate(triggers, localhost, registry.address);
    await triggers.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } }]);
    await triggers.apply([...renderGateInterceptor(localhost.certificate, gate.port), ...renderListeners(), TEMPLATE]);
    const urls = {} as Record<Listener, string>;
    for (const name of Object.keys(LISTENERS) as Listener[]) {
      urls[name] = await triggers.listen(name, NAMESPACE, UNLIMITED);
    }
    for (const { events, builds } of COMPARISONS) {
      const rates: Record<Listener, number[]> = { alone: [], gate: [] };
      for (let time = 0; time < TIMES; time++) {
        for (const listener of ["alone", "gate"] as const) {
          const round = { name: `${listener}-${events}-${time}`, events, builds };
          await leaveRecords(registry.address, round);
          rates[listener].push(await runRound(triggers, registry.address, urls[listener], round));
        }
      }
      const [alone, byGate] = [median(rates.alone), median(rates.gate)];
      row(`events, ${events} of each build: EventListener alone, by its filter`, alone, "");
      row(
        `events, ${events} of each build: by the gate`,
        byGate,
        `${(byGate / alone).toFixed(2)} × alone, wanted: 0.50`,
      );
    }
  } finally {
    await gate?.end("SIGKILL");
    await triggers.stop();
    registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Its interceptor speaks TLS as in a cluster. */
function startGate(triggers: Triggers, localhost: Certificate, registry: string): Promise<GateProcess> {
  const { folder } = triggers;
  const tls = {
    certificate: triggers.write("tls.crt", localhost.certificate),
    key: triggers.write("tls.key", localhost.privateKey),
  };
  const keys = triggers.write("keys", KEY);
  const recordKeys = [{ file: triggers.write("record-key", RECORD_KEY.publicKey), architectures: [...EARLY, LAST] }];
  // Its own looks at the registry would be more than what events ask for.
  writeGate(folder, {
    ...{ registry: { address: registry, path: "okd", insecure: true }, streams: [STREAM], keys, recordKeys, tls },
    reconcileSeconds: 86_400,
  });
  return spawnGate(folder);
}

/**
 * Each build's last architecture leaves its record after all other events, and tells of it: that event creates the run.
 *
 * @returns events per second, from the first that is sent to the last run that is there
 */
async function runRound(triggers: Triggers, registry: string, url: string, round: Round): Promise<number> {
  const runs = new Runs(triggers, round.name);
  const agent = new http.Agent({ keepAlive: true });
  let next = 0;
  const sendBuilds = async (): Promise<void> => {
    while (next < round.builds) {
      const buildId = buildIdOf(round, next++);
      for (let event = 1; event < round.events; event++) {
        await post(url, agent, eventOf(round, buildId, EARLY[event % EARLY.length]!));
      }
      await leaveRecord(registry, buildId, LAST);
      await post(url, agent, eventOf(round, buildId, LAST));
      await runs.created(buildId);
    }
  };
  try {
    const start = performance.now();
    await Promise.all(Array.from({ length: BUILDS_AT_A_TIME }, sendBuilds));
    return (round.builds * round.events) / ((performance.now() - start) / 1000);
  } finally {
    runs.close();
    agent.destroy();
    await triggers.kubectl("-n", NAMESPACE, "delete", "pipelinerun", "--all", "--wait=false");
  }
}

/** The runs of a round, as they come to be. */
class Runs {
  private readonly watch: ReturnType<Triggers["watch"]>;
  private readonly seen = new Set<string>();
  private readonly waiting = new Map<string, () => void>();

  constructor(
    triggers: Triggers,
    private readonly round: string,
  ) {
    this.watch = triggers.watch("-n", NAMESPACE, "pipelinerun", "-l", `bench=${round}`);
    createInterface({ input: this.watch.stdout }).on("line", (line) => {
      const id = line.slice(line.lastIndexOf(`${round}-`));
      this.seen.add(id);
      this.waiting.get(id)?.();
    });
  }

  /** @throws Error where it never comes: its event was lost */
  created(id: string): Promise<void> {
    if (this.seen.has(id)) return Promise.resolve();
    return new Promise((done, failed) => {
      const late = setTimeout(() => {
        failed(new Error(`${this.round}: no run of ${id} within ${RUN_MS / 1000} s, of ${this.seen.size} before`));
      }, RUN_MS);
      this.waiting.set(id, () => {
        clearTimeout(late);
        done();
      });
    });
  }

  close(): void {
    this.watch.kill();
  }
}

function eventOf({ name }: Round, buildId: string, architecture: string): string {
  const { stream, version } = STREAM;
  return JSON.stringify({
    ...{ schema: 1, type: "build-finished", stream, version, buildId, architecture },
    ...{ round: name, passes: architecture === LAST },
  });
}

const buildIdOf = ({ name }: Round, index: number): string => `${name}-${index}`;

function post(url: string, agent: http.Agent, body: string): Promise<void> {
  const headers = { "content-type": "application/json", ...signEvent(body, KEY, new Date()) };
  return new Promise((done, failed) => {
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => {
        if (response.statusCode === 202) done();
        else failed(new Error(`the EventListener answers ${response.statusCode}`));
      });
    });
    request.on("error", failed);
    request.end(body);
  });
}

/** What all architectures but the last one of each build have left before its events come. */
async function leaveRecords(registry: string, round: Round): Promise<void> {
  await pushManifest(registry, `okd/${STREAM.records}`, "first", {}); // the parts of all, once
  let next = 0;
  const pusher = async (): Promise<void> => {
    while (next < round.builds) {
      const buildId = buildIdOf(round, next++);
      for (const architecture of EARLY) await leaveRecord(registry, buildId, architecture);
    }
  };
  await Promise.all(Array.from({ length: PUSHES_AT_A_TIME }, pusher));
}

async function leaveRecord(registry: string, buildId: string, architecture: string): Promise<void> {
  const build = { stream: STREAM.stream, version: STREAM.version, buildId };
  const record = { ...recordOf(architecture, build, STREAM.images), created: new Date().toISOString() };
  await pushManifest(registry, `okd/${STREAM.records}`, recordTag(build, architecture), signedRecord(record));
}

const metadata = (name: string) => ({ name, namespace: NAMESPACE });

function renderGateInterceptor(certificate: string, port: number): object[] {
  const place = { namespace: NAMESPACE, labels: {} };
  return renderInterceptors(place, Buffer.from(certificate).toString("base64"))
    .filter((object) => object.metadata.name === "complete-build")
    .map((object) => {
      const { caBundle } = (object.spec as { clientConfig: { caBundle: string } }).clientConfig;
      return { ...object, spec: { clientConfig: { caBundle, url: `https://localhost:${port}/complete` } } };
    });
}

function renderListeners(): object[] {
  return Object.entries(LISTENERS).map(([listener, { interceptors, name }]) => ({
    apiVersion: "triggers.tekton.dev/v1beta1",
    kind: "EventListener",
    metadata: metadata(listener),
    spec: {
      serviceAccountName: "event-listener",
      triggers: [
        {
          name: listener,
          interceptors: interceptors.map((one) => ({ ...one, ref: { kind: "ClusterInterceptor", ...one.ref } })),
          bindings: Object.entries({ name, round: "$(body.round)" }).map(([key, value]) => ({ name: key, value })),
          template: { ref: TEMPLATE.metadata.name },
        },
      ],
    },
  }));
}

const TEMPLATE = {
  apiVersion: "triggers.tekton.dev/v1beta1",
  kind: "TriggerTemplate",
  metadata: metadata("compose-manifest-list"),
  spec: {
    params: [{ name: "name" }, { name: "round" }],
    resourcetemplates: [
      {
        apiVersion: "tekton.dev/v1",
        kind: "PipelineRun",
        metadata: { name: "$(tt.params.name)", labels: { bench: "$(tt.params.round)" } },
        spec: { pipelineRef: { name: "compose-manifest-list" } },
      },
    ],
  },
};

function row(what: string, rate: number, remark: string): void {
  console.log(`${what.padEnd(72)} ${rate.toFixed(0).padStart(6)} /s  ${remark}`);
}

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
