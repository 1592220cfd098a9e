import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";

/** Writes down whatever a process asks of the network, names or addresses, except for this machine's own; and lets none of it out. */
const WATCH = `
const fs = require("node:fs");
const net = require("node:net");
const dns = require("node:dns");
const note = (what) => fs.appendFileSync(process.env.DIRECT_LOG, what + "\\n");
const own = (host) => !host || host === "localhost" || host.startsWith("127.") || host === "::1";
const { lookup } = dns;
dns.lookup = function (host, ...rest) {
  if (own(host)) return lookup.call(this, host, ...rest);
  note("name " + host);
  rest.at(-1)(Object.assign(new Error("getaddrinfo ENOTFOUND " + host), { code: "ENOTFOUND" }));
};
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options && options.port && !own(options.host)) note("connection " + options.host + ":" + options.port);
  return connect.apply(this, args);
};
`;

describe("commands behind a proxy", () => {
  let folder: string;
  let proxy: http.Server;
  /** Where the proxy was asked to lead to. */
  let asked: string[];

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"));
    fs.writeFileSync(path.join(folder, "watch.cjs"), WATCH);
    const refuse = (_: unknown, response: { end: (text: string) => unknown }) =>
      response.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n");
    proxy = http.createServer(({ url }, response) => {
      asked.push(new URL(url!).host);
      response.writeHead(503).end();
    });
    proxy.on("connect", ({ url }: http.IncomingMessage, socket) => {
      asked.push(url!);
      socket.on("error", () => undefined); // whoever asked may be ended by then
      refuse(undefined, socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });
  beforeEach(() => (asked = []));
  after(() => {
    proxy.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** Runs a command that may reach the network by the proxy alone. @returns what it asked for past it */
  async function run(args: string[], variables: Record<string, string> = {}, once = false) {
    const log = path.join(folder, "direct.log");
    fs.rmSync(log, { force: true });
    const home = fs.mkdtempSync(path.join(folder, "home-"));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const main = ["--require", path.join(folder, "watch.cjs"), "--import", "tsx", "stacks/commands/main.ts"];
    const child = spawn(process.execPath, [...main, ...args], {
      cwd: PROJECT_FOLDER,
      env: { PATH: home, HOME: home, DIRECT_LOG: log, HTTPS_PROXY: url, HTTP_PROXY: url, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (once) proxy.once("connect", () => child.kill("SIGKILL"));
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, said, direct: fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n") : [] };
  }
  const hosts = () => [...new Set(asked)].sort();

  it("preview asks it for manifests", async () => {
    const { code, said, direct } = await run(["preview", "kind"]);
    assert.equal(code, 0, said);
    assert.deepEqual(direct, []);
    assert.deepEqual(hosts(), ["infra.tekton.dev:443", "raw.githubusercontent.com:443"]);
  });

  it("start asks it for every official host", async () => {
    const { code, said, direct } = await run(["start"]);
    assert.equal(code, 3, said);
    assert.deepEqual(direct, []);
    for (const host of ["get.pulumi.com", "github.com"]) assert.ok(asked.includes(`${host}:443`), hosts().join(", "));
  });

  it("capacity asks it for the cloud", async () => {
    const home = path.join(folder, "clouds.yaml");
    fs.writeFileSync(
      home,
      JSON.stringify({
        clouds: {
          openstack: {
            auth: {
              ...{
                auth_url: "https://keystone.example.org:5000/v3",
                username: "me",
                password: "word",
                project_name: "mine",
              },
              ...{ user_domain_name: "Default", project_domain_name: "Default" },
            },
          },
        },
      }),
    );
    // What does not answer is asked again for minutes: once is enough here.
    const { direct } = await run(["capacity", "moc"], { OS_CLIENT_CONFIG_FILE: home }, true);
    assert.deepEqual(direct, []);
    assert.deepEqual(hosts(), ["keystone.example.org:5000"]);
  });

  it("doctor asks nobody", async () => {
    const { said, direct } = await run(["doctor", "kind"]);
    assert.match(said, /proxy +http:\/\/127\.0\.0\.1:/);
    assert.deepEqual([direct, asked], [[], []]);
  });

  it("whatever is an exception goes its own way, and is seen there", async () => {
    const { direct } = await run(["preview", "kind"], { NO_PROXY: "infra.tekton.dev" });
    assert.deepEqual(hosts(), ["raw.githubusercontent.com:443"]);
    assert.ok(direct.includes("name infra.tekton.dev"), direct.join(", "));
  });
});
