import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { blobFile, readLayout, writeLayout } from "../../../components/images/layout";
import { fetchImages } from "../../../stacks/tools/bundle/images";
import { pushBundle } from "../../../stacks/tools/bundle/bundle";
import { MemoryRegistry, sha256 } from "./memory-registry";

describe("images of a bundle", () => {
  let source: MemoryRegistry, mirror: MemoryRegistry, host: string, mirrorHost: string, folder: string;
  let digest: string, lines: string[];
  const say = (line: string) => lines.push(line);

  beforeEach(async () => {
    [source, mirror, lines] = [new MemoryRegistry(), new MemoryRegistry(), []];
    [host, mirrorHost] = [await source.start(), await mirror.start()];
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"));
    digest = source.add("a/tool", "1");
    source.add("b/other", "2");
  });
  afterEach(async () => {
    await Promise.all([source.stop(), mirror.stop()]);
    fs.rmSync(folder, { recursive: true });
  });

  const references = () => [`${host}/a/tool:1@${digest}`, `${host}/b/other:2`];
  const images = () => path.join(folder, "images");
  const fetch = (architectures = ["amd64"], single: [string, string][] = []) =>
    fetchImages(images(), { references: references(), architectures, single: new Map(single) }, { say });
  const blobs = () => fs.readdirSync(path.join(images(), "blobs/sha256")).sort();

  it("are those of the architectures alone, by digest, each blob once; again, nothing is fetched", async () => {
    const stored = await fetch();
    assert.deepEqual(
      readLayout(images()).map(({ reference, digest: of }) => [reference, of]),
      stored.map(({ reference, digest: of }) => [reference, of]),
    );
    assert.equal(stored[0]!.digest, digest);
    // For each of two: list, image, configuration, the shared layer and its own.
    assert.equal(blobs().length, 10);
    for (const name of blobs())
      assert.equal(sha256(fs.readFileSync(blobFile(images(), `sha256:${name}`))), `sha256:${name}`);
    const before = fs.readFileSync(path.join(images(), "index.json"), "utf8");
    source.asked = [];
    await fetch();
    // A tag alone may lead elsewhere by now.
    assert.deepEqual(source.asked, ["GET b/other/manifests/2"]);
    assert.equal(fs.readFileSync(path.join(images(), "index.json"), "utf8"), before);
  });

  it("have another architecture added, and what nobody asks for any more removed", async () => {
    await fetch();
    source.asked = [];
    await fetch(["amd64", "arm64"]);
    assert.equal(source.asksOfBlobs.length, 4);
    assert.equal(blobs().length, 16);
    await fetch();
    assert.equal(blobs().length, 10);
  });

  for (const [wrong, says] of [
    ["404", /^http:\S+ could not be downloaded: HTTP 404\.$/],
    ["half", /^http:\S+ could not be downloaded: terminated: .+\.$/],
    ["other", /^127\S+: http:\S+ is sha256:\w+, another blob: nothing of it was kept\.$/],
  ] as const) {
    it(`end in one sentence, and nothing half is left: a blob that is ${wrong}; the next call goes on`, async () => {
      const [, blob] = [...source.blobs].find(([, content]) => content === "a/tool for amd64")!;
      source.wrong = { [`a/tool/blobs/${sha256(blob)}`]: wrong };
      await assert.rejects(fetch(), { name: "UserError", message: says });
      assert.ok(!fs.existsSync(path.join(images(), "index.json")));
      assert.deepEqual(
        blobs().filter((name) => !/^[0-9a-f]{64}$/.test(name)),
        [],
      );
      const kept = blobs();
      assert.ok(!kept.includes(sha256(blob).slice(7)));
      source.wrong = {};
      source.asked = [];
      await fetch();
      assert.equal(source.asksOfBlobs.length, 10 - kept.length);
    });
  }

  it("end in one sentence: a list that is another than its digest says, an architecture that is not there", async () => {
    source.wrong = { [`a/tool/manifests/${digest}`]: "other" };
    await assert.rejects(fetch(), { message: /a\/tool\/manifests\/sha256:\w+ answers something else than it says$/ });
    source.wrong = {};
    await assert.rejects(fetch(["s390x"]), {
      message: `${references()[0]!} is not there for s390x: it is for amd64, arm64.`,
    });
  });

  it("that exist for one architecture alone are those of it", async () => {
    await fetch(["arm64"], [[references()[1]!, "amd64"]]);
    const text = blobs().map((name) => fs.readFileSync(blobFile(images(), `sha256:${name}`), "utf8"));
    assert.ok(text.includes("b/other for amd64") && !text.includes("b/other for arm64"));
  });

  it("a blob that a killed call left half is fetched", async () => {
    const partial = `${blobFile(images(), sha256("a/tool for amd64"))}.77.partial`;
    fs.mkdirSync(path.dirname(partial), { recursive: true });
    fs.writeFileSync(partial, "a/to");
    await fetch();
    assert.equal(blobs().length, 10);
  });

  describe("in a mirror", () => {
    // What a stack names has no port in it: a path of a mirror cannot hold one.
    async function prepared(architectures: string[]): Promise<void> {
      const stored = await fetch(architectures);
      await writeLayout(
        images(),
        stored.map((it) => ({ ...it, reference: it.reference.replace(host, "quay.example") })),
      );
    }

    it("are there under their full names, by tag and digest; again, nothing is sent", async () => {
      await prepared(["amd64"]);
      await pushBundle(folder, `${mirrorHost}/path`, { say });
      for (const name of ["1", digest]) assert.ok(mirror.documents.has(`path/quay.example/a/tool/manifests/${name}`));
      assert.ok(mirror.documents.has("path/quay.example/b/other/manifests/2"));
      mirror.asked = [];
      await pushBundle(folder, `${mirrorHost}/path`, { say });
      assert.ok(!mirror.asked.some((line) => line.startsWith("POST")));
    });

    it("with lists of which some images are missing: where the registry refuses them, the remedy is said", async () => {
      mirror.takesSparseLists = false;
      await prepared(["amd64"]);
      await assert.rejects(pushBundle(folder, mirrorHost, { say }), {
        message:
          /: its registry takes a list of images with all of them alone \(404\): make the bundle with --arch all\.$/,
      });
      await prepared(["all"]);
      await pushBundle(folder, mirrorHost, { say });
      assert.ok(mirror.documents.has(`quay.example/a/tool/manifests/${digest}`));
    });

    it("say that the registry is full, by its own word or the error that it had from its disk", async () => {
      await prepared(["amd64"]);
      const detail = { DriverName: "filesystem", Enclosed: { Op: "mkdir", Path: "/var/lib/registry", Err: 28 } };
      const unknown = { code: "UNKNOWN", message: "unknown error", detail };
      for (const full of [
        [507, ""],
        [500, "write /var/lib/registry/x: no space left on device"],
        [500, JSON.stringify({ errors: [unknown] })],
      ] as const) {
        mirror.full = [...full];
        await assert.rejects(pushBundle(folder, mirrorHost, { say }), {
          name: "UserError",
          message: /: its registry's volume is full: make it larger or keep less .*run the same command again\.$/,
        });
      }
      mirror.full = [500, JSON.stringify({ errors: [{ ...unknown, detail: { Enclosed: { Err: 280 } } }] })];
      await assert.rejects(pushBundle(folder, mirrorHost, { say }), {
        message: /does not take a blob, it answers 500\.$/,
      });
    });

    it("as who logged in there, and with what to do for a stranger", async () => {
      await prepared(["amd64"]);
      mirror.authorization = `Basic ${Buffer.from("me:word").toString("base64")}`;
      await assert.rejects(pushBundle(folder, mirrorHost, { say }), {
        message: /answers 401: log in there, with podman/,
      });
      const login = (registry: string) =>
        registry === mirrorHost ? Buffer.from("me:word").toString("base64") : undefined;
      await pushBundle(folder, mirrorHost, { login, say });
      assert.ok(mirror.documents.has("quay.example/b/other/manifests/2"));
    });
  });

  it("of a folder that is no bundle are not pushed", async () => {
    await assert.rejects(pushBundle(folder, mirrorHost, { say }), {
      message: `${folder} is no bundle: npm run bundle -- STACK --out ${folder} makes one.`,
    });
  });
});
