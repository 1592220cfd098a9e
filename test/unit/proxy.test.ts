import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proxiedFetch } from "../../components/fetch";
import { connect } from "../../components/kubernetes/connection";
import { send } from "../../components/openstack/send";
import { fetchWith } from "../../components/openstack/transport";
import { readManifests } from "../../components/platform/manifests";
import { namedProxies, proxyFor, withExceptions } from "../../components/proxy";
import { download } from "../../stacks/tools/download";
import { reach } from "../../stacks/tools/reach";

describe("proxyFor", () => {
  // Each as kubectl had it: `kubectl --server URL get --raw /version` with a proxy that logs.
  const exceptions: [url: string, exceptions: string, proxied: boolean][] = [
    ["https://example.org", "", true],
    ["https://example.org", "*", false],
    ["https://example.org", "example.org", false],
    ["https://a.example.org", "example.org", false],
    ["https://anexample.org", "example.org", true],
    ["https://example.org", ".example.org", true],
    ["https://a.example.org", ".example.org", false],
    ["https://a.example.org", "*.example.org", false],
    ["https://example.org", "*.example.org", true],
    ["https://EXAMPLE.org", "Example.ORG", false],
    ["https://example.org", "a.org, example.org ,b.org", false],
    ["https://example.org", "a.org example.org", true],
    ["https://example.org", "example.org:443", false],
    ["https://example.org:8443", "example.org:443", true],
    ["https://example.org:8443", "example.org:8443", false],
    ["http://example.org", "example.org:80", false],
    ["https://10.1.2.3:6443", "10.0.0.0/8", false],
    ["https://11.1.2.3:6443", "10.0.0.0/8", true],
    ["https://10.1.2.3:6443", "10.1.2.3", false],
    ["https://10.1.2.3:6443", "10.1.2.3:6443", false],
    ["https://10.1.2.3:6443", "10.1.2.3:443", true],
    ["https://10.1.2.3:6443", "10.0.0.0/99", true],
    ["https://[fd00::1]:6443", "fd00::/8", false],
    ["https://[fd00::1]:6443", "fd00::1", false],
    ["https://[fd00::1]:6443", "[fd00::1]:6443", false],
    ["https://example.org", "10.0.0.0/8", true],
    ["https://localhost:6443", "", false],
    ["https://127.0.0.1:6443", "", false],
    ["https://127.8.0.1:6443", "", false],
    ["https://[::1]:6443", "", false],
  ];
  for (const [url, NO_PROXY, proxied] of exceptions) {
    it(`of ${url} without ${NO_PROXY || "exceptions"} is ${proxied ? "the proxy" : "none"}`, () => {
      const variables = { HTTPS_PROXY: "http://p:1", HTTP_PROXY: "http://p:1", NO_PROXY };
      assert.equal(proxyFor(new URL(url), variables)?.host, proxied ? "p:1" : undefined);
    });
  }

  it("goes by the address's kind, by names in capitals first", () => {
    const variables = { https_proxy: "s:1", HTTP_PROXY: "http://h:2", http_proxy: "http://no:3" };
    assert.equal(proxyFor(new URL("https://example.org"), variables)?.href, "http://s:1/");
    assert.equal(proxyFor(new URL("http://example.org"), variables)?.href, "http://h:2/");
    assert.equal(proxyFor(new URL("http://example.org"), { HTTPS_PROXY: "http://s:1" }), undefined);
  });

  it("refuses what is no URL without repeating it", () => {
    assert.throws(() => proxyFor(new URL("https://example.org"), { HTTPS_PROXY: "http://me:secret@:x" }), {
      name: "UserError",
      message: "HTTPS_PROXY is no URL of a proxy: write http://HOST:PORT.",
    });
  });

  it("is named without credentials", () => {
    const variables = { HTTPS_PROXY: "http://me:secret@proxy:3128/", NO_PROXY: "*" };
    assert.deepEqual(namedProxies(variables), { HTTPS_PROXY: "http://proxy:3128" });
  });

  it("gets exceptions only where there is a proxy", () => {
    assert.deepEqual(withExceptions(["kind-registry"], {}), {});
    const all = "10.0.0.0/8,kind-registry,.svc";
    const variables = { https_proxy: "http://p:1", no_proxy: "10.0.0.0/8" };
    assert.deepEqual(withExceptions(["kind-registry", ".svc"], variables), { NO_PROXY: all, no_proxy: all });
  });
});

/** A proxy that writes down what it is asked for, and answers itself: nothing leaves this machine. */
class LoggingProxy {
  asked: string[] = [];
  answer = "{}";
  private readonly server = http
    .createServer((request, response) => {
      this.asked.push(`${request.method!} ${request.url!}`);
      response.end(this.answer);
    })
    .on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
      this.asked.push(`CONNECT ${request.url!}`);
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
  }

  stop(): void {
    this.server.close().closeAllConnections();
  }
}

describe("a proxy that the environment names", () => {
  const NAMES = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"];
  const saved = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
  let proxy: LoggingProxy;
  let folder: string;

  beforeEach(async () => {
    proxy = new LoggingProxy();
    const address = await proxy.start();
    for (const name of NAMES) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, { HTTPS_PROXY: address, http_proxy: address });
    folder = mkdtempSync(join(tmpdir(), "proxy-"));
  });
  afterEach(() => {
    proxy.stop();
    rmSync(folder, { recursive: true });
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  const kubeconfig = (server: string, more = "", user = "{}") =>
    `current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "${server}"${more}}}]
users: [{name: u, user: ${user}}]
`;

  it("gets the requests for manifests", async () => {
    proxy.answer = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    const none = { mode: "none" } as const;
    const parts = { tektonTriggers: none, argoCd: none, tektonDashboard: none, storage: none };
    const manifests = ["http://example.org/a.yaml"];
    const read = await readManifests(
      { ...parts, tektonPipelines: { mode: "install", manifests } },
      { cacheFolder: folder },
    );
    assert.equal(read.tektonPipelines!.objects!.length, 1);
    assert.deepEqual(proxy.asked, ["GET http://example.org/a.yaml"]);
  });

  it("gets the question whether hosts answer", async () => {
    const hosts = ["https://registry.example.org/v2/", "http://example.org/"].map((url) => ({ url, serves: "" }));
    const reached = await reach(hosts);
    assert.deepEqual(
      reached.map(({ reachable }) => reachable),
      [false, true],
    );
    assert.deepEqual(proxy.asked.sort(), ["CONNECT registry.example.org:443", "GET http://example.org/"]);
  });

  it("gets the downloads of tools", async () => {
    const sha256 = { "linux-amd64": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" };
    const file = await download(
      "tool",
      { url: () => "http://example.org/tool", sha256 } as never,
      folder,
      "linux-amd64",
    );
    assert.equal(readFileSync(file, "utf8"), "{}");
    assert.deepEqual(proxy.asked, ["GET http://example.org/tool"]);
  });

  it("gets OpenStack's requests", async () => {
    const call = {
      service: "Keystone",
      method: "GET",
      url: "http://keystone.example.org/v3",
      call: "GET /v3",
    } as const;
    assert.equal((await send(call as never)).status, 200);
    assert.deepEqual(proxy.asked, ["GET http://keystone.example.org/v3"]);
  });

  it("gets those of a cloud whose certificates Node does not trust by itself", async () => {
    await assert.rejects(fetchWith({ verify: false })("https://keystone.example.org/v3"));
    assert.deepEqual(proxy.asked, ["CONNECT keystone.example.org:443"]);
  });

  it("gets Kubernetes' requests", async () => {
    const plain = await connect(kubeconfig("http://api.example.org:8001"));
    await assert.rejects(plain.request("GET", "/version"), /Bad response: 502/);
    const secure = await connect(kubeconfig("https://api.example.org:6443"));
    await assert.rejects(secure.request("GET", "/version"), /Bad response: 502/);
    assert.deepEqual(proxy.asked, ["CONNECT api.example.org:8001", "CONNECT api.example.org:6443"]);
  });

  it("gets nothing that a kubeconfig has another proxy for, of which its plugin is told", async () => {
    const other = new LoggingProxy();
    const url = await other.start();
    const told = join(folder, "told");
    const plugin = join(folder, "plugin");
    const credential = `{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "x"}}`;
    writeFileSync(plugin, `#!/bin/sh\nprintf %s "$KUBERNETES_EXEC_INFO" > '${told}'\necho '${credential}'\n`, {
      mode: 0o700,
    });
    const exec = `{exec: {apiVersion: client.authentication.k8s.io/v1, command: "${plugin}", provideClusterInfo: true, interactiveMode: Never}}`;
    const cluster = await connect(kubeconfig("https://api.example.org:6443", `, proxy-url: "${url}"`, exec));
    await assert.rejects(cluster.request("GET", "/version"), /Bad response: 502/);
    assert.deepEqual([proxy.asked, other.asked], [[], ["CONNECT api.example.org:6443"]]);
    const { spec } = JSON.parse(readFileSync(told, "utf8")) as { spec: { cluster: Record<string, unknown> } };
    assert.equal(spec.cluster["proxy-url"], url);
    other.stop();
  });

  it("gets nothing of what it is not for", async () => {
    const near = new LoggingProxy();
    const address = await near.start();
    assert.equal(await (await proxiedFetch(`${address}/x`)).text(), "{}");
    assert.deepEqual(await (await connect(kubeconfig(address))).request("GET", "/version"), {});
    assert.deepEqual([proxy.asked, near.asked], [[], ["GET /x", "GET /version"]]);
    near.stop();
  });

  it("follows a redirection to where it leads", async () => {
    const near = http.createServer((_, response) =>
      response.writeHead(302, { location: "http://example.org/there" }).end(),
    );
    await new Promise<void>((resolve) => near.listen(0, "127.0.0.1", resolve));
    const { port } = near.address() as net.AddressInfo;
    assert.equal(await (await proxiedFetch(`http://127.0.0.1:${port}/`)).text(), "{}");
    assert.deepEqual(proxy.asked, ["GET http://example.org/there"]);
    near.close();
  });
});
