import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect } from "../../../components/programs/collection/collect";
import type { Settings } from "../../../components/programs/collection/settings";
import { RECORD_ANNOTATION } from "../../../components/programs/events/build";
import { RegistryClient } from "../../../components/programs/gate/registry";
import { count } from "../../counts";
import { answering, find, startEmptyRegistry } from "../scripts/machine";
import { run } from "../scripts/task";
import { digestOf, Pushes } from "./pushes";

const IMAGES = ["stream-coreos-base", "stream-coreos", "stream-coreos-extensions"];
const [BASE, NODE] = IMAGES as [string, string];
/** To prove it: a month of them. */
const NIGHTS = count(12, 30);
const KEEP = 3;
const DAY_MS = 86_400_000;

describe("a month of nightly builds, with what is deleted after each", function () {
  this.timeout(300_000);
  let folder: string;
  let registry: Awaited<ReturnType<typeof startEmptyRegistry>>;
  let pushes: Pushes;
  /** What each night has left, by the names that this test has for it. */
  const nights: Record<string, string>[] = [];
  /** Manifests and blobs after each night. */
  const sizes: number[] = [];

  const settings = (): Settings => ({
    registry: { address: registry.address, path: "okd", insecure: true },
    namespaces: [],
    named: nights[1] ? [nights[1][NODE]!] : [],
    builds: [{ version: "5.0", records: "okd-coreos-records", images: IMAGES, rehearsal: false, keep: KEEP }],
    images: {
      ...Object.fromEntries(IMAGES.map((name) => [name, KEEP])),
      "okd-rpms": KEEP,
      "stream-coreos-boot-images": 2,
    },
    held: { repository: "held-bases", keep: KEEP, of: ["c10s-x86_64"] },
  });
  const day = (night: number) => new Date(Date.parse("2026-11-01T02:00:00Z") + night * DAY_MS).toISOString();
  const compact = (night: number) => day(night).slice(0, 10).replaceAll("-", "");
  const id = (night: number) => `night-${String(night).padStart(2, "0")}`;
  const whole = (night: number) => night < NIGHTS - 4;

  /** Everything that the Tasks of a run push. */
  async function build(night: number): Promise<Record<string, string>> {
    const version = `10.0.${compact(night)}-84304436`;
    const key = (what: string) => `key-${digestOf(`${what} ${night}`).slice(7)}`;
    const created = day(night);
    const left: Record<string, string> = {};
    for (const name of IMAGES) {
      const labels = {
        ...(name !== BASE && { "io.okd-streams.version": "5.0" }),
        "org.opencontainers.image.version": version,
      };
      const tags = [key(name), `${version}-x86_64`, "5.0-x86_64"];
      left[name] = await pushes.image(name, {
        labels,
        created,
        layers: ["of all nights", `${name} of ${night}`],
        tags,
      });
    }
    // RPMs change every other night, what the sources build on every fourth.
    const half = Math.floor(night / 2);
    for (const rpm of ["openshift-clients", "cri-o"]) {
      const labels = {
        "io.okd-streams.rpm": rpm,
        "io.okd-streams.version": "5.0",
        "io.okd-streams.committed": String(1_793_000_000 + half),
      };
      const tags = [`key-${digestOf(`${rpm} ${half}`).slice(7)}`];
      left[rpm] = await pushes.image("okd-rpms", { labels, layers: [`${rpm} of ${half}`], tags });
    }
    const fourth = Math.floor(night / 4);
    const held = digestOf(`bootc ${fourth}`);
    left.held = await pushes.image("held-bases", {
      layers: [`bootc ${fourth}`],
      tags: [`sha256-${held.slice(7)}-x86_64`],
    });
    const annotations = { "io.okd-streams.bases": left.held, "io.okd-streams.day": compact(night) };
    await pushes.image("held-bases", { annotations, tags: [`used-c10s-x86_64-${compact(night)}-0123456789ab`] });

    const disk = { "io.okd-streams.boot-image": "qemu", "org.opencontainers.image.version": version };
    const boot = "stream-coreos-boot-images";
    left.disk = await pushes.image(boot, {
      labels: disk,
      layers: [`disk of ${night}`],
      tags: [`${version}-x86_64-qemu`],
    });
    const found = JSON.stringify({ build: version, images: { qemu: left.disk }, run: id(night) });
    left.boot = await pushes.image(boot, { annotations: { "io.okd-streams.boot-images": found }, tags: [key(boot)] });

    const record = {
      ...{ schema: 1, stream: "okd-coreos", version: "5.0", buildId: id(night), architecture: "amd64", commits: {} },
      ...{ images: Object.fromEntries(IMAGES.map((name) => [name, left[name]])), created },
    };
    const signed = { [RECORD_ANNOTATION]: JSON.stringify(record) };
    left.record = await pushes.image("okd-coreos-records", { annotations: signed, tags: [`5.0-${id(night)}-amd64`] });
    for (const name of whole(night) ? IMAGES : []) await pushes.list(name, [left[name]!], [`5.0-${id(night)}`]);
    return left;
  }

  before(async function () {
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-nights-"));
    registry = await startEmptyRegistry(folder);
    pushes = new Pushes(registry.address);
    const client = new RegistryClient({ address: registry.address, insecure: true });
    for (let night = 0; night < NIGHTS; night++) {
      nights.push(await build(night));
      // A release was made of one, by a name of its own; a run that goes on for ever has found an image of another.
      if (night === 2) await tag(NODE, nights[2]![NODE]!, "4.22.0-okd-scos.7.mine.1");
      const used = new Set(night >= 4 ? [nights[4]![BASE]!] : []);
      await collect(settings(), client, () => Promise.resolve({ digests: used, namespaces: [] }));
      sizes.push((await Promise.all(REPOSITORIES.map((name) => pushes.tags(name)))).flat().length);
    }
  });
  after(() => {
    registry?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  const REPOSITORIES = [...IMAGES, "okd-rpms", "held-bases", "stream-coreos-boot-images", "okd-coreos-records"];
  async function tag(repository: string, digest: string, name: string): Promise<void> {
    const answer = await pushes.get(repository, digest);
    const headers = { "content-type": answer.headers.get("content-type")! };
    const url = `http://${registry.address}/v2/okd/${repository}/manifests/${name}`;
    assert.equal((await fetch(url, { method: "PUT", headers, body: await answer.text() })).status, 201);
  }
  const nightsOf = async (repository: string, what = repository) => {
    const there = await Promise.all(
      nights.map(async (left) => (await pushes.get(repository, left[what]!)).status === 200),
    );
    return there.flatMap((is, night) => (is ? [night] : []));
  };
  const sorted = (list: number[]) => [...new Set(list)].sort((a, b) => a - b);
  const newest = (count: number, last = NIGHTS) => Array.from({ length: count }, (_, index) => last - count + index);
  const WHOLE = newest(KEEP, NIGHTS - 4);

  it("leave the newest builds, and the newest that are whole, with their records and lists", async () => {
    const stay = [...WHOLE, ...newest(KEEP)];
    assert.deepEqual(
      await pushes.tags("okd-coreos-records"),
      stay.map((night) => `5.0-${id(night)}-amd64`),
    );
    assert.deepEqual(await nightsOf("stream-coreos-extensions"), stay);
    const lists = (await pushes.tags(NODE)).filter((tag) => tag.startsWith("5.0-night"));
    assert.deepEqual(
      lists,
      WHOLE.map((night) => `5.0-${id(night)}`),
    );
  });

  it("leave what the settings, a tag of somebody's or a running run name", async () => {
    const stay = [...WHOLE, ...newest(KEEP)];
    assert.deepEqual(await nightsOf(NODE), sorted([1, 2, ...stay]));
    assert.deepEqual(await nightsOf(BASE), sorted([4, ...stay]));
  });

  it("leave what the next run finds by its key: RPMs, what sources build on, boot images", async () => {
    assert.deepEqual(await nightsOf("okd-rpms", "cri-o"), newest(2 * KEEP));
    const bases = new Set(newest(KEEP).map((night) => Math.floor(night / 4)));
    const nightsOfBases = nights.flatMap((_, night) => (bases.has(Math.floor(night / 4)) ? [night] : []));
    assert.deepEqual(await nightsOf("held-bases", "held"), nightsOfBases);
    assert.deepEqual(await nightsOf("stream-coreos-boot-images", "boot"), newest(2));
    assert.deepEqual(await nightsOf("stream-coreos-boot-images", "disk"), newest(2));
  });

  it("leave as many tags as a week did, however many they are", () => {
    assert.ok(Math.max(...sizes) <= 75, sizes.join(" "));
    assert.ok(sizes.at(-1)! < NIGHTS * 10, "what a night leaves is more than what stays of it");
  });

  it("leave nothing that is not whole once the registry has swept, and no blob of the others", async () => {
    registry.stop();
    const blobs = () =>
      readdirSync(join(folder, "registry/docker/registry/v2/blobs"), { recursive: true }).filter((it) =>
        String(it).endsWith("data"),
      ).length;
    const before = blobs();
    const program = find("registry", "docker-registry")!;
    const { code, log } = await run(program, ["garbage-collect", join(folder, "registry.yml")]);
    assert.equal(code, 0, log);
    assert.ok(blobs() < before / 2, `${blobs()} of ${before}`);
    const server = spawn(program, ["serve", join(folder, "registry.yml")], { stdio: "ignore" });
    registry.stop = () => server.kill();
    await answering(`http://${registry.address}/v2/`);
    const tags = await Promise.all(
      REPOSITORIES.map(async (name) => (await pushes.tags(name)).map((tag) => [name, tag])),
    );
    const missing = await Promise.all(tags.flat().map(([name, tag]) => pushes.missing(name!, tag!)));
    assert.deepEqual(missing.flat(), []);
  });
});
