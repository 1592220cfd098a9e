import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pushLayers, put } from "../release/payload";
import { find, freePort, requireTools, startEmptyRegistry } from "./machine";
import { lastLine, type Outcome, runTask } from "./task";

const [HERE, OTHER] = process.arch === "arm64" ? ["arm64", "amd64"] : ["amd64", "arm64"];
const BOOTABLE = { "containers.bootc": "1", "ostree.bootable": "1" };
const NAME = "5.0.0-okd-scos.0";
const LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

describe("Task coreos-layer-base", function () {
  this.timeout(60_000);
  let folder: string;
  let registry: Awaited<ReturnType<typeof startEmptyRegistry>>;
  /** A node image by digest. */
  let node: string;

  before(async function () {
    requireTools(this, "skopeo", "jq", "python3");
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-base-"));
    registry = await startEmptyRegistry(folder);
    node = await image("okd/node:1", [{ "usr/x": "" }], BOOTABLE);
  });
  after(() => {
    registry?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Pushes an image. @returns it by digest */
  async function image(
    name: string,
    layers: Record<string, string>[],
    labels: Record<string, string>,
    architecture = HERE,
  ): Promise<string> {
    const digest = await pushLayers(folder, `${registry.address}/${name}`, layers, labels, architecture);
    return `${registry.address}/${name.split(":")[0]}@${digest}`;
  }
  const references = (images: Record<string, string>) => ({
    "release-manifests/image-references": JSON.stringify({
      kind: "ImageStream",
      spec: {
        tags: Object.entries(images).map(([name, from]) => ({ name, from: { kind: "DockerImage", name: from } })),
      },
    }),
  });
  /** Pushes a release image as oc makes it. @returns it by digest */
  const release = (
    tag: string,
    images: Record<string, string> = { cli: "example.org/cli", "stream-coreos": node },
    { name = NAME, architecture = HERE } = {},
  ) =>
    image(`okd/release:${tag}`, [{ "usr/x": "" }, references(images)], { "io.openshift.release": name }, architecture);
  /** Pushes a list of images of the same repository. @returns its digest's image */
  async function list(name: string, images: Record<string, string>): Promise<string> {
    const [path, tag] = name.split(":");
    const manifests = Object.entries(images).map(([architecture, by]) => ({
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      size: 1,
      digest: by.split("@")[1],
      platform: { architecture, os: "linux" },
    }));
    // sizes are those of the manifests
    for (const manifest of manifests) {
      const answer = await fetch(`http://${registry.address}/v2/${path}/manifests/${manifest.digest}`, {
        headers: { Accept: manifest.mediaType },
      });
      manifest.size = (await answer.text()).length;
    }
    const url = `http://${registry.address}/v2/${path}/manifests/${tag}`;
    await put(url, JSON.stringify({ schemaVersion: 2, mediaType: LIST, manifests }), LIST);
    const { headers } = await fetch(url, { headers: { Accept: LIST } });
    return `${registry.address}/${path}@${headers.get("docker-content-digest")}`;
  }
  async function resolve(params: Record<string, string>): Promise<Outcome> {
    const work = mkdtempSync(join(folder, "work-"));
    mkdirSync(join(work, "work"));
    const given = { version: "5.0", "insecure-registries": registry.address, ...params };
    return runTask("coreos-layer-base", { params: given, env: { WORK: join(work, "work") } });
  }
  async function found(params: Record<string, string>): Promise<Record<string, string>> {
    const { code, log, results } = await resolve(params);
    assert.equal(code, 0, log);
    return results;
  }

  it("says which image a tag means today, and what is named by digest is that", async () => {
    const tag = `${registry.address}/okd/node:1`;
    const none = { release: "", "release-digest": "" };
    assert.deepEqual(await found({ base: tag }), { base: node, name: tag, ...none });
    assert.deepEqual(await found({ base: node }), { base: node, name: node, ...none });
  });

  it("takes the node image that a release names, by tag and by digest", async () => {
    const by = await release("sound");
    const expected = { base: node, name: node, release: by, "release-digest": by.split("@")[1] };
    assert.deepEqual(await found({ release: `${registry.address}/okd/release:sound` }), expected);
    assert.deepEqual(await found({ release: by }), expected);
  });

  it("takes of a list the release of this architecture, and the list's digest for what is signed", async () => {
    const [own, other] = [await release("own"), await release("other", undefined, { architecture: OTHER })];
    const by = await list("okd/release:multi", { [OTHER!]: other, [HERE!]: own });
    const results = await found({ release: `${registry.address}/okd/release:multi` });
    assert.deepEqual([results.base, results.release], [node, by]);
  });

  it("pulls what a release names through the mirror, which has it under its full name", async () => {
    const mirror = `${registry.address}/proxy`;
    const name = "quay.io/okd/scos-content";
    const by = await image(`proxy/${name}:1`, [{ "usr/x": "" }], BOOTABLE);
    const there = await release("mirrored", { "stream-coreos": by.replace(`${mirror}/`, "") });
    assert.equal((await found({ release: there, "image-mirror": mirror })).base, by);
    // one of a registry with a port is not behind it
    assert.equal((await found({ release: await release("own"), "image-mirror": mirror })).base, node);
  });

  it("reads a release as a container of it would: what a later layer says is so", async () => {
    const layers = [references({ "stream-coreos": "example.org/old" }), references({ "stream-coreos": node })];
    const by = await image("okd/release:twice", layers, { "io.openshift.release": NAME });
    assert.equal((await found({ release: by })).base, node);
  });

  const refusals: [why: string, given: () => Promise<Record<string, string>>, error: RegExp][] = [
    [
      "a release that is not there",
      async () => ({ release: `${registry.address}/okd/release:9.9.9` }),
      /^error: there is no release \S+:9\.9\.9: its registry has none of this name$/,
    ],
    [
      "a registry that does not answer: that is no answer",
      async () => ({ release: `127.0.0.1:${await freePort()}/okd/release:${NAME}` }),
      /^error: release \S+ cannot be read: .*connection refused/,
    ],
    [
      "a release of another architecture",
      async () => ({ release: await release("elsewhere", undefined, { architecture: OTHER }) }),
      new RegExp(`^error: release \\S+ is for ${OTHER}, not for ${HERE}: name one for ${HERE}$`),
    ],
    [
      "a list without this architecture",
      async () => ({
        release: await list("okd/release:lacking", {
          s390x: await release("s390x", undefined, { architecture: "s390x" }),
          [OTHER!]: await release("other", undefined, { architecture: OTHER }),
        }),
      }),
      new RegExp(`^error: release \\S+ is for ${OTHER}, s390x, not for ${HERE}: name one for ${HERE}$`),
    ],
    [
      "an image that is no release",
      async () => ({ release: node }),
      /^error: \S+ is no release image: it has no label io\.openshift\.release$/,
    ],
    [
      "a release of another version",
      async () => ({ release: await release("older", undefined, { name: "4.22.0-okd-scos.7" }) }),
      /^error: release \S+ is 4\.22\.0-okd-scos\.7, and the layer is of OKD 5\.0: name the one that is meant$/,
    ],
    [
      "a release without the node image",
      async () => ({ release: await release("ancient", { cli: "example.org/cli", "machine-os-content": node }) }),
      /^error: release 5\.0\.0-okd-scos\.0 has no stream-coreos, the node image; of that kind it has: machine-os-content$/,
    ],
    [
      "a release without a list of its images",
      async () => ({ release: await image("okd/release:empty", [{ x: "" }], { "io.openshift.release": NAME }) }),
      /^error: release \S+ has no folder \/release-manifests$/,
    ],
    [
      "a node image that is gone",
      async () => ({
        release: await release("gone", { "stream-coreos": `${registry.address}/okd/node@sha256:${"0".repeat(64)}` }),
      }),
      /^error: there is no base \S+@sha256:0+: is it built already, or gone\?$/,
    ],
    [
      "a base that does not boot",
      async () => ({ base: await image("okd/plain:1", [{ x: "" }], {}) }),
      /^error: base \S+@sha256:\S+ is no bootable image: it has neither label/,
    ],
    [
      "a base of another architecture",
      async () => ({ base: await image("okd/node:2", [{ x: "" }], BOOTABLE, OTHER) }),
      new RegExp(`^error: base \\S+ is for ${OTHER}, not for ${HERE}: name one for ${HERE}$`),
    ],
    [
      "a base that nobody has built",
      async () => ({ base: `${registry.address}/okd/stream-coreos:5.0-x86_64` }),
      /^error: there is no base \S+:5\.0-x86_64: is it built already, or gone\?$/,
    ],
    ["nothing", async () => ({}), /^error: neither base nor release is named: /],
    ["both", async () => ({ base: node, release: node }), /^error: base and release are both named: /],
  ];
  for (const [why, given, error] of refusals) {
    it(`refuses in a sentence: ${why}`, async () => {
      const { code, log, results } = await resolve(await given());
      assert.equal(code, 1, log);
      assert.match(lastLine(log), error);
      assert.equal(results.base, undefined);
    });
  }
});
