import assert from "node:assert/strict";
import type { Server } from "node:http";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Status } from "../../../components/programs/status/model";
import { CONTENT_SECURITY_POLICY } from "../../../components/programs/status/page";
import { startStatusServer } from "../../../components/programs/status/server";
import { everything } from "./samples";

describe("the status page's server", () => {
  let server: Server;
  let looks: number;
  let warned: string[];
  let look: () => Promise<Status>;

  beforeEach(async () => {
    [looks, warned] = [0, []];
    look = () => Promise.resolve(everything());
    const counted = () => {
      looks++;
      return look();
    };
    server = await startStatusServer({ port: 0, host: "127.0.0.1", look: counted, warn: (text) => warned.push(text) });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = (path: string, { method = "GET", host }: { method?: string; host?: string } = {}) => {
    const { port } = server.address() as AddressInfo;
    return new Promise<{ status?: number; headers: Record<string, unknown>; body: string }>((done, failed) => {
      request({ port, path, method, headers: host === undefined ? {} : { host } }, (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => done({ status: response.statusCode, headers: response.headers, body }));
      })
        .once("error", failed)
        .end();
    });
  };

  it("gives the page, with a policy that lets it do nothing else, and the same as data", async () => {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const page = await ask("/", { host });
    assert.match(page.body, /^<!doctype html>/);
    assert.equal(page.headers["content-security-policy"], CONTENT_SECURITY_POLICY);
    assert.deepEqual([page.headers["x-content-type-options"], page.headers["cache-control"]], ["nosniff", "no-store"]);
    assert.deepEqual(JSON.parse((await ask("/status.json", { host })).body), everything());
  });

  it("asks once for all who look at about the same time, and again after a failure, which it says to the log alone", async () => {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    look = () => Promise.reject(new Error("https://10.0.0.1 is away"));
    const failed = await ask("/", { host });
    assert.deepEqual([failed.status, warned], [500, ["https://10.0.0.1 is away"]]);
    assert.doesNotMatch(failed.body, /10\.0\.0\.1/);
    look = () => Promise.resolve(everything());
    const answers = await Promise.all(["/", "/?again", "/status.json"].map((path) => ask(path, { host })));
    assert.deepEqual([answers.map(({ status }) => status), looks], [[200, 200, 200], 2]);
  });

  const refused: [title: string, path: string, options: { method?: string; host?: string }, status: number][] = [
    ["a path that is not there", "/builds", {}, 404],
    ["a path that climbs", "//../../etc/passwd", {}, 404],
    ["what would change something", "/", { method: "POST" }, 405],
    ["a page that came by another name", "/", { host: "evil.example" }, 421],
  ];
  for (const [title, path, options, status] of refused) {
    it(`refuses ${title}`, async () => {
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      assert.equal((await ask(path, { host, ...options })).status, status);
      assert.equal(looks, 0);
    });
  }
});
