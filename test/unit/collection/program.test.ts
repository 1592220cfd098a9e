import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Manifest } from "../../../components/kubernetes/object";
import type { Settings } from "../../../components/programs/collection/settings";
import { collectionSettings, collects, renderCollection } from "../../../components/streams/collection";
import { KEEP } from "../../../components/streams/keep";
import { planStream } from "../../../components/streams/scos/plan";
import { settled } from "../../../components/streams/scos/stream";
import { runProgram } from "../run-program";
import { find as findTool, startEmptyRegistry } from "../scripts/machine";
import { find } from "../streams/created";
import { BASE_NODE, KIND, LAYER, SETTINGS } from "../streams/samples";
import { digestOf, Pushes } from "./pushes";

const PLACE = { namespace: "okd-coreos", labels: {} };
const SETTINGS_OF_ONE: Omit<Settings, "namespaces" | "registry"> = {
  named: [],
  builds: [],
  images: { "stream-coreos": 1 },
};

describe("what deletes from the registry", () => {
  it("is told what a stack's streams and layers push, and of how much of it stays", () => {
    const stream = settled({ ...BASE_NODE, rpmsFrom: { build: true }, keep: { builds: 7, bootImages: 1 } });
    const streams = [{ stream, plan: planStream(stream, KIND, SETTINGS) }];
    const digest = digestOf("named");
    const { registry, named, builds, images, held } = collectionSettings(
      { settings: SETTINGS, streams, layers: [{ ...LAYER, keep: { builds: 2 } }] },
      KEEP,
      [{ image: `quay.io/me/x@${digest}` }],
    );
    assert.deepEqual(registry, { address: "kind-registry:5000", path: "okd", insecure: true });
    assert.deepEqual(named, [digest]);
    const node = ["stream-coreos-base", "stream-coreos", "stream-coreos-extensions"];
    const layer = `layer-${LAYER.name}`;
    assert.deepEqual(
      builds.map(({ records, images, keep }) => [records, images, keep]),
      [
        ["okd-coreos-records", node, 7],
        [`${layer}-records`, [layer], 2],
      ],
    );
    const all = { ...Object.fromEntries(node.map((name) => [name, 7])), "okd-rpms": 7, [layer]: 2 };
    assert.deepEqual(images, all);
    assert.deepEqual(held, { repository: "held-bases", keep: 7, of: [`${stream.variant}-x86_64`] });
  });

  it("is told where payloads and tests leave what, in the stack's own place", () => {
    const digest = digestOf("release");
    const at = "kind-registry:5000/okd";
    const payload = { name: "mine", from: `quay.io/okd/x@${digest}`, version: "4.22.0-mine.1", replace: {} };
    const payloads = [payload, { ...payload, name: "other" }, { ...payload, name: "away", repository: "quay.io/me" }];
    const test = { name: "metal", kubeconfigSecret: "metal", minutes: 30, force: false };
    const tests = [
      { ...test, to: `${at}/okd-payload@${digest}` },
      { ...test, to: `quay.io/okd/x@${digest}`, verdict: { signingSecret: "s", repository: `${at}/verdicts` } },
    ];
    const builds = { settings: SETTINGS, streams: [], layers: [] };
    assert.deepEqual(collectionSettings(builds, KEEP, [], { payloads, tests }), {
      ...{
        registry: { address: "kind-registry:5000", path: "okd", insecure: true },
        named: [],
        builds: [],
        images: {},
      },
      payloads: {
        namespace: "okd-payload",
        plans: "okd-payload-plan",
        releases: ["okd-payload"],
        keep: 2 * KEEP.builds,
      },
      verdicts: ["okd-payload", "verdicts"],
    });
    assert.equal(collects(builds, KEEP, { external: false, spoke: false, payloads }), true);
  });

  it("is there for the stack's own registry, for another where the stack says so, and never on a spoke", () => {
    const builds = { streams: [], layers: [LAYER], settings: SETTINGS };
    const here = { external: false, spoke: false };
    const elsewhere = { ...SETTINGS, push: { enabled: true, repository: "quay.io/me" } };
    assert.equal(collects(builds, KEEP, here), true);
    assert.equal(collects({ ...builds, layers: [] }, KEEP, here), false);
    assert.equal(collects({ ...builds, settings: { ...SETTINGS, push: { enabled: false } } }, KEEP, here), false);
    assert.equal(collects(builds, KEEP, { ...here, spoke: true }), false);
    for (const external of [true, false]) {
      assert.equal(collects(builds, { ...KEEP, external }, { ...here, external: true }), external);
      assert.equal(collects({ ...builds, settings: elsewhere }, { ...KEEP, external }, here), external);
    }
  });

  it("may list runs and nothing else, and reads the Secret that may push", () => {
    const settings = { ...SETTINGS_OF_ONE, registry: { address: "quay.io", path: "me", insecure: false } };
    const rendered = renderCollection({ settings, image: "node:24", credentialsSecret: "push" }, ["okd-coreos"], PLACE);
    const role = find(rendered, "Role", "collect") as unknown as { rules: object[] };
    assert.deepEqual(role.rules, [
      { apiGroups: ["tekton.dev"], resources: ["pipelineruns", "taskruns"], verbs: ["list"] },
    ]);
    const pod = find(rendered, "CronJob", "collect").spec.jobTemplate.spec.template.spec;
    assert.deepEqual(pod.volumes[1], { name: "secret", secret: { secretName: "push" } });
    const { value } = pod.containers[0].env.find(({ name }: { name: string }) => name === "SETTINGS");
    assert.equal(
      (JSON.parse(value) as Settings).registry.credentials,
      `${pod.containers[0].volumeMounts[1].mountPath}/.dockerconfigjson`,
    );
  });

  describe("as a program", function () {
    this.timeout(120_000);
    let folder: string;
    let server: Server;
    let registry: Awaited<ReturnType<typeof startEmptyRegistry>>;
    let pushes: Pushes;
    let lists: Record<string, object[]>;
    let status: number;

    before(async function () {
      if (!findTool("registry", "docker-registry")) this.skip();
      folder = mkdtempSync(join(tmpdir(), "okd-streams-collect-"));
      registry = await startEmptyRegistry(folder);
      pushes = new Pushes(registry.address);
      const rendered = renderCollection(
        { settings: { ...SETTINGS_OF_ONE, registry: { address: "", path: "", insecure: true } }, image: "node:24" },
        [],
        PLACE,
      );
      const { data } = find(rendered, "ConfigMap", "collect") as Manifest & { data: Record<string, string> };
      writeFileSync(join(folder, "collect.js"), data["collect.js"]!);
      writeFileSync(join(folder, "token"), "t0ken\n");
      server = createServer((request, response) => {
        const [, resource = ""] = /\/(pipelineruns|taskruns)\?/.exec(request.url!) ?? [];
        response.writeHead(status).end(JSON.stringify({ items: lists[resource] ?? [], metadata: {} }));
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    });
    beforeEach(() => {
      [lists, status] = [{}, 200];
    });
    after(() => {
      server?.close();
      registry?.stop();
      if (folder) rmSync(folder, { recursive: true });
    });

    /** Three images of one sort, the oldest first. */
    async function images(): Promise<string[]> {
      const days = ["2026-11-01", "2026-11-02", "2026-11-03"];
      return Promise.all(
        days.map((day) =>
          pushes.image("stream-coreos", {
            created: `${day}T00:00:00Z`,
            tags: [`key-${digestOf(day).slice(7)}`],
          }),
        ),
      );
    }
    const there = (digests: string[]) =>
      Promise.all(digests.map(async (digest) => (await pushes.get("stream-coreos", digest)).status === 200));
    const start = (more: Partial<Settings> = {}) => {
      const { address } = registry;
      const settings: Settings = {
        ...SETTINGS_OF_ONE,
        registry: { address, path: "okd", insecure: true },
        namespaces: ["okd-coreos", "okd-release"],
        ...more,
      };
      return runProgram([join(folder, "collect.js")], {
        ...{ SETTINGS: JSON.stringify(settings), TOKEN_FILE: join(folder, "token") },
        API_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      });
    };
    const run = (name: string, of: string | undefined, digest: string, ended: boolean) => ({
      metadata: { name, labels: of === undefined ? {} : { "tekton.dev/pipelineRun": of } },
      status: { ...(ended && { completionTime: "2026-11-30T00:00:00Z" }), results: [{ value: `x@${digest}` }] },
    });

    it("deletes what is old, but for what a run names that has not ended, or a Task of it that has", async () => {
      const [oldest, old, newest] = (await images()) as [string, string, string];
      lists = {
        pipelineruns: [run("works", undefined, digestOf("x"), false), run("ended", undefined, oldest, true)],
        taskruns: [run("works-rpm", "works", old, true), run("ended-rpm", "ended", oldest, true)],
      };
      const { code, log } = await start();
      assert.equal(code, 0, log);
      assert.deepEqual(await there([oldest, old, newest]), [false, true, true]);
      assert.match(log, new RegExp(`stream-coreos@${oldest} \\(key-[0-9a-f]{64}\\)`));
      assert.match(log, /1 of 3 manifests deleted/);
      assert.doesNotMatch(log, /t0ken/);
    });

    it("deletes nothing where the API server does not say which runs there are, or the registry what it has", async () => {
      const digests = await images();
      status = 403;
      const refused = await start();
      assert.equal(refused.code, 1);
      assert.match(
        refused.log,
        /cannot be listed: the API server answers 403: what is not said to be deleted is there/,
      );
      status = 200;
      const silent = await start({ registry: { address: "127.0.0.1:1", path: "okd", insecure: true } });
      assert.equal(silent.code, 1);
      assert.match(silent.log, /no registry: ECONNREFUSED/);
      assert.deepEqual(await there(digests), [true, true, true]);
    });
  });
});
