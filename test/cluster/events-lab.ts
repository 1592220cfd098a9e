import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { type BuildRecord, RECORD_ANNOTATION, SIGNATURE_ANNOTATION } from "../../components/programs/events/build";
import { signRecord } from "../../components/programs/events/signature";
import { signEvent } from "../../components/programs/events/envelope";
import type { BuildsAnswer } from "../../components/programs/gate/table";
import type { Status } from "../../components/programs/status/model";
import type { Factory } from "./factory";
import { digestOf, Image, inspect, REGISTRY } from "./images";
import { offlineFolder } from "./needs";
import { until } from "./until";

export const NAMESPACE = "okd-coreos";
export const VERSION = "4.21";
const RECORDS = `${REGISTRY.here}/okd/okd-coreos-records-rehearsal`;

const STARTED = Date.now().toString(36);

/** Id of a build of this run of the tests alone: a registry keeps what others left. */
export function buildOf(name: string): string {
  return `${name}-${STARTED}`;
}

/** The build that all tests begin with, of amd64 by a run and of arm64 by the test. */
export const FIRST = buildOf("first");

/** The lab's stream of the version. */
export function labStream(settings: { architectures: string[]; schedule?: string }): object {
  const { streams } = parse(fs.readFileSync(path.join(offlineFolder(), "settings.yaml"), "utf8")) as {
    streams: { version: string }[];
  };
  return { ...streams.find(({ version }) => version === VERSION), ...settings };
}

/** A cluster with events: what its tests share. */
export class EventsLab {
  private listener = "";
  private status = "";
  private key = "";

  constructor(readonly factory: Factory) {}

  async up(...args: string[]): Promise<void> {
    await this.factory.succeeds("up", "kind", ...args);
  }

  /** `kubectl` in the namespace of builds. */
  readonly kubectl = (...args: string[]): Promise<string> => this.factory.kubectl("-n", NAMESPACE, ...args);

  /** Creates an object in the namespace of builds. */
  async create<T extends { kind: string; metadata: { name: string } }>(object: T): Promise<void> {
    const file = path.join(this.factory.home, `${object.kind}-${object.metadata.name}.json`);
    fs.writeFileSync(file, JSON.stringify(object));
    await this.kubectl("create", "-f", file);
  }

  /** Names of all objects of a kind, sorted. */
  async names(resource: string, ...args: string[]): Promise<string[]> {
    const lines = (await this.kubectl("get", resource, "-o", "name", ...args)).split("\n");
    return lines.flatMap((line) => line.split("/")[1] ?? []).sort();
  }

  readonly runs = (): Promise<string[]> => this.names("pipelineruns");

  async runsOf(build: string): Promise<string[]> {
    return (await this.runs()).filter((name) => name.endsWith(build));
  }

  /** Sends an event to EventListener `builds`. @param sign how, if not as the stack's own senders do */
  async send(event: object, sign: (body: string, key: string) => Record<string, string> = signed): Promise<void> {
    const body = JSON.stringify({ schema: 1, stream: "okd-coreos", version: VERSION, ...event });
    const response = await this.post(body, sign);
    assert.equal(response.status, 202, "an EventListener says that of every event");
  }

  /** Sends events until a run is there: an EventListener that cannot ask its interceptor loses what it said 202 to. */
  async sendUntil(
    run: string,
    send: () => Promise<void>,
    kind: "pipelineruns" | "taskruns" = "pipelineruns",
  ): Promise<void> {
    let looks = 0;
    const isThere = async () => {
      if (looks++ % 10 === 0) await send();
      return (await this.names(kind)).includes(run);
    };
    await this.until(isThere, 80, `${run}, however often it is asked for`);
  }

  /**
   * Sends events, again and again those that leave no trace: an EventListener that cannot ask its interceptor loses what it said 202 to.
   *
   * @param events by their names
   * @param traces tells by a name whether its event left one, as of now
   */
  async sendAll(
    events: Record<string, () => Promise<void>>,
    traces: () => Promise<(name: string) => boolean>,
  ): Promise<void> {
    let rest = Object.entries(events);
    const areSeen = async () => {
      for (const [, send] of rest) await send();
      await new Promise((next) => setTimeout(next, 1_000));
      const isSeen = await traces();
      rest = rest.filter(([name]) => !isSeen(name));
      return rest.length === 0;
    };
    await this.until(areSeen, 60, () => rest.map(([name]) => name).join());
  }

  /** Posts anything to EventListener `builds`. */
  async post(body: string, sign: (body: string, key: string) => Record<string, string> = signed): Promise<Response> {
    this.listener ||= await this.forwardTo("service/el-builds", 8080);
    this.key ||= await this.secret("event-signing-keys", "keys");
    return fetch(this.listener, { method: "POST", body, headers: sign(body, this.key) });
  }

  async secret(name: string, field: string): Promise<string> {
    const text = await this.kubectl("get", "secret", name, "-o", `jsonpath={.data.${field}}`);
    return Buffer.from(text, "base64").toString();
  }

  /** Leads a port of this machine to one of a Service. @returns its URL, which ends in a slash */
  forwardTo(target: string, port: number): Promise<string> {
    return this.factory.forwardTo(NAMESPACE, target, port);
  }

  /** Ends EventListener `builds`, or has it back. @param replicas 0 or 1 */
  async scaleListener(replicas: number): Promise<void> {
    await this.kubectl("scale", "deployment/el-builds", `--replicas=${replicas}`);
    if (replicas > 0) await this.kubectl("rollout", "status", "deployment/el-builds", "--timeout=120s");
    else await this.kubectl("wait", "--for=delete", "pod", "--selector=eventlistener=builds", "--timeout=120s");
    this.listener = ""; // the way to it ended with it
  }

  /** What the EventListener and the gate said last, for a test that failed. */
  async told(): Promise<string> {
    const logs = ["el-builds", "gate"].map((name) =>
      this.kubectl("logs", `deployment/${name}`, "--all-pods", "--prefix", "--timestamps", "--tail=60"),
    );
    const said = await Promise.allSettled([...logs, this.kubectl("get", "pods,pipelineruns,taskruns", "-o", "wide")]);
    return said.map((it) => (it.status === "fulfilled" ? it.value : String(it.reason))).join("\n");
  }

  until(condition: () => Promise<boolean>, seconds: number, what: string | (() => string)): Promise<void> {
    return until(condition, what, seconds);
  }

  /**
   * Until the gate has looked through the registry so often: what it would do by itself by now it has done. The first of these looks
   * may have begun before.
   */
  async looks(times: number): Promise<void> {
    const metrics = `${await this.forwardTo("service/gate", 8080)}metrics`;
    const lastLook = async () => {
      const text = await (await fetch(metrics)).text();
      const [, time] = /^okd_streams_gate_reconciled_timestamp_seconds (\S+)$/m.exec(text) ?? [];
      assert.ok(time, text);
      return time;
    };
    for (let seen = 0; seen < times; seen++) {
      const before = await lastLook();
      await this.until(async () => (await lastLook()) !== before, 120, "the gate looks through the registry");
    }
  }

  /** Whether the API server lets an account of the namespace do something: it hears of a changed Role a little later. */
  async can(account: string, verb: string, resource: string): Promise<boolean> {
    const as = `--as=system:serviceaccount:${NAMESPACE}:${account}`;
    const command = ["--kubeconfig", this.factory.kubeconfig, "-n", NAMESPACE, "auth", "can-i", verb, resource, as];
    const { stdout, text } = await this.factory.exec("kubectl", command);
    assert.match(stdout, /^(yes|no)\b/, text);
    return stdout.startsWith("yes");
  }

  /** Until a run has ended well. */
  succeeds(run: string, seconds: number, kind: "pipelinerun" | "taskrun" = "pipelinerun"): Promise<void> {
    const path = "jsonpath={.status.conditions[0].status} {.status.conditions[0].message}";
    return this.until(
      async () => {
        const status = await this.kubectl("get", kind, run, "--ignore-not-found", "-o", path);
        assert.ok(!status.startsWith("False"), `${run}: ${status}`);
        return status.startsWith("True");
      },
      seconds,
      run,
    );
  }

  /** What `npm run builds` says of a build. */
  async seen(buildId: string): Promise<BuildsAnswer["builds"][number]> {
    const { stdout } = await this.factory.succeeds("builds", "kind", "--json");
    const { builds } = JSON.parse(stdout) as BuildsAnswer;
    const build = builds.find((one) => one.buildId === buildId);
    assert.ok(build, stdout);
    return build;
  }

  /** Until the status page in the cluster says of a build, as data and to browsers, where it is: `state, architecture state, …`. */
  async shows(buildId: string, wanted: RegExp): Promise<void> {
    this.status ||= await this.forwardTo("service/status", 8080);
    let found = "nothing";
    const look = async (): Promise<boolean> => {
      const { streams } = (await (await fetch(`${this.status}status.json`)).json()) as Status;
      const build = streams.flatMap(({ builds }) => builds).find(({ id }) => id === buildId);
      const cells = Object.entries(build?.cells ?? {}).sort();
      if (build) found = [build.state, ...cells.map(([name, { state }]) => `${name} ${state}`)].join(", ");
      return wanted.test(found);
    };
    await this.until(look, 60, () => `the status page says of ${buildId}: ${found}`);
    assert.ok((await (await fetch(this.status)).text()).includes(buildId));
  }

  /** What a run left of a build. */
  record(buildId: string, architecture: string): BuildRecord {
    const { annotations } = JSON.parse(inspect(`${RECORDS}:${VERSION}-${buildId}-${architecture}`)) as {
      annotations: Record<string, string>;
    };
    return JSON.parse(annotations[RECORD_ANNOTATION]!) as BuildRecord;
  }

  /** The key that runs sign their records with. */
  async recordKey(): Promise<string> {
    const found = await this.kubectl("get", "secret", "record-signing-key", "-o", "jsonpath={.data.key}");
    return Buffer.from(found, "base64").toString();
  }

  /** Leaves a record as a run does; nobody is told. @param key what signs it; a stranger has none */
  leaveRecord(record: BuildRecord, key: string | undefined): void {
    const image = Image.empty(this.newFolder(), record.architecture);
    const text = JSON.stringify(record);
    image.manifest.annotations = {
      [RECORD_ANNOTATION]: text,
      ...(key !== undefined && { [SIGNATURE_ANNOTATION]: signRecord(text, key) }),
    };
    image.push(`${RECORDS}:${VERSION}-${record.buildId}-${record.architecture}`);
  }

  /** Pushes an image of the stack's as one for arm64: only what its configuration says is another. @returns its digest */
  pushForArm(name: string, digest: string): string {
    const image = Image.pull(this.newFolder(), `${REGISTRY.here}/okd/${name}@${digest}`);
    image.config.architecture = "arm64";
    return image.push(`${REGISTRY.here}/okd/${name}:for-arm64`);
  }

  /**
   * Until a build has one list per image, of exactly these digests, and the run that composed it has reported the list's.
   *
   * @param digests of each architecture, by names of images
   */
  async composed(buildId: string, digests: Record<string, Record<string, string>>, seconds: number): Promise<void> {
    const run = `compose-okd-coreos-4-21-${buildId}`;
    await this.succeeds(run, seconds);
    const lists = await this.kubectl("get", "pipelinerun", run, "-o", "jsonpath={.status.results[0].value}");
    for (const name of Object.keys(Object.values(digests)[0]!)) {
      const list = inspect(`${REGISTRY.here}/okd/${name}:${VERSION}-${buildId}-rehearsal`);
      const { manifests } = JSON.parse(list) as { manifests: { digest: string; platform: { architecture: string } }[] };
      assert.deepEqual(
        Object.fromEntries(manifests.map(({ digest, platform }) => [platform.architecture, digest])),
        Object.fromEntries(Object.entries(digests).map(([architecture, images]) => [architecture, images[name]])),
      );
      assert.ok(lists.includes(`${REGISTRY.pods}/okd/${name}@${digestOf(list)}`), lists);
    }
  }

  private newFolder(): string {
    return path.join(fs.mkdtempSync(path.join(this.factory.home, "image-")), "layout");
  }
}

const signed = (body: string, key: string) => signEvent(body, key, new Date());
