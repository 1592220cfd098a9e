import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { collect } from "../../../components/programs/collection/collect";
import { type PayloadsFound, pastRecords } from "../../../components/programs/collection/payloads";
import type { InUse } from "../../../components/programs/collection/runs";
import type { Settings } from "../../../components/programs/collection/settings";
import { RegistryClient, Unavailable } from "../../../components/programs/gate/registry";
import { find, startEmptyRegistry } from "../scripts/machine";
import { digestOf, Pushes } from "./pushes";

const KEY = (name: string) => digestOf(`key of ${name}`).slice(7);
const BUSY: InUse = { digests: new Set(), namespaces: ["okd-payload"] };

describe("what payloads and tests leave in a registry", function () {
  this.timeout(60_000);
  let folder: string;
  let registry: Awaited<ReturnType<typeof startEmptyRegistry>>;
  let pushes: Pushes;
  /** By the names that this test has for them. */
  let left: Record<string, string>;

  before(async function () {
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-payloads-"));
  });
  beforeEach(async () => {
    const own = mkdtempSync(join(folder, "registry-"));
    registry = await startEmptyRegistry(own);
    pushes = new Pushes(registry.address);
    left = {};
  });
  afterEach(() => registry?.stop());
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  const settings = (more: Partial<Settings> = {}): Settings => ({
    registry: { address: registry.address, path: "okd", insecure: true },
    ...{ namespaces: ["okd-payload"], named: [], builds: [], images: {} },
    payloads: { namespace: "okd-payload", plans: "okd-payload-plan", releases: ["okd-payload"], keep: 1 },
    verdicts: ["okd-payload", "verdicts"],
    ...more,
  });
  const run = async (inUse: Partial<InUse> = {}, more: Partial<Settings> = {}) => {
    const client = new RegistryClient({ address: registry.address, insecure: true });
    const { gone } = await collect(settings(more), client, () =>
      Promise.resolve({ digests: new Set<string>(), namespaces: [], ...inUse }),
    );
    const said = gone.map(
      ({ repository, digest }) => `${repository} ${Object.keys(left).find((name) => left[name] === digest)}`,
    );
    // As the registry lists tags is no order.
    return said.sort();
  };

  /** A component's image on a day of November, and its record. */
  async function component(name: string, day: number): Promise<void> {
    const key = KEY(`${name} ${day}`);
    left[`record ${name} ${day}`] = await pushes.image(name, {
      annotations: { "io.okd-streams.record": `{"name":"${name}","day":${day}}` },
      tags: [`record-${key}`],
    });
    left[`${name} ${day}`] = await pushes.image(name, {
      labels: { "io.okd-streams.component": name, "io.okd-streams.key": key },
      ...{ created: `2026-11-${String(day).padStart(2, "0")}T00:00:00Z`, layers: [`${name} of ${day}`] },
      tags: [`key-${key}`],
    });
  }
  async function plan(what: string, of: [name: string, day: number][], more: object = {}): Promise<void> {
    const components = of.map(([name, day]) => {
      const key = KEY(`${name} ${day}`);
      return { name, key, image: `${registry.address}/okd/${name}:key-${key}` };
    });
    const record = JSON.stringify({ components, ...more });
    const tags = [`record-${digestOf(record).slice(7)}`];
    left[`plan ${what}`] = await pushes.image("okd-payload-plan", {
      annotations: { "io.okd-streams.record": record },
      tags,
    });
  }
  /** A release as `oc` packs it: its manifests are the last layer. */
  async function release(
    version: string,
    names: string[],
    pack: (text: string) => string | Buffer = gzipSync,
  ): Promise<void> {
    const tags = names.map((name) => ({
      from: { name: `${registry.address}/okd/${name.split(" ")[0]!}@${left[name]!}` },
    }));
    const manifests = `release-manifests/image-references\0\0${JSON.stringify({ spec: { tags } })}\0`;
    left[version] = await pushes.image("okd-payload", { layers: ["an operator", pack(manifests)], tags: [version] });
  }
  async function verdict(repository: string, on: string, of: string): Promise<void> {
    const statement = JSON.stringify({ subject: [{ name: on.split("@")[0], digest: { sha256: of.slice(7) } }] });
    const envelope = JSON.stringify({
      payloadType: "t",
      payload: Buffer.from(statement).toString("base64"),
      signatures: [],
    });
    left[`verdict ${on}`] = await pushes.image(repository, {
      annotations: { on },
      layers: [envelope],
      tags: [`sha256-${of.slice(7)}.att`],
    });
  }

  it("are images of components that no release names, beyond the newest, with their records and plans", async () => {
    for (const day of [1, 2, 3, 4]) await component("console", day);
    for (const day of [1, 2]) await component("etcd", day);
    await plan("first", [
      ["console", 1],
      ["etcd", 1],
    ]);
    await plan("second", [
      ["console", 2],
      ["etcd", 1],
    ]);
    await plan("last", [
      ["console", 4],
      ["etcd", 2],
    ]);
    await release("4.22.0-mine.1", ["console 1", "etcd 1"]);
    await release("4.22.0-mine.2", ["etcd 2"], (text) => text);
    // A release's signature, and a component that was copied to it.
    const signature = `sha256-${left["4.22.0-mine.1"]!.slice(7)}.gpg`;
    await pushes.image("okd-payload", { layers: ["signed"], tags: [signature] });
    await pushes.image("okd-payload", { layers: ["a copy"], tags: ["content-4.22.0-mine.1-etcd"] });
    assert.deepEqual(await run(), [
      ...["console console 2", "console console 3", "console record console 2", "console record console 3"],
      "okd-payload-plan plan second",
    ]);
    assert.deepEqual(await run(), []);
    assert.deepEqual(await pushes.missing("okd-payload", signature), []);
    assert.deepEqual(await pushes.missing("okd-payload", "content-4.22.0-mine.1-etcd"), []);
    for (const [name, day] of [
      ["console", 1],
      ["console", 4],
      ["etcd", 1],
      ["etcd", 2],
    ] as const) {
      assert.deepEqual(await pushes.missing(name, `key-${KEY(`${name} ${day}`)}`), []);
      assert.deepEqual(await pushes.missing(name, `record-${KEY(`${name} ${day}`)}`), []);
    }
  });

  it("are none while a payload is made: its run finds them by keys that nobody else sees", async () => {
    for (const day of [1, 2]) await component("console", day);
    await plan("of both", [["console", 2]]);
    assert.deepEqual(await run(BUSY), []);
    assert.deepEqual(await run({ digests: new Set([left["console 1"]!]) }), []);
    assert.deepEqual(await run(), ["console console 1", "console record console 1"]);
  });

  it("are none that operators are made of, by whatever name", async () => {
    for (const day of [1, 2]) for (const name of ["vpa", "console"]) await component(name, day);
    await plan("of operators", [["vpa", 1]], { base: {} });
    await plan("of a payload", [
      ["vpa", 2],
      ["console", 2],
    ]);
    assert.deepEqual(await run(), ["console console 1", "console record console 1"]);
  });

  it("are none where a release does not say what it names, nor a plan what it is of", async () => {
    for (const day of [1, 2]) await component("console", day);
    await plan("of both", [["console", 2]]);
    const image = { layers: ["nothing of a release"], tags: ["4.22.0-mine.1"] };
    await pushes.image("okd-payload", image);
    await assert.rejects(
      run(),
      (error) => error instanceof Unavailable && /is no release that can be read/.test(error.message),
    );
    await release("4.22.0-mine.1", []);
    await pushes.image("okd-payload-plan", { annotations: { "io.okd-streams.record": "{" }, tags: ["record-x"] });
    await assert.rejects(
      run(),
      (error) => error instanceof Unavailable && /a plan of payloads cannot be read/.test(error.message),
    );
    assert.deepEqual(await pushes.missing("console", left["console 1"]!), []);
  });

  it("are verdicts on releases that are gone, and none on one of another registry or one that is named", async () => {
    await release("4.22.0-mine.1", []);
    const [here, gone, used, away] = [left["4.22.0-mine.1"]!, ...["gone", "used", "away"].map(digestOf)] as [
      string,
      string,
      string,
      string,
    ];
    const at = `${registry.address}/okd/okd-payload`;
    await verdict("okd-payload", `${at}@here`, here);
    await verdict("okd-payload", `${at}@gone`, gone);
    await verdict("verdicts", `${at}@there`, here);
    await verdict("verdicts", `${at}@gone too`, gone);
    await verdict("verdicts", `${at}@used`, used);
    await verdict("verdicts", "quay.io/okd/scos-release@away", away);
    const expected = [`okd-payload verdict ${at}@gone`, `verdicts verdict ${at}@gone too`];
    assert.deepEqual(await run({ digests: new Set([used]) }), expected);
    assert.deepEqual(await run({}, { named: [used] }), []);
  });
});

describe("records of components", () => {
  it("go with the image of their key, and plans with the first of theirs", () => {
    const stored = (digest: string, tags: string[]) => ({ digest, tags, annotations: {}, labels: {} });
    const [a, b] = [KEY("a"), KEY("b")];
    const found = new Map([
      [
        "x",
        [
          stored("1", [`key-${a}`]),
          stored("2", [`record-${a}`]),
          stored("3", [`record-${b}`]),
          stored("4", [`record-${b}`, "record-4.22-amd64"]),
        ],
      ],
    ]);
    const plan = (digest: string, of: string[]) => ({ repository: "plans", digest, tags: [], of });
    const payloads: PayloadsFound = {
      ...{ components: ["x"], named: [] },
      plans: [plan("p", [`x:key-${a}`]), plan("q", [`x:key-${a}`, `x:key-${b}`]), plan("images alone", [])],
    };
    const past = (stays: string[]) =>
      pastRecords(found, payloads, (it) => stays.includes(it)).map(({ digest }) => digest);
    assert.deepEqual(past(["1"]), ["3", "q"]);
    assert.deepEqual(past([]), ["2", "3", "p", "q"]);
  });
});
