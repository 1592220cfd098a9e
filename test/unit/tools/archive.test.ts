import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { downloadArchive } from "../../../stacks/tools/archive";
import { pulumi, type Release } from "../../../stacks/tools/pins";

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

describe("downloadArchive", () => {
  let server: http.Server, address: string, folder: string, archive: Buffer;
  /** What is answered, by path; a Buffer's half is sent where the path is of a file that breaks off. */
  let answers: Record<string, Buffer | string>;
  let half: boolean;

  before((done) => {
    const packed = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"));
    fs.mkdirSync(path.join(packed, "pulumi"));
    for (const name of ["pulumi", "pulumi-language-nodejs"]) {
      fs.writeFileSync(path.join(packed, "pulumi", name), `#!/bin/sh\necho ${name}\n`, { mode: 0o755 });
    }
    archive = execFileSync("tar", ["-czf", "-", "-C", packed, "pulumi"]);
    fs.rmSync(packed, { recursive: true });
    server = http.createServer((request, response) => {
      const answer = answers[request.url!];
      if (answer === undefined) return response.writeHead(404).end();
      if (!half || request.url !== "/linux-x64.tar.gz") return response.end(answer);
      response.writeHead(200, { "content-length": answer.length });
      return response.write(archive.subarray(0, answer.length / 2), () => response.destroy());
    });
    server.listen(0, "127.0.0.1", () => {
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => server.closeAllConnections());
  after((done) => void server.close(done));
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"));
    half = false;
    answers = { "/linux-x64.tar.gz": archive, "/checksums.txt": `${sha256(archive)}  linux-x64.tar.gz\n` };
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const get = () => {
    const url = (platform: string) => `${address}/${platform.replace("amd64", "x64")}.tar.gz`;
    const release: Release = { title: "Pulumi", version: "1", url, checksums: `${address}/checksums.txt` };
    return downloadArchive(release, folder, "linux-amd64");
  };

  it("puts the programs of a release into a folder, ready to run, in place of older ones", async () => {
    fs.writeFileSync(path.join(folder, "pulumi"), "old");
    await get();
    assert.deepEqual(fs.readdirSync(folder).sort(), ["pulumi", "pulumi-language-nodejs"]);
    assert.equal(execFileSync(path.join(folder, "pulumi"), { encoding: "utf8" }), "pulumi\n");
  });

  const wrong: [what: string, arrange: () => void, message: RegExp][] = [
    [
      "no archive",
      () => delete answers["/linux-x64.tar.gz"],
      /linux-x64\.tar\.gz could not be downloaded: HTTP 404\.$/,
    ],
    ["no checksums", () => delete answers["/checksums.txt"], /checksums\.txt could not be downloaded: HTTP 404\.$/],
    [
      "checksums of others",
      () => (answers["/checksums.txt"] = `${sha256("")}  darwin-x64.tar.gz`),
      /checksums\.txt has no checksum of linux-x64\.tar\.gz: no Pulumi was installed\.$/,
    ],
    [
      "a page instead of checksums",
      () => (answers["/checksums.txt"] = "<html>log in linux-x64.tar.gz</html>"),
      /checksums\.txt has no checksum of linux-x64\.tar\.gz: no Pulumi was installed\.$/,
    ],
    [
      "another file",
      () => (answers["/linux-x64.tar.gz"] = "<html>log in</html>"),
      /linux-x64\.tar\.gz has checksum [0-9a-f]{64} instead of the [0-9a-f]{64} that http:\S+checksums\.txt says: nothing was installed\.$/,
    ],
    [
      "half a file",
      () => (half = true),
      /linux-x64\.tar\.gz could not be downloaded: terminated: other side closed\.$/,
    ],
    [
      "what is no archive",
      () => Object.assign(answers, { "/linux-x64.tar.gz": "x", "/checksums.txt": `${sha256("x")} linux-x64.tar.gz` }),
      /linux-x64\.tar\.gz cannot be unpacked by tar: nothing was installed\.$/,
    ],
  ];
  for (const [what, arrange, message] of wrong) {
    it(`ends in one sentence and leaves nothing: ${what}`, async () => {
      arrange();
      await assert.rejects(get(), { name: "UserError", message });
      assert.deepEqual(fs.readdirSync(folder), []);
    });
  }

  it("is asked for Pulumi's archives by the names that they have", () => {
    const { version } = pulumi;
    const files = ["linux-amd64", "linux-arm64", "darwin-arm64"].map((it) => path.basename(pulumi.url(it)));
    assert.deepEqual(
      files,
      ["linux-x64", "linux-arm64", "darwin-arm64"].map((it) => `pulumi-v${version}-${it}.tar.gz`),
    );
    assert.equal(path.basename(pulumi.checksums), `pulumi-${version}-checksums.txt`);
  });
});
