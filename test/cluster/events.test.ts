import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { type BuildRecord, RECORD_ANNOTATION } from "../../components/gate/server/build";
import { signEvent } from "../../components/gate/server/envelope";
import { EventsLab } from "./events-lab";
import { Factory } from "./factory";
import { PROVING } from "../counts";
import { describeGitEvents } from "./git-events";
import { describeJobs } from "./jobs";
import { offlineFolder, skipUnless } from "./needs";
import { pushNodeImage } from "./node-image";

const REGISTRY = "localhost:5001";
const VERSION = "4.21";
const RECONCILE_SECONDS = 10;

describe("builds by events, on KinD with Tekton Triggers", function () {
  this.timeout("15m");
  this.bail(true);
  let factory: Factory;
  let lab: EventsLab;
  let listener: string;
  let key: string;

  before(async function () {
    skipUnless(this, {
      bin: ["kind", "kubectl", "pulumi", "pulumi-resource-kubernetes", "pulumi-resource-pulumi-nodejs"],
      manifests: ["tekton-pipelines", "tekton-triggers", "tekton-interceptors"],
    });
    const { streams } = parse(fs.readFileSync(path.join(offlineFolder(), "settings.yaml"), "utf8")) as {
      streams: { version: string }[];
    };
    factory = new Factory(offlineFolder(), {
      cluster: { type: "kind", name: "t-events" },
      platform: { argoCd: { mode: "none" }, kvmDevicePlugin: "none" },
      // One architecture that a node has, and one that another cluster would build.
      streams: [
        {
          ...streams.find(({ version }) => version === VERSION),
          ...{ architectures: ["amd64", "arm64"], schedule: "@yearly" },
        },
      ],
    });
    lab = new EventsLab(factory);
    await up();
    const node = pushNodeImage(REGISTRY, fs.mkdtempSync(path.join(factory.home, "node-")));
    factory.settings({
      images: { node },
      events: {
        ...{ enabled: true, reconcileSeconds: RECONCILE_SECONDS, replicas: 1, keepRuns: 1 },
        git: { enabled: true, pullRequests: true },
      },
    });
    await up();
    key = Buffer.from(await secret("event-signing-keys", "keys"), "base64").toString();
    listener = await lab.forwardTo("service/el-builds", 8080);
  });
  after(async () => {
    if (!factory) return;
    lab.close();
    await factory.run("destroy", "kind");
    factory.close();
  });

  async function up(...args: string[]): Promise<void> {
    const { exitCode, text } = await factory.run("up", "kind", ...args);
    assert.equal(exitCode, 0, text);
  }
  const kubectl = (...args: string[]) => lab.kubectl(...args);
  const secret = (name: string, field: string) => kubectl("get", "secret", name, "-o", `jsonpath={.data.${field}}`);
  const runs = () => lab.names("pipelineruns");

  async function send(event: object, sign: (body: string) => Record<string, string>): Promise<void> {
    const body = JSON.stringify({ schema: 1, stream: "okd-coreos", version: VERSION, ...event });
    const response = await fetch(listener, { method: "POST", body, headers: sign(body) });
    assert.equal(response.status, 202, "an EventListener says that of every event");
  }
  const signed = (body: string) => signEvent(body, key, new Date());

  it("changes nothing when it is deployed again", () => up("--expect-no-changes"));

  it("creates nothing of events that it refuses, counts them, and logs why without what they say", async () => {
    const event = { type: "build-requested", buildId: "refused-1", note: "what-an-event-says" };
    await send(event, () => ({}));
    await send(event, (body) => signEvent(body, "another key", new Date()));
    await send(event, (body) => signEvent(body, key, new Date(Date.now() - 301_000)));
    await send({ ...event, note: "x".repeat(70_000) }, signed);
    await send({ ...event, type: "joke" }, signed);
    await send({ ...event, schema: 2 }, signed);
    const text = "what-an-event-says is no JSON";
    const answer = await fetch(listener, { method: "POST", body: text, headers: signed(text) });
    assert.equal(answer.status, 400);
    const outcomes = ["unsigned", "wrongly-signed", "outside-window", "oversized", "unknown-type", "invalid"];
    const metrics = `${await lab.forwardTo("service/gate", 8080)}metrics`;
    const counted = async () => {
      const lines = await (await fetch(metrics)).text();
      return outcomes.every((outcome) => new RegExp(`judgements_total\\{outcome="${outcome}"\\} [1-9]`).test(lines));
    };
    await lab.until(counted, 60, outcomes.join());
    const log = await kubectl("logs", "deployment/gate");
    for (const outcome of outcomes) assert.match(log, new RegExp(`"outcome":"${outcome}"`));
    for (const said of [log, await kubectl("logs", "deployment/el-builds")]) {
      assert.doesNotMatch(said, /what-an-event-says|refused-1/);
    }
    assert.deepEqual(await runs(), []);
  });

  it("starts one run for a request, however often it comes, and holds the build back as long as it is not complete", async () => {
    for (let time = 0; time < 3; time++) await send({ type: "build-requested", buildId: "test-1" }, signed);
    const run = "rehearsal-okd-coreos-4-21-amd64-test-1";
    await lab.until(() => lab.succeeded(run), 600, run);
    await new Promise((next) => setTimeout(next, 2 * RECONCILE_SECONDS * 1000));
    assert.deepEqual(await runs(), [run]);
  });

  it("composes one list of both architectures, though the last event is lost, and none again", async () => {
    const records = `${REGISTRY}/okd/okd-coreos-records-rehearsal`;
    const { annotations } = JSON.parse(inspect(`${records}:${VERSION}-test-1-amd64`)) as {
      annotations: Record<string, string>;
    };
    const record = JSON.parse(annotations[RECORD_ANNOTATION]!) as BuildRecord;
    const images = Object.fromEntries(
      Object.entries(record.images).map(([name, digest]) => [name, pushForArm(name, digest)]),
    );
    pushRecord({ ...record, architecture: "arm64", images });
    const run = "compose-okd-coreos-4-21-test-1";
    await lab.until(() => lab.succeeded(run), 120, run);
    const lists = await kubectl("get", "pipelinerun", run, "-o", "jsonpath={.status.results[0].value}");
    for (const name of Object.keys(images)) {
      const list = inspect(`${REGISTRY}/okd/${name}:${VERSION}-test-1-rehearsal`);
      const { manifests } = JSON.parse(list) as { manifests: { digest: string; platform: { architecture: string } }[] };
      assert.deepEqual(Object.fromEntries(manifests.map(({ digest, platform }) => [platform.architecture, digest])), {
        amd64: record.images[name],
        arm64: images[name],
      });
      assert.ok(lists.includes(`kind-registry:5000/okd/${name}@${digestOf(list)}`), lists);
    }

    await kubectl("delete", "pipelinerun", run);
    for (const architecture of ["amd64", "arm64", "amd64"]) {
      await send({ type: "build-finished", buildId: "test-1", architecture }, signed);
    }
    await new Promise((next) => setTimeout(next, 2 * RECONCILE_SECONDS * 1000));
    assert.deepEqual(await runs(), ["rehearsal-okd-coreos-4-21-amd64-test-1"]);
  });

  // These take minutes more.
  if (PROVING) {
    describeGitEvents(() => lab);
    describeJobs(() => lab);
  }

  /** Pushes the image as one for arm64: only what its configuration says is another. @returns its digest */
  function pushForArm(name: string, digest: string): string {
    const layout = fs.mkdtempSync(path.join(factory.home, "image-"));
    const blob = (sum: string) => path.join(layout, "blobs/sha256", sum.replace("sha256:", ""));
    skopeo("copy", `docker://${REGISTRY}/okd/${name}@${digest}`, `oci:${layout}`);
    const manifest = JSON.parse(fs.readFileSync(blob(digest), "utf8")) as { config: { digest: string; size: number } };
    const config = JSON.parse(fs.readFileSync(blob(manifest.config.digest), "utf8")) as object;
    const store = (value: object) => {
      const text = JSON.stringify(value);
      fs.writeFileSync(blob(digestOf(text)), text);
      return { digest: digestOf(text), size: text.length };
    };
    Object.assign(manifest.config, store({ ...config, architecture: "arm64" }));
    const stored = store(manifest);
    const index = path.join(layout, "index.json");
    const { manifests, ...rest } = JSON.parse(fs.readFileSync(index, "utf8")) as { manifests: object[] };
    fs.writeFileSync(index, JSON.stringify({ ...rest, manifests: [{ ...manifests[0], ...stored }] }));
    skopeo("copy", `oci:${layout}`, `docker://${REGISTRY}/okd/${name}:test-1-arm64`);
    return stored.digest;
  }

  /** Leaves a record as another cluster's run would, whose event is lost. */
  function pushRecord(record: BuildRecord): void {
    const layout = fs.mkdtempSync(path.join(factory.home, "record-"));
    const blobs = path.join(layout, "blobs/sha256");
    fs.mkdirSync(blobs, { recursive: true });
    const store = (mediaType: string, value: object) => {
      const text = JSON.stringify(value);
      fs.writeFileSync(path.join(blobs, digestOf(text).slice(7)), text);
      return { mediaType, digest: digestOf(text), size: text.length };
    };
    const rootfs = { type: "layers", diff_ids: [] };
    const config = store("application/vnd.oci.image.config.v1+json", { architecture: "arm64", os: "linux", rootfs });
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const annotations = { [RECORD_ANNOTATION]: JSON.stringify(record) };
    const manifest = store(mediaType, { schemaVersion: 2, mediaType, config, layers: [], annotations });
    fs.writeFileSync(path.join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
    fs.writeFileSync(path.join(layout, "oci-layout"), '{"imageLayoutVersion": "1.0.0"}');
    skopeo("copy", `oci:${layout}`, `docker://${REGISTRY}/okd/okd-coreos-records-rehearsal:${VERSION}-test-1-arm64`);
  }
});

function skopeo(verb: "copy", from: string, to: string): void {
  const options = ["--quiet", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false"];
  execFileSync("skopeo", [verb, ...options, from, to]);
}

function inspect(reference: string): string {
  return execFileSync("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${reference}`], {
    encoding: "utf8",
  });
}

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
