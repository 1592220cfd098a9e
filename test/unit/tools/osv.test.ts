import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { gte } from "semver";
import { loadImages } from "../../../components/pipelines/images";
import { knownHoles, pinnedModules } from "../../../stacks/tools/osv";

const images = loadImages("pipelines/images.yaml");

describe("knownHoles", () => {
  let server: http.Server, address: string;
  let asked: unknown;
  let answer: (queries: unknown[]) => string;

  before((done) => {
    server = http.createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        asked = [request.method, request.url, JSON.parse(text)];
        const body = answer((JSON.parse(text) as { queries: unknown[] }).queries);
        response.writeHead(body === "" ? 503 : 200).end(body);
      });
    });
    server.listen(0, "127.0.0.1", () => {
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => server.closeAllConnections());
  after((done) => void server.close(done));

  const modules = [
    { name: "example.org/a", version: "1.0.0" },
    { name: "example.org/b", version: "2.0.0" },
  ];

  it("asks for all at once, and names those that have some", async () => {
    answer = () => JSON.stringify({ results: [{}, { vulns: [{ id: "GHSA-1" }, { id: "GO-2" }] }] });
    assert.deepEqual(await knownHoles(modules, address), ["example.org/b 2.0.0: GHSA-1, GO-2"]);
    const queries = modules.map(({ name, version }) => ({ package: { name, ecosystem: "Go" }, version }));
    assert.deepEqual(asked, ["POST", "/v1/querybatch", { queries }]);
  });

  const useless: [what: string, answer: string, reason: RegExp][] = [
    ["an error", "", /says nothing of the pins: it answers 503\.$/],
    ["a page", "<html>", /says nothing of the pins: .*not valid JSON\.$/],
    [
      "less than was asked",
      JSON.stringify({ results: [{}] }),
      /says nothing of the pins: it answers something else\.$/,
    ],
  ];
  for (const [what, text, message] of useless) {
    it(`takes no answer for none: ${what}`, async () => {
      answer = () => text;
      await assert.rejects(knownHoles(modules, address), { name: "UserError", message });
    });
  }
});

describe("what is pinned", () => {
  it("is looked up with the versions that stacks install", () => {
    const { modules, unknown } = pinnedModules(images);
    for (const { name, version } of modules) assert.match(version, /^\d+\.\d+\.\d+$/, name);
    assert.equal(modules.length + unknown.length, Object.keys(images).length + 6);
  });

  /** Vulnerabilities that were found in pins of this project, with what mended them. */
  const mended: [module: string, version: string, by: string][] = [
    ["github.com/rancher/local-path-provisioner", "0.0.34", "CVE-2025-62878"],
    ["github.com/rancher/local-path-provisioner", "0.0.36", "CVE-2026-44543"],
    ["github.com/distribution/distribution/v3", "3.1.0", "CVE-2026-33540, CVE-2026-35172"],
    ["github.com/distribution/distribution/v3", "3.1.1", "CVE-2026-41888"],
  ];
  for (const [module, version, hole] of mended) {
    it(`has no ${hole}: ${module} is ${version} or newer`, () => {
      const pin = pinnedModules(images).modules.find(({ name }) => name === module)!;
      assert.ok(gte(pin.version, version), pin.version);
    });
  }

  it("has a Node with the security releases of 24", () => {
    const [, version] = /:(\d+\.\d+\.\d+)-/.exec(images.node!)!;
    assert.ok(gte(version!, "24.14.1"), version);
  });
});
