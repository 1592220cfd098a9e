import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ARCHITECTURE, find, requireTools, startEmptyRegistry } from "./machine";
import { lastLine, runTask } from "./task";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

// The order is that of runs: each test goes on with the registry of the one before.
describe("coreos-hold-bases", function () {
  this.timeout(180_000);
  let folder: string;
  let registry: Awaited<ReturnType<typeof startEmptyRegistry>>;
  let builder: string;
  let list: { digest: string; here: string };

  before(async function () {
    requireTools(this, "skopeo", "jq");
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-bases-"));
    registry = await startEmptyRegistry(folder);
    builder = `${registry.address}/upstream/bootc`;
    const here = await image({ x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch);
    const there = await image("s390x");
    const manifests = [there, here].map((entry) => ({ mediaType: MANIFEST, ...entry }));
    const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
    list = { digest: await put("manifests/stream10", index, INDEX), here: here.digest };
  });
  after(() => {
    registry?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const api = (path: string) => `http://${registry.address}/v2/upstream/bootc/${path}`;
  const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const put = async (path: string, text: string, type: string) => {
    const answer = await fetch(api(path), { method: "PUT", headers: { "content-type": type }, body: text });
    assert.equal(answer.status, 201, await answer.text());
    return digestOf(text);
  };
  const image = async (architecture: string) => {
    const config = JSON.stringify({ architecture, os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [] } });
    const upload = await fetch(api("blobs/uploads/"), { method: "POST" });
    const location = upload.headers.get("location")!;
    const stored = await fetch(`${location}&digest=${digestOf(config)}`, { method: "PUT", body: config });
    assert.equal(stored.status, 201);
    const descriptor = {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digestOf(config),
      size: config.length,
    };
    const text = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: descriptor, layers: [] });
    const digest = await put(`manifests/${digestOf(text)}`, text, MANIFEST);
    return { digest, size: text.length, platform: { architecture, os: "linux" } };
  };
  const hold = async (named: string, params: Record<string, string> = {}) => {
    const shared = mkdtempSync(join(folder, "shared-"));
    for (const path of ["sources/config", "sources/os/extensions", "cache"])
      mkdirSync(join(shared, path), { recursive: true });
    writeFileSync(join(shared, "sources/node.json"), '{"arguments": "build-args-5.0-c10s.conf"}');
    const far = `far.example/x@sha256:${"0".repeat(64)}`;
    const files: Record<string, string> = {
      "config/build-args-c10s.conf": `NAME=scos\nBUILDER_IMG=${named}\n`,
      "config/Containerfile": "FROM ${BUILDER_IMG} AS builder\n",
      "os/build-args-5.0-c10s.conf": `# was ${far}\nIMAGE_FROM=${far}\n`,
      "os/Containerfile": `FROM ${far} AS build\nFROM build\n`,
      "os/extensions/Containerfile": `FROM ${far} AS os\nFROM quay.example/ubi9/ubi:1\n`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(shared, "sources", name), text);
    const { code, log } = await runTask("coreos-hold-bases", {
      params: {
        variant: "c10s",
        "held-bases": `${registry.address}/okd/held-bases`,
        "insecure-registries": registry.address,
        ...params,
      },
      workspaces: { shared },
    });
    const [bases, tagged] = ["bases", "tagged"].map((name) =>
      code === 0 ? readFileSync(join(shared, "sources", name), "utf8") : "",
    );
    return { code, log, last: lastLine(log), bases, tagged };
  };

  it("copies what sources name by digest, this architecture of it, and nothing that the build replaces", async () => {
    const named = `${builder}:stream10@${list.digest}`;
    const { code, log, bases } = await hold(named);
    assert.equal(code, 0, log);
    assert.equal(bases, `${named} ${registry.address}/okd/held-bases@${list.here}\n`);
    const tag = `${list.digest.replace(":", "-")}-${ARCHITECTURE}`;
    const held = await fetch(`http://${registry.address}/v2/okd/held-bases/manifests/${tag}`, {
      headers: { accept: MANIFEST },
    });
    assert.equal(held.headers.get("docker-content-digest"), list.here);
  });

  it("asks upstream no more for what it holds, and says what is gone", async () => {
    const named = `${builder}:stream10@${list.digest}`;
    assert.equal((await fetch(api(`manifests/${list.digest}`), { method: "DELETE" })).status, 202);
    const { log, bases } = await hold(named);
    assert.match(log, /^held: /m);
    assert.equal(bases, `${named} ${registry.address}/okd/held-bases@${list.here}\n`);
    const gone = `${builder}:stream10@sha256:${"1".repeat(64)}`;
    const { code, last } = await hold(gone);
    assert.equal(code, 1);
    assert.equal(
      last,
      `error: ${gone}, which the sources build on, is gone upstream and was never held: set bases to newest-tag to build on what its tag means today, or name a builder image`,
    );
  });

  it("does not take a registry that does not answer for an image that is gone", async () => {
    const { code, last } = await hold(`127.0.0.1:1/bootc@sha256:${"1".repeat(64)}`);
    assert.equal(code, 1);
    assert.match(last, /which the sources build on, cannot be asked for: /);
  });

  it("notes for keys what tags mean: another thing when they move, and each day where their registry does not say", async () => {
    const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
    const silent = `quay.example/ubi9/ubi:1 ${today}\n`;
    const note = async () => (await hold(`${builder}:moving`)).tagged;
    const meant = async (architecture: string) => {
      const { digest } = await image(architecture);
      const text = await (await fetch(api(`manifests/${digest}`), { headers: { accept: MANIFEST } })).text();
      await put("manifests/moving", text, MANIFEST);
      return `${builder}:moving ${digest.replace("sha256:", "")}\n${silent}`;
    };
    const first = await meant("ppc64le");
    assert.equal(await note(), first);
    const second = await meant("mips64le");
    assert.notEqual(second, first);
    assert.equal(await note(), second);
  });

  it("follows the tag where it is told to, with a warning", async () => {
    const now = await image("riscv64");
    await put(
      "manifests/stream10",
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [{ mediaType: MANIFEST, ...now }] }),
      INDEX,
    );
    const gone = `${builder}:stream10@sha256:${"1".repeat(64)}`;
    const { code, log, bases } = await hold(gone, { bases: "newest-tag" });
    assert.equal(code, 0, log);
    assert.match(bases!, new RegExp(`^${gone} ${builder}@sha256:[0-9a-f]{64}\n$`));
    assert.match(log, /^warning: built on what \S+:stream10 means today/m);
    const without = await hold(`${builder}@sha256:${"1".repeat(64)}`, { bases: "newest-tag" });
    assert.match(without.last, /has no tag to follow: set bases to held or upstream$/);
  });

  it("holds a builder that is named in the place of the sources' own, and leaves all upstream where it is told to", async () => {
    const gone = `${builder}:stream10@sha256:${"1".repeat(64)}`;
    const mine = `${builder}@${list.here}`;
    const { bases, log } = await hold(gone, { "builder-image": mine });
    assert.equal(bases, `${mine} ${registry.address}/okd/held-bases@${list.here}\n`, log);
    const there = await hold(mine, { bases: "upstream" });
    assert.deepEqual([there.code, there.bases], [0, ""], there.log);
    assert.match((await hold(gone, { bases: "upstream" })).last, /is gone upstream and was never held/);
    const nowhere = await hold(mine, { "held-bases": "" });
    assert.match(nowhere.log, /^not held, as there is no registry of the factory's: /m);
    assert.deepEqual([nowhere.code, nowhere.bases], [0, ""]);
    assert.match(
      (await hold(gone, { bases: "old" })).last,
      /^error: bases is "old": held, upstream or newest-tag is allowed$/,
    );
  });
});
