import assert from "node:assert/strict";
import { KubernetesClient, NotReady, type Patience, Refused, Unreachable } from "../../../components/kubernetes/client";
import { KubeConfig } from "@kubernetes/client-node";
import { apply, type Application } from "../../lab/kubernetes-plugin/objects";
import { FakeApiServer } from "./fake-api-server";

const PATH = "/api/v1/namespaces/ns/configmaps/it";
const inputs = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "it", namespace: "ns" }, data: { a: "1" } };
const patience = (seconds = 60): Patience => ({
  deadline: Date.now() + seconds * 1000,
  signal: new AbortController().signal,
  tell: () => undefined,
});
const request = (more: Partial<Application> = {}): Application => ({
  type: "kubernetes:core/v1:ConfigMap",
  inputs,
  preview: false,
  force: false,
  upsert: false,
  patience: patience(),
  ...more,
});

describe("objects of the Kubernetes stand-in", () => {
  let server: FakeApiServer;
  let cluster: KubernetesClient;
  beforeEach(async () => {
    server = new FakeApiServer();
    const config = await server.start();
    cluster = new KubernetesClient(() => config);
  });
  afterEach(() => {
    server.stop();
  });
  const methods = () => server.requests.map((it) => it.split(" ")[0]);

  it("creates an object and keeps what the next update needs", async () => {
    const { id, outputs } = await apply(cluster, request());
    assert.equal(id, "ns/it");
    assert.deepEqual(outputs, {
      ...inputs,
      metadata: { ...inputs.metadata, uid: "uid-1" },
      __inputs: inputs,
      __initialApiVersion: "v1",
      __fieldManager: outputs.__fieldManager,
    });
    assert.match(outputs.__fieldManager as string, /^pulumi-kubernetes-[0-9a-f]{8}$/);
  });

  it("refuses an object that exists, unless it may take it over, which costs one request", async () => {
    await cluster.create(inputs, { fieldManager: "somebody" });
    await assert.rejects(
      apply(cluster, request()),
      /^Error: ConfigMap ns\/it: AlreadyExists: .* upsertExistingObjects/,
    );
    server.requests.length = 0;
    await apply(cluster, request({ upsert: true }));
    assert.deepEqual(methods(), ["PATCH"]);
  });

  it("owns the fields of each object as another manager, unless an annotation names one", async () => {
    const managers = [await apply(cluster, request()), await apply(cluster, request({ upsert: true }))];
    assert.notEqual(managers[0]?.outputs.__fieldManager, managers[1]?.outputs.__fieldManager);
    const annotations = { "pulumi.com/patchFieldManager": "ours" };
    const named = { ...inputs, metadata: { ...inputs.metadata, annotations } };
    const { outputs } = await apply(cluster, request({ inputs: named, upsert: true }));
    assert.equal(outputs.__fieldManager, "ours");
    assert.match(server.requests.at(-1) ?? "", /fieldManager=ours/);
  });

  it("updates in one request", async () => {
    const { outputs: state } = await apply(cluster, request());
    server.requests.length = 0;
    await apply(cluster, request({ state, inputs: { ...inputs, data: { a: "2" } } }));
    assert.deepEqual(methods(), ["PATCH"]);
    assert.deepEqual(server.objects.get(PATH)?.data, { a: "2" });
  });

  it("does not make anew what somebody deleted", async () => {
    const { outputs: state } = await apply(cluster, request());
    server.objects.delete(PATH);
    await assert.rejects(apply(cluster, request({ state, upsert: true })), /ConfigMap ns\/it is gone from the cluster/);
    assert.equal(server.objects.has(PATH), false);
  });

  it("updates what somebody deleted and made anew", async () => {
    const { outputs: state } = await apply(cluster, request());
    server.objects.delete(PATH);
    await cluster.create({ ...inputs, data: { a: "9" } } as typeof inputs, { fieldManager: "somebody" });
    await apply(cluster, request({ state }));
    assert.deepEqual(server.objects.get(PATH)?.data, { a: "1" });
  });

  it("changes nothing in a preview", async () => {
    const { id, outputs } = await apply(cluster, request({ preview: true }));
    assert.equal(id, "");
    assert.deepEqual(outputs.data, { a: "1" });
    assert.equal(server.objects.size, 0);
    assert.match(server.requests.at(-1) ?? "", /dryRun=All/);
  });

  it("asks nothing in a preview of what is not known yet", async () => {
    const unknown = { ...inputs, data: { a: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" } };
    assert.deepEqual(await apply(cluster, request({ preview: true, inputs: unknown })), { id: "", outputs: unknown });
    assert.deepEqual(server.requests, []);
  });

  it("waits for a kind that does not exist yet until the deadline", async () => {
    const task = { apiVersion: "v1", kind: "Task", metadata: { name: "it", namespace: "ns" } };
    await assert.rejects(
      apply(cluster, request({ inputs: task, patience: patience(0) })),
      /the API server knows no kind Task in v1/,
    );
  });
});

describe("the Kubernetes client", () => {
  let server: FakeApiServer;
  let cluster: KubernetesClient;
  beforeEach(async () => {
    server = new FakeApiServer();
    const config = await server.start();
    cluster = new KubernetesClient(() => config);
  });
  afterEach(() => {
    server.stop();
  });

  it("creates once and then refuses", async () => {
    await cluster.create(inputs, { fieldManager: "me" });
    await assert.rejects(
      cluster.create(inputs, { fieldManager: "me" }),
      (error: unknown) => error instanceof Refused && error.reason === "AlreadyExists" && error.code === 409,
    );
  });

  it("gets nothing of what is not there, neither the object nor its kind", async () => {
    assert.equal(await cluster.get(inputs), undefined);
    assert.equal(await cluster.get({ ...inputs, kind: "Unheard" }), undefined);
  });

  it("removes what is there and waits until it is gone", async () => {
    await cluster.create(inputs, { fieldManager: "me" });
    await cluster.remove(inputs, "Foreground", patience());
    assert.equal(server.objects.size, 0);
    await cluster.remove(inputs, "Foreground", patience());
  });

  it("names the finalizers that hold an object", async () => {
    await cluster.create(inputs, { fieldManager: "me" });
    server.finalizers = true;
    await assert.rejects(
      cluster.remove(inputs, "Foreground", patience(0)),
      (error: unknown) =>
        error instanceof NotReady && error.message === "ConfigMap ns/it was not gone in time; finalizers left: a/b",
    );
  });

  it("says that it is unreachable, whatever is wrong with the kubeconfig or the network", async () => {
    const lost = [
      new KubernetesClient(() => new KubeConfig()),
      new KubernetesClient(() => {
        throw new Error("no such file");
      }),
    ];
    for (const it of lost) await assert.rejects(it.reachable(), Unreachable);
    server.stop();
    await assert.rejects(cluster.get(inputs), Unreachable);
  });
});
