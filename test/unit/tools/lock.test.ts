import assert from "node:assert/strict";
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
