import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request as send, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RECORD_ANNOTATION, SIGNATURE_ANNOTATION } from "../../../components/programs/events/build";
import { isSigned } from "../../../components/programs/events/signature";
import { type RunningServer, startServer } from "../../../components/programs/gate/server";
import { settingsSchema } from "../../../components/programs/gate/settings";
import { pushManifest } from "../gate/fake-registry";
import { RECORD_KEY } from "../gate/samples";
import { answering, find, freePort, requireTools, startRegistry } from "./machine";
import { lastLine, run, runTask, type Outcome } from "./task";

const KEY = "a key of tests";
const IMAGES = ["stream-coreos", "stream-coreos-base"];
const TAG = "4.21-20261123-ab12";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** Sends a request on to a registry, unless a reason says that it is refused. */
async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  registry: string,
  refusal: () => Promise<string | undefined>,
): Promise<void> {
  const reason = await refusal();
  if (reason !== undefined) {
    response.writeHead(409, { "content-type": "application/json" });
    response.end(JSON.stringify({ errors: [{ code: "DENIED", message: reason }] }));
    return;
  }
  const [hostname, port] = registry.split(":");
  const { method, url: path, headers } = request;
  const sent = send({ hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  request.pipe(sent);
}

interface Told {
  body: string;
  headers: Record<string, string[]>;
}

describe("Tasks leave-record and compose-manifest-list", () => {
  let folder: string;
  let registry: string;
  let stopRegistry: () => void;
  let told: Told[];
  let listener: Server;
  /** Statuses that the EventListener answers with, one after the other; then 202. */
  let answers: number[];

  before(async function () {
    requireTools(this, "skopeo", "jq", "python3", "curl");
    if (!find("registry", "docker-registry")) {
      console.log("      skipped: no registry (apt-get install docker-registry)");
      this.skip();
    }
    const data = mkdtempSync(join(tmpdir(), "okd-streams-multi-arch-"));
    registry = `127.0.0.1:${await freePort()}`;
    const child = startRegistry(data, registry);
    stopRegistry = () => {
      child.kill();
      rmSync(data, { recursive: true, force: true });
    };
    await answering(`http://${registry}/v2/`);
    listener = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const headers = Object.entries(request.headers).map(([name, value]) => [name, [String(value)]]);
        told.push({ body, headers: Object.fromEntries(headers) as Told["headers"] });
        response.writeHead(answers.shift() ?? 202).end();
      });
    });
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  });
  after(() => {
    if (stopRegistry as unknown) stopRegistry();
    listener?.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-records-"));
    writeFileSync(join(folder, "keys"), `${KEY}\nan older key\n`);
    mkdirSync(join(folder, "event"));
    writeFileSync(join(folder, "record-key"), RECORD_KEY.privateKey);
    writeFileSync(join(folder, "public-key"), RECORD_KEY.publicKey);
    told = [];
    answers = [];
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Pushes an image of one small layer. @returns its digest */
  async function pushImage(
    name: string,
    architecture: string,
    project: string,
    Labels: Record<string, string> = {},
  ): Promise<string> {
    const layout = mkdtempSync(join(folder, "image-"));
    mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
    const store = (mediaType: string, content: Buffer | object) => {
      const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
      const sum = createHash("sha256").update(bytes).digest("hex");
      writeFileSync(join(layout, "blobs/sha256", sum), bytes);
      return { mediaType, digest: `sha256:${sum}`, size: bytes.length };
    };
    const layer = store("application/vnd.oci.image.layer.v1.tar", randomBytes(2_000));
    const rootfs = { type: "layers", diff_ids: [layer.digest] };
    const config = store("application/vnd.oci.image.config.v1+json", {
      architecture,
      os: "linux",
      config: { Labels },
      rootfs,
    });
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = store(mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
    writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
    writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion": "1.0.0"}');
    const target = `docker://${registry}/${project}/${name}:${architecture}`;
    const args = ["copy", "--preserve-digests", "--dest-tls-verify=false", `oci:${layout}`, target];
    const { code, log } = await run("skopeo", args);
    assert.equal(code, 0, log);
    return manifest.digest;
  }

  /** What cosa-push-container notes for a run. */
  function note(project: string, name: string, digest: string): void {
    mkdirSync(join(folder, "pushed/run-1"), { recursive: true });
    writeFileSync(join(folder, "pushed/run-1", name), `${registry}/${project}/${name}@${digest}`);
  }

  const record = (
    project: string,
    architecture: string,
    params: Record<string, string> = {},
    workspaces: Record<string, string> = { shared: folder },
  ): Promise<Outcome> =>
    runTask("leave-record", {
      params: {
        run: "run-1",
        "target-registry": `${registry}/${project}`,
        records: "okd-coreos-records",
        stream: "okd-coreos",
        version: "4.21",
        "build-id": "20261123-ab12",
        architecture,
        commits: "base=aaaaaaaaaa node=bbbbbbbbbb",
        "event-listener": `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`,
        "insecure-registries": registry,
        ...params,
      },
      workspaces,
      env: { EVENT: join(folder, "event"), KEYS_FILE: join(folder, "keys"), RECORD_KEY: join(folder, "record-key") },
    });
  const compose = (sources: string, params: Record<string, string> = {}): Promise<Outcome> =>
    runTask("compose-manifest-list", {
      params: {
        ...{ registry, sources, tag: TAG },
        architectures: "amd64 arm64",
        "insecure-registries": registry,
        ...params,
      },
    });
  async function raw(reference: string): Promise<{ digest: string; text: string }> {
    const { code, log } = await run("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${reference}`]);
    assert.equal(code, 0, log);
    return { digest: `sha256:${createHash("sha256").update(log).digest("hex")}`, text: log };
  }

  async function withGate(project: string, act: (server: RunningServer) => Promise<void>): Promise<void> {
    const settings = settingsSchema.parse({
      registry: { address: registry, path: project, insecure: true },
      streams: [
        {
          ...{ stream: "okd-coreos", version: "4.21", architectures: ["arm64", "amd64"], images: IMAGES },
          ...{ records: "okd-coreos-records", label: "4.21", expireAfterHours: 24, bucket: "okd" },
        },
      ],
      keys: join(folder, "keys"),
      recordKeys: [{ file: join(folder, "public-key"), architectures: ["amd64", "arm64"] }],
      ...{ port: 0, statusPort: 0, reconcileSeconds: 3600 },
    });
    const server = await startServer(settings, () => undefined);
    try {
      await act(server);
    } finally {
      await server.stop();
    }
  }
  /** What Triggers would do with an event that was told. */
  async function intercept({ port }: RunningServer, { body, headers }: Told) {
    const request = JSON.stringify({ body, header: headers, extensions: {}, interceptor_params: null, context: {} });
    const response = await fetch(`http://127.0.0.1:${port}/complete`, { method: "POST", body: request });
    return (await response.json()) as {
      continue: boolean;
      status: { code: number; message: string };
      extensions: { multiarch: Record<string, string> };
    };
  }

  it("make one list of two architectures: record, signed event, gate, composition, and no second one", async () => {
    const digests: Record<string, string> = {};
    await withGate("whole", async (server) => {
      for (const architecture of ["amd64", "arm64"]) {
        for (const name of IMAGES) {
          digests[`${name} ${architecture}`] = await pushImage(name, architecture, "whole");
          note("whole", name, digests[`${name} ${architecture}`]!);
        }
        mkdirSync(join(folder, "uploaded"), { recursive: true });
        writeFileSync(join(folder, "uploaded/run-1"), `s3://okd/next/builds/1/${architecture}`);
        const { code, log, results, environment } = await record("whole", architecture);
        assert.equal(code, 0, log);
        assert.equal(results.record, (await raw(`${registry}/whole/okd-coreos-records:${TAG}-${architecture}`)).digest);
        assert.doesNotMatch(log + JSON.stringify(environment), new RegExp(KEY));
        for (const note of ["pushed/run-1", "uploaded/run-1"]) {
          assert.ok(!existsSync(join(folder, note)), "a note is read once");
        }
      }
      assert.equal(told.length, 2);
      assert.equal((await intercept(server, told[0]!)).continue, true, "both records are there by now");
      const { extensions } = await intercept(server, told[1]!);
      const { sources, architectures, tag } = extensions.multiarch as Record<
        "sources" | "architectures" | "tag",
        string
      >;
      assert.equal(extensions.multiarch.bootImages, "s3://okd/next/builds/1/amd64 s3://okd/next/builds/1/arm64");
      const first = await compose(sources, { architectures, tag });
      assert.equal(first.code, 0, first.log);

      const lists = await Promise.all(IMAGES.map((name) => raw(`${registry}/whole/${name}:${TAG}`)));
      assert.equal(
        first.results.lists,
        IMAGES.map((name, index) => `${registry}/whole/${name}@${lists[index]!.digest}`).join(" "),
      );
      const { manifests } = JSON.parse(lists[0]!.text) as { manifests: { digest: string; platform: object }[] };
      assert.deepEqual(
        manifests.map(({ digest, platform }) => ({ digest, platform })),
        ["amd64", "arm64"].map((architecture) => ({
          digest: digests[`stream-coreos ${architecture}`],
          platform: { architecture, os: "linux" },
        })),
      );
      // Made again, also from sources in another order, it is the same.
      const turned = sources
        .match(/\S+ \S+ \S+/g)!
        .reverse()
        .join(" ");
      assert.deepEqual((await compose(turned, { architectures: "arm64 amd64", tag })).results, first.results);
      assert.deepEqual((await intercept(server, told[1]!)).status, {
        code: 6,
        message: "okd-coreos 4.21 build 20261123-ab12: its manifest lists are in the registry",
      });
    });
  });

  it("leave the same record once, and refuse another one for the same build", async () => {
    const digest = await pushImage("stream-coreos", "amd64", "twice");
    note("twice", "stream-coreos", digest);
    const first = await record("twice", "amd64");
    note("twice", "stream-coreos", digest);
    const second = await record("twice", "amd64");
    assert.deepEqual([second.code, second.results], [0, first.results], second.log);
    assert.match(second.log, /is there already/);
    note("twice", "stream-coreos", await pushImage("stream-coreos", "amd64", "twice"));
    const third = await record("twice", "amd64");
    assert.equal(third.code, 1);
    assert.match(
      lastLine(third.log),
      /:4\.21-20261123-ab12-amd64 holds another record: a build has one run for an architecture$/,
    );
  });

  it("sign what a stranger left in their place when it says the same, and refuse to leave a record without a key", async () => {
    const digest = await pushImage("stream-coreos", "amd64", "stranger");
    note("stranger", "stream-coreos", digest);
    assert.equal((await record("stranger", "amd64")).code, 0);
    note("stranger", "stream-coreos", digest);
    const target = `${registry}/stranger/okd-coreos-records:${TAG}-amd64`;
    const { annotations } = JSON.parse((await raw(target)).text) as { annotations: Record<string, string> };
    const { [SIGNATURE_ANNOTATION]: signature, ...unsigned } = annotations;
    await pushManifest(registry, "stranger/okd-coreos-records", `${TAG}-amd64`, unsigned);
    const again = await record("stranger", "amd64");
    assert.match(again.log, /^left /m);
    const mended = JSON.parse((await raw(target)).text) as { annotations: Record<string, string> };
    const { [RECORD_ANNOTATION]: text = "", [SIGNATURE_ANNOTATION]: mark = "" } = mended.annotations;
    assert.ok(signature && isSigned(text, mark, [RECORD_KEY.publicKey]));
    // The notes are gone by now: nothing says that it is what this run has made.
    await pushManifest(registry, "stranger/okd-coreos-records", `${TAG}-amd64`, unsigned);
    const blind = await record("stranger", "amd64");
    assert.match(
      lastLine(blind.log),
      /-amd64 holds a record that this cluster has not signed: ask for the build again$/,
    );

    rmSync(join(folder, "record-key"));
    note("keyless", "stream-coreos", await pushImage("stream-coreos", "amd64", "keyless"));
    const keyless = await record("keyless", "amd64");
    assert.equal(keyless.code, 1);
    assert.match(
      lastLine(keyless.log),
      /^error: the Secret that record-key names has no key "key": a stack with events/,
    );
    assert.deepEqual(told.length, 2);
  });

  it("leave the record again where a Pod was lost after its notes were gone, and none for another run", async () => {
    note("lost", "stream-coreos", await pushImage("stream-coreos", "amd64", "lost"));
    const first = await record("lost", "amd64");
    assert.ok(!existsSync(join(folder, "pushed/run-1")));
    const second = await record("lost", "amd64");
    assert.deepEqual([second.code, second.results], [0, first.results], second.log);
    assert.equal(told.length, 2);
    const other = await record("lost", "amd64", { run: "run-2" });
    assert.match(lastLine(other.log), /^error: run run-2 has pushed no image/);
  });

  it("keep the notes of a run until its record is told of", async () => {
    note("kept", "stream-coreos", await pushImage("stream-coreos", "s390x", "kept"));
    assert.equal((await record("kept", "amd64")).code, 1);
    assert.ok(existsSync(join(folder, "pushed/run-1/stream-coreos")));
  });

  it("leave no record of other commits than the images were built of", async () => {
    const labels = { "io.okd-streams.source.base": "aaaaaaaaaa", "io.okd-streams.source.node": "cccccccccc" };
    const digest = await pushImage("stream-coreos", "amd64", "mixed", labels);
    note("mixed", "stream-coreos", digest);
    const mixed = await record("mixed", "amd64");
    assert.equal(
      lastLine(mixed.log),
      `error: ${registry}/mixed/stream-coreos@${digest} was built of node cccccccccc, not of bbbbbbbbbb: is another run at work on the same volume?`,
    );
    assert.deepEqual(told, []);
    const { code, log } = await record("mixed", "amd64", { commits: "base=aaaaaaaaaa node=cccccccccc" });
    assert.equal(code, 0, log);
  });

  it("leave the same record of images that the run names, without a workspace", async () => {
    const digest = await pushImage("stream-coreos", "amd64", "named");
    note("named", "stream-coreos", digest);
    const noted = await record("named", "amd64");
    const images = `stream-coreos=${registry}/named/stream-coreos@${digest}`;
    const { code, log, results } = await record("named", "amd64", { images }, {});
    assert.equal(code, 0, log);
    assert.match(log, /is there already/);
    assert.deepEqual(results, noted.results);
    const nothing = await record("named", "arm64", {}, {});
    assert.match(lastLine(nothing.log), /^error: run run-1 has pushed no image/);
  });

  it("leave no record of an image for another platform, of nothing, or in a registry that is not there", async () => {
    const digest = await pushImage("stream-coreos", "s390x", "wrong");
    note("wrong", "stream-coreos", digest);
    const platform = await record("wrong", "amd64");
    assert.equal(platform.code, 1);
    assert.match(lastLine(platform.log), /is for linux\/s390x, not for linux\/amd64$/);
    const identifier = await record("wrong", "s390x", { "build-id": "../x" });
    assert.match(lastLine(identifier.log), /^error: build-id has to be lower-case letters/);
    const away = await record("wrong", "s390x", {
      "target-registry": "127.0.0.1:1/wrong",
      "insecure-registries": `${registry} 127.0.0.1:1`,
    });
    assert.equal(away.code, 1);
    assert.match(lastLine(away.log), /^error: 127\.0\.0\.1:1\/wrong\/.* cannot be looked for: /);
    rmSync(join(folder, "pushed"), { recursive: true });
    const nothing = await record("wrong", "s390x");
    assert.equal(lastLine(nothing.log), "error: run run-1 has pushed no image: a record needs upload-container-images");
    assert.deepEqual(told, []);
  });

  it("tell the EventListener again, signed anew, when it does not take the event", async function () {
    this.timeout(180_000);
    answers = [503, 500];
    note("again", "stream-coreos", await pushImage("stream-coreos", "amd64", "again"));
    const { code, log } = await record("again", "amd64");
    assert.equal(code, 0, log);
    assert.equal(told.length, 3);
    assert.equal(new Set(told.map(({ headers }) => headers["okd-streams-timestamp"]![0])).size > 1, true);
    await withGate("again", async (server) => {
      for (const event of told)
        assert.equal((await intercept(server, event)).status.code, 9, "signed, and not complete");
    });
  });

  it("tell nobody where nobody is named", async () => {
    note("quiet", "stream-coreos", await pushImage("stream-coreos", "amd64", "quiet"));
    const { code, log } = await record("quiet", "amd64", { "event-listener": "" });
    assert.deepEqual([code, lastLine(log)], [0, "no EventListener is named: the gate looks by itself"]);
  });

  it("compose again what failed half-way where tags are immutable, and say why where they hold another list", async () => {
    const sources: string[] = [];
    for (const name of IMAGES) {
      for (const architecture of ["amd64", "arm64"]) {
        sources.push(`fixed/${name} ${architecture} ${await pushImage(name, architecture, "fixed")}`);
      }
    }
    let refused = "stream-coreos-base"; // until the first attempt is over
    const front = createServer((request, response) => {
      void forward(request, response, registry, async () => {
        if (request.method !== "PUT" || !request.url!.endsWith(`/manifests/${TAG}`)) return undefined;
        if (refused !== "" && request.url!.includes(refused)) return "the quota is used up";
        const there = await fetch(`http://${registry}${request.url}`, { headers: { accept: INDEX } });
        return there.ok ? "the tag is immutable" : undefined;
      });
    });
    await new Promise<void>((done) => front.listen(0, "127.0.0.1", done));
    const address = `127.0.0.1:${(front.address() as AddressInfo).port}`;
    const params = { registry: address, "insecure-registries": `${address} ${registry}` };
    try {
      const first = await compose(sources.join(" "), params);
      assert.match(lastLine(first.log), /stream-coreos-base:\S+ cannot be pushed: .*the quota is used up/);
      assert.doesNotMatch(first.log, /push secret/);
      refused = "";
      const second = await compose(sources.join(" "), params);
      assert.equal(second.code, 0, second.log);
      assert.equal((await compose(sources.join(" "), params)).code, 0);
      const other = sources.map((source) => source.replace(/arm64 .*/, "arm64"));
      for (const [index, name] of IMAGES.entries())
        other[2 * index + 1] += ` ${await pushImage(name, "arm64", "fixed")}`;
      const third = await compose(other.join(" "), params);
      assert.match(
        lastLine(third.log),
        /fixed\/stream-coreos:\S+ is another list already: one build has one list of an image$/,
      );
    } finally {
      front.closeAllConnections();
      front.close();
    }
  });

  const faults: [
    name: string,
    message: RegExp,
    sources: (a: string, b: string) => string,
    params?: Record<string, string>,
  ][] = [
    [
      "an image for another platform than it claims",
      /@sha256:\w+ is for linux\/amd64, not for linux\/arm64$/,
      (amd64) => `faults/x amd64 ${amd64} faults/x arm64 ${amd64}`,
    ],
    [
      "a missing architecture",
      /^error: faults\/x has images for amd64; required are amd64 arm64$/,
      (amd64) => `faults/x amd64 ${amd64}`,
    ],
    [
      "an architecture too many",
      /^error: faults\/x has images for amd64 arm64; required are amd64$/,
      (amd64, arm64) => `faults/x amd64 ${amd64} faults/x arm64 ${arm64}`,
      { architectures: "amd64" },
    ],
    [
      "an image that is not there",
      /cannot be read$/,
      (amd64) => `faults/x amd64 ${amd64} faults/x arm64 sha256:${"0".repeat(64)}`,
    ],
    ["a tag instead of a digest", /sources have to be REPOSITORY ARCHITECTURE DIGEST/, () => "faults/x amd64 latest"],
    ["words that are no images", /sources have to be REPOSITORY ARCHITECTURE DIGEST/, () => "$(id) `id` ';'"],
    ["nothing", /^error: there is no image to compose$/, () => ""],
    ["no architecture", /^error: no architecture is required: name some$/, () => "", { architectures: " " }],
  ];
  it("compose nothing of what is not whole, and push nothing before all is looked at", async () => {
    const amd64 = await pushImage("x", "amd64", "faults");
    const arm64 = await pushImage("x", "arm64", "faults");
    const good = `faults/a amd64 ${await pushImage("a", "amd64", "faults")} faults/a arm64 ${await pushImage("a", "arm64", "faults")}`;
    for (const [name, message, sources, params] of faults) {
      const text = sources(amd64, arm64);
      const { code, log } = await compose(text === "" || params ? text : `${good} ${text}`, params);
      assert.equal(code, 1, name);
      assert.match(lastLine(log), message, name);
    }
    for (const repository of ["a", "x"]) {
      const response = await fetch(`http://${registry}/v2/faults/${repository}/tags/list`);
      assert.deepEqual(((await response.json()) as { tags: string[] }).tags.sort(), ["amd64", "arm64"]);
    }
  });
});
