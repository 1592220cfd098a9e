import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { blobFile, readLayout } from "../../../components/images/layout";
import { RECORD_ANNOTATION } from "../../../components/programs/events/build";
import { returnImages, saveImages } from "../../../stacks/tools/backup/images";
import { MemoryRegistry, sha256 } from "../bundle/memory-registry";

describe("the images of a backup", () => {
  let registry: MemoryRegistry, other: MemoryRegistry, address: string, empty: string, folder: string;
  let newest: string;
  const options = { say: () => undefined };

  beforeEach(async () => {
    [registry, other] = [new MemoryRegistry(), new MemoryRegistry()];
    [address, empty] = [await registry.start(), await other.start()];
    folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-")), "registry");
    registry.add("okd/stream-coreos", "key-1");
    newest = registry.add("okd/stream-coreos", "5.0-x86_64", ["amd64"]);
    registry.add("okd/okd-rpms", "key-2");
  });
  afterEach(async () => {
    await Promise.all([registry.stop(), other.stop()]);
    fs.rmSync(path.dirname(folder), { recursive: true });
  });

  const references = () => readLayout(folder).map(({ reference }) => reference);
  const save = () => saveImages(folder, address, options);
  const give = () => returnImages(folder, empty, options);
  const record = (images: Record<string, string>) =>
    registry.addNote("okd/records", "5.0-a-amd64", {
      [RECORD_ANNOTATION]: JSON.stringify({
        ...{
          schema: 1,
          stream: "okd-coreos",
          version: "5.0",
          buildId: "a",
          architecture: "amd64",
          commits: {},
          images,
        },
        created: "2026-11-30T00:00:00Z",
      }),
    });

  it("are all that have a tag, page after page, by names without the registry's, each blob once", async () => {
    assert.equal(await save(), 3);
    assert.deepEqual(references(), ["okd/okd-rpms:key-2", "okd/stream-coreos:5.0-x86_64", "okd/stream-coreos:key-1"]);
    const names = fs.readdirSync(path.join(folder, "blobs/sha256"));
    for (const name of names)
      assert.equal(sha256(fs.readFileSync(blobFile(folder, `sha256:${name}`))), `sha256:${name}`);
    // Two lists for two architectures and one for one: lists, images, configurations, layers of their own, shared ones.
    assert.equal(names.length, 3 + 5 + 5 + 4 + 2);
    const before = fs.readFileSync(path.join(folder, "index.json"), "utf8");
    registry.asked = [];
    await save();
    assert.deepEqual(registry.asksOfBlobs, []);
    assert.equal(fs.readFileSync(path.join(folder, "index.json"), "utf8"), before);
  });

  it("are those too that a record names, wherever their tag has gone, and that the registry has", async () => {
    const former = registry.add("okd/stream-coreos", "5.0-x86_64", ["arm64"]);
    registry.add("okd/stream-coreos", "5.0-x86_64");
    record({ "stream-coreos": former, "stream-coreos-extensions": sha256("never pushed") });
    await save();
    assert.ok(references().includes(`okd/stream-coreos@${former}`), references().join());
    assert.ok(!references().some((it) => it.includes("extensions")));
    const { pushed } = await give();
    assert.deepEqual(pushed, references());
    assert.ok(other.documents.has(`okd/stream-coreos/manifests/${former}`));
  });

  it("stay where the registry has lost them", async () => {
    await save();
    for (const key of registry.documents.keys()) if (key.startsWith("okd/okd-rpms/")) registry.documents.delete(key);
    assert.equal(await save(), 3);
    assert.deepEqual((await give()).pushed, references());
    assert.deepEqual(other.tags("okd/okd-rpms"), ["key-2"]);
  });

  it("are read back: what is not what its digest says is removed, and fetched by the next call", async () => {
    await save();
    const [, layer] = [...registry.blobs].find(([, content]) => content === "okd/okd-rpms for amd64")!;
    const file = blobFile(folder, sha256(layer));
    fs.writeFileSync(file, "x".repeat(layer.length));
    await assert.rejects(save(), {
      name: "UserError",
      message: `${file} was not what its name says: it is removed, run the same command again.`,
    });
    await save();
    assert.equal(fs.readFileSync(file, "utf8"), layer);
  });

  it("go back where they lack, and no tag that is there is moved: what it led to is there by its digest", async () => {
    await save();
    const moved = other.add("okd/stream-coreos", "5.0-x86_64", ["amd64", "arm64"]);
    assert.notEqual(moved, newest);
    assert.deepEqual(await give(), {
      pushed: ["okd/okd-rpms:key-2", "okd/stream-coreos:key-1"],
      elsewhere: ["okd/stream-coreos:5.0-x86_64"],
      same: 0,
    });
    const now = other.documents.get("okd/stream-coreos/manifests/5.0-x86_64")!.content;
    assert.equal(sha256(now), moved);
    assert.ok(other.documents.has(`okd/stream-coreos/manifests/${newest}`));
    assert.deepEqual((await give()).pushed, []);
    assert.equal((await give()).same, 2);
  });

  it("are not taken for none where something else answers than a registry", async () => {
    registry.wrong = { _catalog: "other" };
    await assert.rejects(save(), {
      name: "UserError",
      message: /_catalog\?n=1000 answers something else than a list\.$/,
    });
    registry.authorization = "nobody";
    await assert.rejects(save(), { name: "UserError", message: /_catalog\?n=1000 answers 401\.$/ });
  });

  it("are not taken for missing where something else than the registry says so", async () => {
    await save();
    other.wrong = { "okd/stream-coreos/manifests/5.0-x86_64": "404" };
    await assert.rejects(give(), { name: "UserError", message: /manifests\/5\.0-x86_64 answers 404\.$/ });
    assert.equal(other.asked.filter((line) => line.startsWith("PUT okd/stream-coreos/manifests")).length, 0);
    registry.wrong = { "okd/stream-coreos/manifests/key-1": "404" };
    await assert.rejects(save(), { name: "UserError" });
  });
});
