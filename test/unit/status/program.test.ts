import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../../components/programs/bundle";
import type { Status } from "../../../components/programs/status/model";
import type { Manifest } from "../../../components/kubernetes/object";
import { renderStatus, renderStatusAccess } from "../../../components/streams/status/objects";
import { answered, buildRun, DECLARED, STREAM } from "./samples";

const PLACE = { namespace: "okd-coreos", labels: { "okd-streams.io/stack": "kind" } };
const objects = renderStatus({ place: PLACE, program: bundle("status"), image: "node:24", declared: DECLARED });
const find = (kind: string, all = objects) =>
  all.find((object) => object.kind === kind)! as Manifest & { data: Record<string, string> };

describe("the status page's objects", () => {
  it("let it list the runs of a namespace, and do nothing else", () => {
    const access = renderStatusAccess({ ...PLACE, namespace: "okd-release" }, "okd-coreos");
    assert.deepEqual(
      access.map(({ kind, metadata }) => [kind, metadata.namespace]),
      [
        ["Role", "okd-release"],
        ["RoleBinding", "okd-release"],
      ],
    );
    const [role, binding] = access as unknown as { rules: object[]; subjects: object[] }[];
    assert.deepEqual(role!.rules, [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["list"] }]);
    assert.deepEqual(binding!.subjects, [{ kind: "ServiceAccount", name: "status", namespace: "okd-coreos" }]);
  });

  it("are a Pod without rights of its node, from a read-only file system, with what the stack has", () => {
    const { spec } = find("Deployment").spec.template;
    assert.deepEqual(spec.containers[0].securityContext, {
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      capabilities: { drop: ["ALL"] },
    });
    assert.deepEqual(JSON.parse(find("ConfigMap").data["declared.json"]!), DECLARED);
    assert.deepEqual(spec.volumes, [{ name: "program", configMap: { name: "status" } }]);
    assert.ok(JSON.stringify(find("ConfigMap").data).length < 512 * 1024);
  });

  it("let it ask names, the API server and the gate, and nobody else", () => {
    const { egress, ingress } = find("NetworkPolicy").spec;
    assert.deepEqual(ingress, [{ ports: [{ port: 8080 }] }]);
    assert.deepEqual(egress.slice(1), [
      { ports: [{ port: 443 }, { port: 6443 }, { port: 8443 }] },
      { to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "gate" } } }], ports: [{ port: 8080 }] },
    ]);
  });
});

describe("the status page as a program of the cluster", function () {
  this.timeout(60_000);
  let folder: string;
  let stub: Server;
  let child: ChildProcess | undefined;
  let asked: string[];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-status-"));
    for (const [name, text] of Object.entries(find("ConfigMap").data)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "token"), "t0ken\n");
  });
  beforeEach(async () => {
    asked = [];
    stub = createServer(({ url = "", headers }, response) => {
      const { pathname, searchParams } = new URL(url, "http://stub");
      const json = (code: number, body: object) =>
        response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
      const now = new Date().toISOString();
      asked.push(`${pathname} ${headers.authorization ?? ""}`);
      if (pathname === "/builds")
        return json(200, {
          looked: now,
          streams: [{ ...STREAM, lastSuccess: now }],
          builds: [answered("b1", "incomplete")],
        });
      const [, namespace = ""] = /^\/apis\/tekton\.dev\/v1\/namespaces\/([^/]+)\/pipelineruns$/.exec(pathname) ?? [];
      if (namespace === "okd-payload") return json(403, {});
      if (namespace !== "okd-coreos") return json(200, { items: [], metadata: {} });
      // Two pages.
      const second = searchParams.has("continue");
      const run = second ? buildRun("b1", "arm64", { phase: "running" }) : buildRun("b1", "amd64");
      return json(200, { items: [run], metadata: second ? {} : { continue: "more" } });
    });
    await new Promise<void>((done) => stub.listen(0, "127.0.0.1", done));
  });
  afterEach(async () => {
    if (child && child.exitCode === null) {
      child.kill();
      assert.deepEqual(await once(child, "exit"), [0, null]);
    }
    stub.closeAllConnections();
    stub.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Starts it, and tells where it listens: on a port that was free a moment ago. */
  async function start(): Promise<string> {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as AddressInfo;
    await new Promise((closed) => free.close(closed));
    const address = `http://127.0.0.1:${(stub.address() as AddressInfo).port}`;
    child = spawn(process.execPath, [join(folder, "status.js"), join(folder, "declared.json")], {
      env: {
        PORT: String(port),
        GATE_URL: `${address}/builds`,
        API_SERVER: address,
        TOKEN_FILE: join(folder, "token"),
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout!, "data");
    return `http://127.0.0.1:${port}`;
  }

  it("shows what the gate and the API server say, by its token, and of what is refused that it is", async () => {
    const url = await start();
    const status = (await (await fetch(`${url}/status.json`)).json()) as Status;
    assert.deepEqual(
      status.streams[0]!.builds.map(({ id, cells }) => [id, cells.amd64?.state, cells.arm64?.state]),
      [["b1", "arrived", "running"]],
    );
    assert.deepEqual(
      status.attention.map(({ kind, what, why }) => [kind, what, why]),
      [["unread", "Runs of okd-payload", "PipelineRuns cannot be listed: the API server answers 403"]],
    );
    assert.match(await (await fetch(url)).text(), /Runs of okd-payload/);
    assert.deepEqual([...new Set(asked)].sort(), [
      ...["certification", "coreos", "payload", "release"].map(
        (name) => `/apis/tekton.dev/v1/namespaces/okd-${name}/pipelineruns Bearer t0ken`,
      ),
      "/builds ",
    ]);
  });
});
