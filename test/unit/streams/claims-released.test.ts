import assert from "node:assert/strict";
import { provider } from "../../../components/workplace/claims-released";
import { FakeApi, resources } from "../platform/fake-api";

const NAMESPACE = "okd-coreos";
const PODS = "/api/v1/namespaces/okd-coreos/pods";

const podOf = (name: string, phase: string, ...claims: string[]) => ({
  ...{ apiVersion: "v1", kind: "Pod", status: { phase } },
  metadata: { name, namespace: NAMESPACE, uid: `uid-of-${name}` },
  spec: {
    volumes: [
      { name: "scripts", configMap: {} },
      ...claims.map((claimName) => ({ persistentVolumeClaim: { claimName } })),
    ],
  },
});

describe("claims that a stack has no longer", () => {
  let api: FakeApi;
  let kubeconfig: string;
  let pods: ReturnType<typeof podOf>[];

  beforeEach(async () => {
    api = new FakeApi((method, path) => {
      if (path === "/api/v1") return resources("v1", "Pod");
      if (path === PODS) return { items: pods };
      const found = pods.find(({ metadata }) => path === `${PODS}/${metadata.name}`);
      if (method === "DELETE") pods = pods.filter((pod) => pod !== found);
      return found;
    });
    kubeconfig = await api.start();
  });
  afterEach(() => api.stop());

  const update = (olds: Record<string, string>, news: Record<string, string>) => {
    const inputs = (claims: Record<string, string>) => ({ kubeconfig, namespace: NAMESPACE, claims });
    return provider.update!(NAMESPACE, inputs(olds), inputs(news));
  };
  const left = () => pods.map(({ metadata }) => metadata.name);

  it("are held by no Pod that has ended; those of other claims stay", async () => {
    pods = [podOf("built", "Succeeded", "a", "b"), podOf("broken", "Failed", "a"), podOf("other", "Succeeded", "b")];
    await update({ a: "", b: "" }, { b: "" });
    assert.deepEqual(left(), ["other"]);
  });

  it("wait for a Pod that is being deleted, as Tekton deletes a run's affinity assistant", async () => {
    const assistant = podOf("assistant", "Running", "a");
    Object.assign(assistant.metadata, { deletionTimestamp: "2026-11-26T00:00:00Z" });
    pods = [assistant];
    await update({ a: "" }, {});
    assert.deepEqual(left(), []);
  });

  it("are those too whose class is another", async () => {
    pods = [podOf("built", "Succeeded", "a"), podOf("other", "Succeeded", "b")];
    await update({ a: "", b: "fast" }, { a: "", b: "faster", c: "" });
    assert.deepEqual(left(), ["built"]);
  });

  it("are refused while a Pod runs, and then nothing is deleted", async () => {
    pods = [podOf("built", "Succeeded", "a"), podOf("building", "Running", "b", "a")];
    await assert.rejects(
      update({ a: "" }, {}),
      /^UserError: PersistentVolumeClaim okd-coreos\/a is to be removed, and Pod building uses it: wait until its run has ended/,
    );
    assert.deepEqual(left(), ["built", "building"]);
  });

  it("cost no request where there are none", async () => {
    await update({ a: "" }, { a: "", b: "" });
    assert.deepEqual(api.requests, []);
  });
});
