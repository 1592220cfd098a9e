import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { reach } from "../../../stacks/tools/reach";

describe("reach", () => {
  let server: http.Server, address: string;

  before((done) => {
    server = http.createServer((request, response) => {
      assert.equal(request.method, "GET");
      if (request.url === "/silence") return;
      if (request.url!.startsWith("/to/")) response.setHeader("location", request.url!.slice(3));
      response.statusCode = Number(request.url!.startsWith("/to/") ? 302 : request.url!.slice(1));
      response.end();
    });
    server.listen(0, "127.0.0.1", () => {
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => server.closeAllConnections());
  after((done) => void server.close(done));

  const answers: [string, boolean][] = [
    ["200", true],
    ["to/200", true],
    ["to/403", false],
    ["401", true],
    ["404", true],
    ["403", false],
    ["407", false],
    ["503", false],
  ];
  it("tells hosts that answer from those that do not, in one go", async () => {
    const hosts = answers.map(([path]) => ({ url: `${address}/${path}`, serves: path }));
    const found = await reach([...hosts, { url: "http://127.0.0.1:1", serves: "nobody" }], 60_000);
    assert.deepEqual(
      found.map(({ serves, reachable }) => [serves, reachable]),
      [...answers, ["nobody", false]],
    );
  });

  it("takes one that says nothing in time for one that cannot be reached", async () => {
    const [found] = await reach([{ url: `${address}/silence`, serves: "silence" }], 100);
    assert.equal(found!.reachable, false);
  });
});
