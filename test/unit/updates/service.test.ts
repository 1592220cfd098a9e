import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { bundle } from "../../../components/programs/bundle";
import type { Graph } from "../../../components/programs/updates/graph";
import { type Everything, startUpdateServer } from "../../../components/programs/updates/server";
import type { Channel } from "../../../components/programs/updates/settings";
import { Updates } from "../../../components/programs/updates/updates";
import { renderUpdates } from "../../../components/streams/updates/objects";
import { updateFiles } from "../../../stacks/commands/follow/updates";
import { Factory } from "../release/factory";
import { pushPayload, put } from "../release/payload";
import { makeTesterKey, pushVerdicts } from "../release/verdict";
import { runTask } from "../scripts/task";

const [FIRST, SECOND, STABLE] = ["4.22.0-okd-scos.ec.3", "4.22.0-okd-scos.ec.4", "4.22.0-okd-scos.0"];
const named = ({ nodes, edges }: Graph) => edges.map(([from, to]) => [nodes[from]!.version, nodes[to]!.version]);

describe("the update service, with a real registry and real signatures", function () {
  this.timeout(180_000);
  let factory: Factory;
  let server: Server;
  let repository: string;
  const digests: Record<string, string> = {};
  const warned: string[] = [];
  const tester = makeTesterKey();

  before(async function () {
    factory = await Factory.start(this);
    await factory.reset();
    repository = factory.release;
    for (const [name, previous] of [
      [FIRST, "4.21.0-okd-scos.ec.9"],
      [SECOND, FIRST],
      [STABLE, "4.21.0-okd-scos.9"],
    ] as const) {
      digests[name] = (await pushPayload(factory.folder, repository, name, previous)).digest;
    }
    const signed = await runTask("sign-release", {
      params: {
        ...{ mode: "publish", "release-image": `${repository}@${digests[SECOND]}` },
        ...{ "release-name": `${repository}:${SECOND}`, "insecure-registries": factory.outside.host },
      },
      env: factory.volumes(),
    });
    assert.equal(signed.code, 0, signed.log);
  });
  after(() => factory?.stop());
  beforeEach(async () => {
    const next: Channel = { name: "4-scos-next", repository, kind: "early-candidates", bases: [] };
    const channels: Channel[] = [
      next,
      { ...next, name: "4-scos-stable", kind: "releases" },
      { ...next, name: "tested", tester: { key: tester.pem } },
      { name: "mine", repository: `${repository}-mine`, kind: "versions", bases: [`${repository}@${digests[STABLE]}`] },
    ];
    const updates = new Updates({ insecure: [factory.outside.host], channels });
    warned.length = 0;
    server = await startUpdateServer({ port: 0, host: "127.0.0.1", updates, warn: (text) => warned.push(text) });
  });
  afterEach(() => {
    factory.outside.override = () => undefined;
    server.closeAllConnections();
    server.close();
  });

  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, init);
    return {
      status: answer.status,
      body: Buffer.from(await answer.arrayBuffer()),
      type: answer.headers.get("content-type"),
    };
  };
  const graph = async (channel: string, more = "") => {
    const { status, body, type } = await ask(`/graph?channel=${channel}&id=x&version=${SECOND}${more}`);
    assert.deepEqual([status, type], [200, "application/json"], body.toString());
    return JSON.parse(body.toString()) as Graph;
  };

  it("gives a stream's graph as the release images say it, each kind of release its own", async () => {
    const next = await graph("4-scos-next", "&arch=amd64");
    assert.deepEqual(
      next.nodes.map(({ version, payload }) => [version, payload]),
      [FIRST, SECOND].map((name) => [name, `${repository}@${digests[name]}`]),
    );
    assert.deepEqual(named(next), [[FIRST, SECOND]]);
    const stable = await graph("4-scos-stable");
    assert.deepEqual([stable.nodes.map(({ version }) => version), stable.edges], [[STABLE], []]);
    assert.deepEqual((await graph("4-scos-next", "&arch=arm64")).nodes, []);
  });

  it("has payloads with the base that a cluster updates from, and no other tags", async () => {
    const mine = "4.22.0-okd-scos.0.mine.1";
    const { digest } = await pushPayload(factory.folder, `${repository}-mine`, mine, STABLE);
    await pushPayload(factory.folder, `${repository}-mine`, `unchecked-${mine}`, STABLE);
    const found = await graph("mine");
    assert.deepEqual(
      found.nodes.map(({ payload }) => payload),
      [`${repository}@${digests[STABLE]}`, `${repository}-mine@${digest}`],
    );
    assert.deepEqual(named(found), [[STABLE, mine]]);
  });

  it("takes an edge for tested by its verdict, by this tester's alone", async () => {
    const verdict = { key: makeTesterKey().privateKey, test: "upgrade/metal", from: digests[FIRST]! };
    await pushVerdicts(repository, digests[SECOND]!, [verdict]);
    const untried = await graph("tested");
    assert.deepEqual([untried.edges, untried.conditionalEdges[0]!.edges], [[], [{ from: FIRST, to: SECOND }]]);
    await pushVerdicts(repository, digests[SECOND]!, [verdict, { ...verdict, key: tester.privateKey }]);
    const updates = new Updates({
      insecure: [factory.outside.host],
      channels: [],
    });
    const channel: Channel = {
      name: "x",
      repository,
      kind: "early-candidates",
      bases: [],
      tester: { key: tester.pem },
    };
    const { verdicts } = await updates.look(channel);
    assert.deepEqual(verdicts!.get(digests[SECOND]!), [
      { test: "upgrade/metal", from: digests[FIRST], result: "PASSED", url: "https://tests.example/1" },
    ]);
    await pushVerdicts(repository, digests[SECOND]!, [
      { ...verdict, key: tester.privateKey, forged: "PASSED", result: "FAILED" },
    ]);
    assert.deepEqual((await updates.look(channel)).verdicts!.get(digests[SECOND]!), []);
  });

  it("gives a list of several architectures by the list's digest, to clusters of each", async () => {
    const [host, ...path] = repository.split("/");
    const type = "application/vnd.docker.distribution.manifest.v2+json";
    const manifests = ["amd64", "arm64"].map((architecture) => ({
      ...{ mediaType: type, digest: digests[STABLE], size: 1, platform: { os: "linux", architecture } },
    }));
    const mediaType = "application/vnd.docker.distribution.manifest.list.v2+json";
    const list = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
    await put(`http://${host}/v2/${path.join("/")}/manifests/4.22.0-okd-scos.7`, list, mediaType);
    for (const arch of ["arm64", "multi"]) {
      const { nodes } = await graph("4-scos-stable", `&arch=${arch}`);
      assert.deepEqual(nodes.length, 1, arch);
      assert.notEqual(nodes[0]!.payload, `${repository}@${digests[STABLE]}`);
    }
  });

  it("is the signature store: what the Task has left, and nothing else", async () => {
    const path = `/signatures/openshift/release/sha256=${digests[SECOND]!.replace("sha256:", "")}`;
    const { status, body } = await ask(`${path}/signature-1`);
    assert.equal(status, 200);
    const file = join(mkdtempSync(join(factory.folder, "served-")), "signature");
    writeFileSync(file, body);
    await factory.keys.gpg("release", "--verify", file);
    const missing = [`${path}/signature-2`, `${path}/signature-0`, `${path}/`, `${path.replace(/.$/, "")}/signature-1`];
    const unsigned = `/signatures/openshift/release/${digests[FIRST]!.replace(":", "=")}/signature-1`;
    for (const other of [...missing, unsigned]) assert.equal((await ask(other)).status, 404, other);
  });

  it("gives all of it at once, as a folder of static files is made of it", async () => {
    const everything = JSON.parse((await ask("/updates.json")).body.toString()) as Everything;
    const files = updateFiles(everything);
    const signature = `signatures/openshift/release/${digests[SECOND]!.replace(":", "=")}/signature-1`;
    assert.deepEqual(
      [...files.keys()],
      [...["4-scos-next", "4-scos-stable", "tested", "mine"].map((it) => `${it}/graph`), signature],
    );
    assert.deepEqual(files.get(signature), (await ask(`/${signature}`)).body);
    assert.deepEqual(JSON.parse(files.get("4-scos-next/graph") as string), await graph("4-scos-next"));
  });

  it("says in Cincinnati's form what is wrong, and gives no half a graph", async () => {
    const said = async (path: string, init?: RequestInit) => {
      const { status, body } = await ask(path, init);
      return [status, JSON.parse(body.toString())] as const;
    };
    assert.deepEqual(await said("/graph"), [
      400,
      { kind: "missing_params", value: "mandatory client parameters missing: channel" },
    ]);
    const channels = "4-scos-next, 4-scos-stable, tested, mine";
    assert.deepEqual(await said("/graph?channel=x"), [
      404,
      { kind: "no_channel", value: `no channel x; there are: ${channels}` },
    ]);
    assert.equal((await said("/"))[0], 404);
    assert.equal((await said("/graph?channel=4-scos-next", { method: "POST" }))[0], 405);
    factory.outside.override = ({ url }) => (url.includes(`/manifests/${SECOND}`) ? [403, "no"] : undefined);
    const [status, answer] = await said("/graph?channel=4-scos-next");
    assert.equal(status, 503, JSON.stringify(answer));
    assert.deepEqual(warned, ["the registry answers GET with 403"]);
    factory.outside.override = () => undefined;
    assert.deepEqual(named(await graph("4-scos-next")), [[FIRST, SECOND]], "it is asked again");
  });

  it("runs in a Pod without Secret, token or rights, and asks the registries that it is told of", async () => {
    const settings = {
      insecure: [factory.outside.host],
      channels: [{ name: "4-scos-next", repository, kind: "early-candidates" as const, bases: [] }],
    };
    const place = { namespace: "okd-release", labels: { "okd-streams.io/stack": "kind" } };
    const objects = renderUpdates({ place, program: bundle("updates"), image: "node:24", settings });
    const find = (kind: string) => objects.find((object) => object.kind === kind)!;
    const { spec } = find("Deployment").spec.template as { spec: Record<string, unknown> };
    assert.equal(spec.automountServiceAccountToken, false);
    assert.deepEqual(spec.volumes, [{ name: "program", configMap: { name: "updates" } }]);
    const port = Number(factory.outside.host.split(":")[1]);
    assert.deepEqual(find("NetworkPolicy").spec.egress.at(-1), {
      ports: [80, 443, port].sort((one, other) => one - other).map((it) => ({ port: it })),
    });

    const folder = mkdtempSync(join(factory.folder, "program-"));
    for (const [file, text] of Object.entries(find("ConfigMap").data as Record<string, string>))
      writeFileSync(join(folder, file), text);
    assert.ok(readFileSync(join(folder, "updates.js")).length < 512 * 1024);
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const own = (free.address() as AddressInfo).port;
    await new Promise((closed) => free.close(closed));
    const child = spawn(process.execPath, [join(folder, "updates.js"), join(folder, "updates.json")], {
      env: { PORT: String(own) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      const answer = await fetch(`http://127.0.0.1:${own}/graph?channel=4-scos-next`);
      assert.deepEqual(named((await answer.json()) as Graph), [[FIRST, SECOND]]);
    } finally {
      child.kill();
      assert.deepEqual(await once(child, "exit"), [0, null]);
    }
  });
});
