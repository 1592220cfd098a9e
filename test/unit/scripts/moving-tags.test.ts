import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildRecord, RECORD_ANNOTATION } from "../../../components/programs/events/build";
import { RECORD_KEY } from "../gate/samples";
import { ARCHITECTURE, find, requireTools, startEmptyRegistry } from "./machine";
import { lastLine, run, runTask } from "./task";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

describe("Task cosa-push-container, with a real registry", () => {
  let folder: string;
  let registry: { address: string; stop(): void } | undefined;

  before(async function () {
    requireTools(this, "skopeo", "jq");
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-moving-"));
    registry = await startEmptyRegistry(folder);
  });
  after(() => {
    registry?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** The workspace of a run that has built a base image of a commit. */
  async function built(version: string, commit: string, committed?: number): Promise<string> {
    const workspace = mkdtempSync(join(folder, "workspace-"));
    const layout = join(workspace, "layout");
    mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
    mkdirSync(join(workspace, "images"));
    const store = (mediaType: string, content: object) => {
      const bytes = Buffer.from(JSON.stringify(content));
      const sum = createHash("sha256").update(bytes).digest("hex");
      writeFileSync(join(layout, "blobs/sha256", sum), bytes);
      return { mediaType, digest: `sha256:${sum}`, size: bytes.length };
    };
    const Labels = {
      "io.okd-streams.source.base": commit,
      "org.opencontainers.image.version": version,
      ...(committed && { "io.okd-streams.committed": String(committed) }),
    };
    const config = store("application/vnd.oci.image.config.v1+json", {
      ...{ architecture: "amd64", os: "linux", config: { Labels }, rootfs: { type: "layers", diff_ids: [] } },
    });
    const manifest = store(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers: [] });
    writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
    writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion": "1.0.0"}');
    const { code, log } = await run("skopeo", [
      "copy",
      `oci:${layout}`,
      `oci-archive:${workspace}/images/base.ociarchive`,
    ]);
    assert.equal(code, 0, log);
    writeFileSync(join(workspace, "images/base.json"), JSON.stringify({ version }));
    return workspace;
  }
  /** A run's record, as its gate reads it: images by digest, and the commit. */
  async function record(workspace: string, name: string, run: string, commit: string) {
    const keys = mkdtempSync(join(folder, "keys-"));
    mkdirSync(join(keys, "event"));
    writeFileSync(join(keys, "record-key"), RECORD_KEY.privateKey);
    const { code, log } = await runTask("leave-record", {
      params: {
        ...{
          run,
          records: `${name}-records`,
          stream: "okd-coreos",
          version: "5.0",
          "build-id": run,
          architecture: "amd64",
        },
        ...{ commits: `base=${commit}`, "target-registry": `${registry!.address}/okd` },
        "insecure-registries": registry!.address,
      },
      workspaces: { shared: workspace },
      env: { EVENT: join(keys, "event"), KEYS_FILE: join(keys, "none"), RECORD_KEY: join(keys, "record-key") },
    });
    assert.equal(code, 0, log);
    const url = `http://${registry!.address}/v2/okd/${name}-records/manifests/5.0-${run}-amd64`;
    const manifest = (await (await fetch(url, { headers: { accept: MANIFEST } })).json()) as {
      annotations: Record<string, string>;
    };
    const { commits, images } = JSON.parse(manifest.annotations[RECORD_ANNOTATION]!) as BuildRecord;
    return { commits, images };
  }
  const push = (
    workspace: string,
    name: string,
    params: Record<string, string> = {},
    env: Record<string, string> = {},
  ) =>
    runTask("cosa-push-container", {
      env,
      params: {
        ...{ image: "base", tag: "5.0", "tag-latest": "true", "container-image-name": name },
        ...{ "target-registry": `${registry!.address}/okd`, "insecure-registries": registry!.address },
        ...params,
      },
      workspaces: { ws: workspace },
    });
  async function digestOf(name: string, tag: string): Promise<string | null> {
    const url = `http://${registry!.address}/v2/okd/${name}/manifests/${tag}`;
    return (await fetch(url, { headers: { accept: MANIFEST } })).headers.get("docker-content-digest");
  }

  it("moves a version's tag to newer commits, and never back", async () => {
    const moving = `5.0-${ARCHITECTURE}`;
    const first = await push(await built("1", "a", 1000), "forward");
    const third = await push(await built("3", "c", 3000), "forward");
    assert.equal(third.code, 0, third.log);
    assert.notEqual(third.results.digest, first.results.digest);
    assert.equal(await digestOf("forward", moving), third.results.digest);
    const second = await push(await built("2", "b", 2000), "forward");
    assert.equal(second.code, 0, second.log);
    assert.match(second.log, /left alone: \S+\/forward:5\.0-\S+ is of a newer commit/);
    assert.equal(await digestOf("forward", moving), third.results.digest);
    assert.equal(await digestOf("forward", `2-${ARCHITECTURE}`), second.results.digest, "its own tag is there");
  });

  it("has it where it was when an older run looks before a newer one and pushes behind it", async () => {
    const moving = `5.0-${ARCHITECTURE}`;
    await push(await built("1", "a", 1000), "late");
    const newer = await built("3", "c", 3000);
    const real = find("skopeo")!;
    const tools = mkdtempSync(join(folder, "tools-"));
    const target = `docker://${registry!.address}/okd/late`;
    // Between the older run's look and its push comes all that the newer one does, as its own log shows it.
    const between = [`${moving}-at-3000`, moving].map(
      (tag) =>
        `${real} --insecure-policy copy --quiet --dest-tls-verify=false oci-archive:${newer}/images/base.ociarchive ${target}:${tag}`,
    );
    const wrapper = ["#!/bin/sh", `case "$*" in *" copy "*" ${target}:${moving}")`].concat(
      `if [ ! -e ${tools}/done ]; then`,
      `: > ${tools}/done`,
      ...between,
      "fi ;; esac",
      `exec ${real} "$@"`,
    );
    writeFileSync(join(tools, "skopeo"), `${wrapper.join("\n")}\n`, { mode: 0o755 });
    const { code, log } = await push(await built("2", "b", 2000), "late", {}, { PATH: `${tools}:${process.env.PATH}` });
    assert.equal(code, 0, log);
    assert.ok(existsSync(join(tools, "done")), "the newer one came in between");
    assert.match(log, /^moved on: \S+\/late:5\.0-\S+ is what another run pushed of a newer commit$/m);
    assert.equal(await digestOf("late", moving), await digestOf("late", `${moving}-at-3000`));
    assert.notEqual(await digestOf("late", moving), await digestOf("late", `${moving}-at-2000`));
  });

  it("moves it from and to images that do not say when they were committed", async () => {
    await push(await built("1", "a"), "silent");
    await push(await built("2", "b", 2000), "silent");
    const { results } = await push(await built("3", "c"), "silent");
    assert.equal(await digestOf("silent", `5.0-${ARCHITECTURE}`), results.digest);
  });

  // In both orders: which of them ends last is left to the machine.
  for (const order of [
    ["older", "newer"],
    ["newer", "older"],
  ]) {
    it(`has two right images and records of two runs at one moment, the ${order[0]} first, and nothing of a third whose record was never left`, async () => {
      const name = `two-${order[0]}`;
      const times: Record<string, number> = { older: 1000, newer: 2000 };
      const workspaces = new Map<string, string>();
      for (const commit of order) workspaces.set(commit, await built("1", commit, times[commit]));
      // On one base: the tag that is called after the base's version is of both.
      await push(await built("1", "killed", 500), name, { run: "killed" });
      const ends = await Promise.all(
        [...workspaces].map(([commit, workspace]) => push(workspace, name, { run: commit, commit: `base=${commit}` })),
      );
      for (const { code, log } of ends) assert.equal(code, 0, log);
      const records = await Promise.all(
        [...workspaces].map(([commit, workspace]) => record(workspace, name, commit, commit)),
      );
      for (const [index, commit] of order.entries()) {
        const { digest } = ends[index]!.results;
        assert.deepEqual(records[index], { commits: { base: commit }, images: { [name]: digest } });
        assert.equal(await digestOf(name, digest!), digest, "it is there by its digest");
      }
      assert.notEqual(ends[0]!.results.digest, ends[1]!.results.digest);
      const answer = await fetch(`http://${registry!.address}/v2/okd/${name}-records/tags/list`);
      const { tags } = (await answer.json()) as { tags: string[] };
      assert.deepEqual(tags.sort(), ["5.0-newer-amd64", "5.0-older-amd64"]);
    });
  }

  it("pushes nothing of another commit than the run asked for", async () => {
    const workspace = await built("1", "a", 1000);
    const { code, log } = await push(workspace, "mixed", { commit: "base=b" });
    assert.equal(code, 1);
    assert.equal(
      lastLine(log),
      "error: image base was built of base a, not of b: is another run at work on the same volume?",
    );
    assert.equal(await digestOf("mixed", `1-${ARCHITECTURE}`), null);
    assert.equal((await push(workspace, "mixed", { commit: "base=a" })).code, 0);
  });
});
