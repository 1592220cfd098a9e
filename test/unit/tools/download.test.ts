import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { download, platformName } from "../../../stacks/tools/download";
import { kind, type Pin } from "../../../stacks/tools/pins";

describe("download", () => {
  const content = "#!/bin/sh\necho 0.33.0\n";
  const sha256 = createHash("sha256").update(content).digest("hex");
  let server: http.Server, url: string, folder: string;

  before((done) => {
    server = http.createServer((request, response) => {
      if (request.url !== "/there") response.statusCode = 404;
      response.end(content);
    });
    server.listen(0, "127.0.0.1", () => {
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => server.closeAllConnections());
  after((done) => void server.close(done));
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const pin = (file: string, checksum: string): Pin => ({
    version: "v1",
    url: () => `${url}/${file}`,
    sha256: { "linux-amd64": checksum },
  });

  it("saves a program that has the pinned checksum, ready to run", async () => {
    const file = await download("tool", pin("there", sha256), folder, "linux-amd64");
    assert.equal(fs.readFileSync(file, "utf8"), content);
    assert.equal(fs.statSync(file).mode & 0o777, 0o755);
    assert.deepEqual(fs.readdirSync(folder), ["tool"]);
  });

  it("refuses another checksum and leaves nothing behind", async () => {
    await assert.rejects(download("tool", pin("there", "0".repeat(64)), folder, "linux-amd64"), {
      name: "UserError",
      message: `${url}/there has checksum ${sha256} instead of the pinned ${"0".repeat(64)}: nothing was installed.`,
    });
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  it("names the address that does not answer", async () => {
    await assert.rejects(download("tool", pin("gone", sha256), folder, "linux-amd64"), {
      name: "UserError",
      message: `${url}/gone could not be downloaded: HTTP 404.`,
    });
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  it("says when there is nothing for a platform", async () => {
    await assert.rejects(download("tool", pin("there", sha256), folder, "plan9-mips"), {
      exitCode: 3,
      message: "No tool is published for plan9-mips: put one on PATH.",
    });
  });

  it("names platforms as Go does", () => {
    assert.equal(platformName("linux", "x64"), "linux-amd64");
    assert.equal(platformName("darwin", "arm64"), "darwin-arm64");
  });

  it("has a checksum for every platform of kind", () => {
    assert.deepEqual(Object.keys(kind.sha256), ["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"]);
    for (const checksum of Object.values(kind.sha256)) assert.match(checksum, /^[0-9a-f]{64}$/);
  });
});
