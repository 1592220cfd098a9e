import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ARCHITECTURE, find, requireTools, startEmptyRegistry } from "./machine";
import { lastLine, run, runTask } from "./task";

const BUILD = "10.0.20261130-81533427";
const NAME = "stream-coreos-boot-images";
const LOCATION = `s3://okd-scos/next/builds/${BUILD}/${ARCHITECTURE}`;

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

describe("boot images, once a run's volume is gone", function () {
  this.timeout(120_000);
  let folder: string;
  let registry: { address: string; stop(): void };

  before(async function () {
    requireTools(this, "skopeo", "jq", "python3");
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-boot-"));
    registry = await startEmptyRegistry(folder);
  });
  after(() => {
    registry?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** A volume on which a run has imported its base. */
  function volume(digest = "sha256:one"): string {
    const shared = mkdtempSync(join(folder, "volume-"));
    const build = join(shared, "coreos/builds", BUILD, ARCHITECTURE);
    mkdirSync(build, { recursive: true });
    mkdirSync(join(shared, "images"));
    symlinkSync(BUILD, join(shared, "coreos/builds/latest"));
    const archive = Buffer.from("base");
    writeFileSync(join(shared, "images/base.ociarchive"), archive);
    writeFileSync(join(shared, "images/base.json"), JSON.stringify({ version: BUILD, digest }));
    const images = { ostree: { path: "base.ociarchive", sha256: sha256(archive) } };
    writeFileSync(join(build, "meta.json"), JSON.stringify({ name: "scos", buildid: BUILD, images }));
    writeFileSync(join(shared, "coreos/builds/builds.json"), JSON.stringify({ builds: [{ id: BUILD }] }));
    return shared;
  }
  const params = (path: string) => ({
    ...{ kept: `${registry.address}/${path}`, "insecure-registries": registry.address },
    ...{ platforms: "qemu metal", run: "run-1" },
  });
  const look = (shared: string, path: string, changes: Record<string, string> = {}) =>
    runTask("coreos-import", {
      params: { ...params(path), "kola-tests": "basic*", ...changes },
      workspaces: { shared },
    });
  const keep = (shared: string, path: string, key: string, changes: Record<string, string> = {}) =>
    runTask("coreos-keep-boot-images", { params: { ...params(path), key, ...changes }, workspaces: { shared } });
  async function make(shared: string, path: string, changes: Record<string, string> = {}): Promise<string> {
    const { results, log } = await look(shared, path, changes);
    assert.equal(results["boot-images"], "none", log);
    for (const task of ["coreos-test", "coreos-boot-images"]) {
      const made = await runTask(task, { params: { kvm: "emulated", platforms: "metal" }, workspaces: { shared } });
      assert.equal(made.code, 0, made.log);
    }
    return results.key!;
  }
  const tags = async (path: string) => {
    const answer = await fetch(`http://${registry.address}/v2/${path}/${NAME}/tags/list`);
    return ((await answer.json()) as { tags?: string[] }).tags?.sort() ?? [];
  };

  it("are in the registry, each the one disk of an image, and a run on a new volume makes none", async () => {
    const shared = volume();
    const key = await make(shared, "disks");
    const { code, log } = await keep(shared, "disks", key);
    assert.equal(code, 0, log);
    const names = ["metal", "qemu"].map((name) => `${BUILD}-${ARCHITECTURE}-${name}`);
    assert.deepEqual(await tags("disks"), [...names, `key-${key}`]);

    const { images } = JSON.parse(
      readFileSync(join(shared, `coreos/builds/latest/${ARCHITECTURE}/meta.json`), "utf8"),
    ) as { images: Record<string, { path: string; sha256: string }> };
    const image = join(folder, "qemu");
    const reference = `docker://${registry.address}/disks/${NAME}:${names[1]}`;
    const copied = await run("skopeo", ["copy", "--src-tls-verify=false", reference, `dir:${image}`]);
    assert.equal(copied.code, 0, copied.log);
    const { layers, config } = JSON.parse(readFileSync(join(image, "manifest.json"), "utf8")) as {
      layers: { digest: string }[];
      config: { digest: string };
    };
    const layer = join(image, layers[0]!.digest.slice("sha256:".length));
    const listed = await run("tar", ["--list", "--verbose", "--numeric-owner", "--gzip", "--file", layer]);
    assert.match(listed.log, new RegExp(`^-r--r----- 107/107 .* disk/${images.qemu!.path}\\n$`));
    const unpacked = await run("tar", ["--extract", "--gzip", "--file", layer, "--directory", folder]);
    assert.equal(unpacked.code, 0, unpacked.log);
    assert.equal(sha256(readFileSync(join(folder, "disk", images.qemu!.path))), images.qemu!.sha256);
    const plain = await run("bash", ["-c", `gzip -dc ${layer} | sha256sum | cut -d' ' -f1`]);
    const { rootfs } = JSON.parse(readFileSync(join(image, config.digest.slice("sha256:".length)), "utf8")) as {
      rootfs: { diff_ids: string[] };
    };
    assert.deepEqual(rootfs.diff_ids, [`sha256:${plain.log.trim()}`]);

    const again = await look(volume(), "disks", { run: "run-2" });
    assert.deepEqual([again.results["boot-images"], again.results.key], ["kept", key], again.log);
    assert.match(again.log, /^kept: boot images and tests of this base were made by run-1: metal qemu$/m);
  });

  it("are of one base, of these platforms, tests and place alone, and none are looked for with force", async () => {
    const others: Record<string, string>[] = [
      { platforms: "qemu" },
      { "kola-tests": "all" },
      { bucket: "s3.example/okd/next" },
    ];
    for (const changes of [...others, { images: "cosa@sha256:other" }, { force: "true" }, { kept: "" }]) {
      const { code, results, log } = await look(volume(), "disks", changes);
      assert.deepEqual([code, results["boot-images"]], [0, "none"], log);
    }
    assert.equal((await look(volume("sha256:two"), "disks")).results["boot-images"], "none");
  });

  it("are made again where one of them is no longer there", async () => {
    const shared = volume();
    const key = await make(shared, "lost");
    const { log } = await keep(shared, "lost", key);
    assert.equal((await look(volume(), "lost")).results["boot-images"], "kept", log);
    const api = `http://${registry.address}/v2/lost/${NAME}/manifests`;
    const accept = { accept: "application/vnd.oci.image.manifest.v1+json" };
    const found = await fetch(`${api}/${BUILD}-${ARCHITECTURE}-metal`, { headers: accept });
    const gone = await fetch(`${api}/${found.headers.get("docker-content-digest")}`, { method: "DELETE" });
    assert.equal(gone.status, 202);
    const after = await look(volume(), "lost");
    assert.equal(after.results["boot-images"], "none", after.log);
    assert.match(after.log, /^never built: \S+@sha256:[0-9a-f]{64} is not there$/m);
  });

  it("stay in S3 where this run has uploaded them, and the next run's record names the same place", async () => {
    const shared = volume();
    const bucket = { bucket: "s3.example/okd-scos/next" };
    const key = await make(shared, "uploaded", bucket);
    mkdirSync(join(shared, "uploaded"));
    writeFileSync(join(shared, "uploaded/run-1"), LOCATION);
    const { code, log } = await keep(shared, "uploaded", key);
    assert.equal(code, 0, log);
    assert.deepEqual(await tags("uploaded"), [`key-${key}`]);
    const next = volume();
    const { results } = await look(next, "uploaded", { ...bucket, run: "run-2" });
    assert.equal(results["boot-images"], "kept");
    assert.equal(readFileSync(join(next, "uploaded/run-2"), "utf8"), LOCATION);
  });

  it("are none where only tests were run, which a second run does not repeat", async () => {
    const shared = volume();
    const key = await make(shared, "tested", { platforms: "" });
    const { code, log } = await keep(shared, "tested", key, { platforms: "" });
    assert.equal(code, 0, log);
    assert.deepEqual(await tags("tested"), [`key-${key}`]);
    assert.equal((await look(volume(), "tested", { platforms: "" })).results["boot-images"], "kept");
  });

  it("have no key where the run knows none, and say in a rehearsal what they are", async () => {
    const shared = volume();
    await make(shared, "plain");
    const { log } = await keep(shared, "plain", "", { rehearsal: "true" });
    assert.equal(lastLine(log), "rehearsal: no operating system was built");
    const names = ["metal", "qemu"].map((name) => `${BUILD}-${ARCHITECTURE}-${name}-rehearsal`);
    assert.deepEqual(await tags("plain"), names);
    assert.ok(!existsSync(join(shared, "cache/boot-image")), "nothing is left on the volume");
  });

  it("are no reason to go on where a registry does not say, or takes nothing", async () => {
    const away = { kept: "127.0.0.1:1/away", "insecure-registries": "127.0.0.1:1" };
    const asked = await look(volume(), "away", away);
    assert.equal(asked.code, 1);
    assert.match(lastLine(asked.log), /^error: 127\.0\.0\.1:1\/away\/\S+:key-\w+ cannot be looked for: /);
    const shared = volume();
    const key = await make(shared, "away");
    const pushed = await keep(shared, "away", key, away);
    assert.equal(pushed.code, 1);
    assert.match(lastLine(pushed.log), /^error: 127\.0\.0\.1:1\/away\/\S+ cannot be pushed: does the registry need/);
  });
});
