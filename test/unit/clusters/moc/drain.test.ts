import assert from "node:assert/strict";
import { drain } from "../../../../components/clusters/moc/drain";
import { connect } from "../../../../components/kubernetes/connection";
import { PAUSE } from "../../../../components/openstack/wait";
import { FakeApi, Status } from "../../platform/fake-api";

interface Pod {
  name: string;
  owner: string;
  phase?: string;
  /** How often its eviction is refused. */
  refuses?: number;
}

describe("a worker that is given back", () => {
  const { first } = PAUSE;
  let api: FakeApi;
  let pods: Pod[];
  let isNode: boolean;
  let kubeconfig: string;
  beforeEach(async () => {
    PAUSE.first = 1;
    isNode = true;
    pods = [
      { name: "web", owner: "ReplicaSet" },
      { name: "router", owner: "ReplicaSet", refuses: 2 },
      { name: "build", owner: "TaskRun", phase: "Succeeded" },
      { name: "dns", owner: "DaemonSet" },
      { name: "static", owner: "Node" },
    ];
    api = new FakeApi((method, path) => {
      if (path === "/api/v1/nodes/worker-1") {
        if (!isNode) return undefined;
        if (method === "DELETE") isNode = false;
        return {};
      }
      if (path.startsWith("/api/v1/pods?fieldSelector=spec.nodeName=worker-1")) {
        return {
          items: pods.map(({ name, owner, phase = "Running" }) => ({
            metadata: { name, namespace: "apps", ownerReferences: [{ kind: owner }] },
            status: { phase },
          })),
        };
      }
      const [, evicted] = /^\/api\/v1\/namespaces\/apps\/pods\/(\w+)\/eviction$/.exec(path) ?? [];
      const pod = pods.find(({ name }) => name === evicted);
      if (!pod) return undefined;
      if (pod.refuses) {
        pod.refuses--;
        return new Status(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
      }
      pods = pods.filter((it) => it !== pod);
      return {};
    });
    kubeconfig = await api.start();
  });
  afterEach(async () => {
    PAUSE.first = first;
    await api.stop();
  });
  const changes = () =>
    api.requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path.split("/").slice(-2).join("/")}`);

  it("takes no pods, loses those that it has as their budgets allow, and is no node any more", async () => {
    assert.equal(await drain(await connect(kubeconfig), "worker-1"), true);
    assert.deepEqual(changes(), [
      "PATCH nodes/worker-1",
      "POST web/eviction",
      ...Array<string>(3).fill("POST router/eviction"),
      "DELETE nodes/worker-1",
    ]);
    assert.deepEqual(api.requests[0]!.body, { spec: { unschedulable: true } });
    assert.deepEqual(
      pods.map(({ name }) => name),
      ["build", "dns", "static"],
    );
  });

  it("is left alone where it is no node", async () => {
    isNode = false;
    assert.equal(await drain(await connect(kubeconfig), "worker-1"), false);
    assert.deepEqual(changes(), ["PATCH nodes/worker-1"]);
  });
});
