import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { loadImages } from "../../../components/pipelines/images";
import { type Locked, lockFile } from "../../../stacks/tools/lock";

const OLD = `sha256:${"0".repeat(64)}`;
const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const platforms = (...names: string[]) =>
  JSON.stringify({
    schemaVersion: 2,
    manifests: [
      ...names.map((it) => ({ os: "linux", architecture: it })),
      { os: "unknown", architecture: "unknown" },
    ].map((platform) => ({ digest: OLD, platform })),
  });
const CONFIG = JSON.stringify({ architecture: "amd64", os: "linux" });

describe("images:lock", () => {
  let server: http.Server, registry: string, folder: string;
  const both = platforms("amd64", "arm64");
  const blobs: Record<string, Buffer> = {};
  const manifests: Record<string, string> = {
    "a/list:1": both,
    "a/list:2": both,
    "a/arm:1": platforms("arm64"),
    "a/single:1": JSON.stringify({ schemaVersion: 2, config: { digest: sha256(CONFIG) } }),
    "a/portal:1": "<html>log in</html>",
    "a/lies:1": both,
  };

  before((done) => {
    server = http.createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, "http://registry");
      if (pathname === "/token") {
        return response.end(JSON.stringify({ token: `for ${searchParams.get("scope")}` }));
      }
      const [, repository, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(pathname) ?? [];
      const scope = `repository:${repository}:pull`;
      if (request.headers.authorization !== `Bearer for ${scope}`) {
        const challenge = `Bearer realm="http://${registry}/token",service="r",scope="${scope}"`;
        return response.writeHead(401, { "www-authenticate": challenge }).end();
      }
      const bytes = kind === "blobs" ? blobs[reference!] : undefined;
      if (bytes) return response.writeHead(200).end(bytes);
      const text = kind === "blobs" ? CONFIG : manifests[`${repository}:${reference}`];
      if (text === undefined) return response.writeHead(404).end();
      const digest = repository === "a/lies" ? OLD : sha256(text);
      return response.writeHead(200, { "docker-content-digest": digest }).end(text);
    });
    server.listen(0, "127.0.0.1", () => {
      registry = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => server.closeAllConnections());
  after((done) => void server.close(done));
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** A list with these lines, after it was locked. */
  async function lock(lines: string[]): Promise<{ text: string; file: string; images: Locked[] }> {
    const file = path.join(folder, "images.yaml");
    fs.writeFileSync(file, `${lines.join("\n")}\n`);
    const images = await lockFile(file);
    return { images, text: fs.readFileSync(file, "utf8"), file };
  }

  it("writes the digests of lists beside their tags, and leaves everything else of the file", async () => {
    const { text, images, file } = await lock([
      "# A comment",
      "# renovate: datasource=docker",
      `new: ${registry}/a/list:1`,
      `moved: ${registry}/a/list:2@${OLD}`,
      `kept: ${registry}/a/list:2@${sha256(both)}`,
    ]);
    assert.equal(
      text,
      `# A comment\n# renovate: datasource=docker\nnew: ${registry}/a/list:1@${sha256(both)}\n` +
        ["moved", "kept"].map((name) => `${name}: ${registry}/a/list:2@${sha256(both)}\n`).join(""),
    );
    assert.deepEqual(
      images.map(({ name, changed, fault }) => [name, changed, fault]),
      [
        ["new", true, undefined],
        ["moved", true, undefined],
        ["kept", false, undefined],
      ],
    );
    assert.equal(loadImages(file).new, `${registry}/a/list:1@${sha256(both)}`);
  });

  it("names what is there for one architecture only, and locks it all the same", async () => {
    const { text, images } = await lock([`arm: ${registry}/a/arm:1`, `single: ${registry}/a/single:1`]);
    assert.deepEqual(
      images.map(({ fault }) => fault),
      ["is not there for amd64", "is not there for arm64"],
    );
    assert.equal(text.match(/@sha256:/g)!.length, 2);
  });

  /** Puts a release into the registry whose list says what its component cli is. */
  function release(cli: string, file = "image-references"): void {
    const manifestsOf = path.join(folder, "release-manifests");
    fs.mkdirSync(manifestsOf, { recursive: true });
    const tags = [{ name: "cli", from: { name: cli } }];
    fs.writeFileSync(path.join(manifestsOf, file), JSON.stringify({ kind: "ImageStream", spec: { tags } }));
    const layers = [[], ["-z"]].map((options) => {
      const names = options.length > 0 ? ["release-manifests"] : ["--files-from=/dev/null"];
      const bytes = execFileSync("tar", ["-c", ...options, "-C", folder, ...names]);
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      blobs[digest] = bytes;
      return { digest };
    });
    const image = JSON.stringify({ schemaVersion: 2, config: { digest: sha256(CONFIG) }, layers: layers.reverse() });
    manifests[`a/release:${sha256(image)}`] = image;
    manifests["a/release:1"] = JSON.stringify({ schemaVersion: 2, manifests: [{ digest: sha256(image) }] });
  }
  const component = (name = "cli") => [
    "# renovate: datasource=docker depName=release",
    `# component: ${name} of ${registry}/a/release:1`,
    `oc: ${registry}/a/arm:1`,
  ];

  it("puts a release's component in the place of an image, and the next release's in the place of that", async () => {
    manifests[`a/cli:${sha256(both)}`] = both;
    release(`${registry}/a/cli@${sha256(both)}`);
    const { text, images, file } = await lock(component());
    const [, comment] = component();
    assert.match(text, new RegExp(`${comment!}\noc: ${registry}/a/cli@${sha256(both)}\n$`));
    assert.deepEqual(images, [{ name: "oc", tagged: `${registry}/a/cli`, digest: sha256(both), changed: true }]);
    const [again] = await lockFile(file);
    assert.equal(again!.changed, false);
  });

  it("leaves what stands there where the release has no such component, or not for all", async () => {
    const fault = async (name?: string) => {
      const { text, images } = await lock(component(name));
      assert.equal(text, `${component(name).join("\n")}\n`);
      return images[0]!.fault;
    };
    const one = platforms("amd64");
    manifests[`a/cli:${sha256(one)}`] = one;
    release(`${registry}/a/cli@${sha256(one)}`);
    assert.equal(await fault(), `cli of ${registry}/a/release:1 is not there for arm64`);
    assert.equal(await fault("none"), `${registry}/a/release:1 has no component none`);
    fs.rmSync(path.join(folder, "release-manifests"), { recursive: true });
    release("nothing", "others");
    assert.equal(await fault(), `${registry}/a/release:1 is no release: it has no release-manifests/image-references`);
  });

  it("names what has no digest, and leaves it as it was", async () => {
    const lines = ["gone", "portal", "lies"].map((name) => `${name}: ${registry}/a/${name}:1`);
    const all = [...lines, `nobody: 127.0.0.1:1/a/b:1@${OLD}`, `digest: ${registry}/a/list@${OLD}`];
    const { text, images } = await lock(all);
    assert.equal(text, `${all.join("\n")}\n`);
    assert.deepEqual(
      images.filter(({ digest }) => digest !== undefined),
      [],
    );
    const url = (name: string) => `${registry}/a/${name}:1: http://${registry}/v2/a/${name}/manifests/1`;
    const [gone, portal, lies, nobody, digest] = images.map(({ fault }) => fault!);
    assert.equal(gone, `${url("gone")} answers 404`);
    assert.equal(portal, `${url("portal")} answers something else than it says`);
    assert.equal(lies, `${url("lies")} answers something else than it says`);
    assert.match(nobody!, /^127\.0\.0\.1:1\/a\/b:1: 127\.0\.0\.1:1 cannot be reached \(.+\)$/);
    assert.equal(digest, "has no tag that could be asked for");
  });
});
