import assert from "node:assert/strict";
import { kindSettings } from "../../../components/clusters/kind/schema";
import { kind } from "../../../stacks/clusters/kind";
import { sweepExpiredKind } from "../../../stacks/clusters/kind-sweep";
import { FakeTools } from "./fake-tools";

describe("the sweep of KinD after destroy", () => {
  const settings = kindSettings.parse({ type: "kind" });
  const sweep = () => kind.sweep!(settings, { stack: "kind", kubeconfig: "/state/kind.yaml", tell: () => undefined });
  let tools: FakeTools;
  beforeEach(async () => (tools = await FakeTools.start()));
  afterEach(() => tools.stop());

  /** A node of a KinD cluster, with the mark of the stack that made it. */
  function node(cluster: string, stack?: string): void {
    tools.addContainer({
      name: `${cluster}-control-plane`,
      labels: { "io.x-k8s.kind.cluster": cluster, "io.x-k8s.kind.role": "control-plane" },
      mounts: stack ? [`/etc/okd-streams/${stack}/46506fd4a991`] : [],
    });
  }
  const remaining = () => tools.containers.map(({ name }) => name);

  it("removes the cluster that a killed up left behind, and the registry with it", async () => {
    node("okd-streams", "kind");
    tools.addContainer({ name: "kind-registry", labels: { "okd-streams.io/registry": "" } });
    await sweep();
    assert.deepEqual(remaining(), []);
    assert.ok(tools.calls.includes("kind delete cluster --name okd-streams --kubeconfig /state/kind.yaml"));
  });

  it("leaves alone what others made", async () => {
    node("okd-streams");
    node("another-checkout", "kind");
    tools.addContainer({ name: "kind-registry" });
    await sweep();
    assert.deepEqual(remaining(), ["okd-streams-control-plane", "another-checkout-control-plane", "kind-registry"]);
  });

  it("leaves alone the cluster of another stack that has its name", async () => {
    node("okd-streams", "another");
    await sweep();
    assert.deepEqual(remaining(), ["okd-streams-control-plane"]);
  });

  const own = { ...settings, name: "kind-1a", network: "kind-1a", registryPort: 20_001 };
  const LABELS = { "okd-streams.io/stack": "kind-1a", "okd-streams.io/until": "2026-01-01T02:00:00.000Z" };

  /** A cluster in a network of its own, beside one in kind's. */
  function ownNetwork(labels: Record<string, string> = LABELS): void {
    node("okd-streams", "kind");
    tools.addContainer({ name: "kind-registry", labels: { "okd-streams.io/registry": "" } });
    tools.networks["kind-1a"] = labels;
    node("kind-1a", "kind-1a");
    tools.addContainer({ name: "kind-1a-registry", labels: { "okd-streams.io/registry": "" } });
    for (const it of tools.containers.slice(2)) it.networks = ["kind-1a"];
    // In its network the usual address is its own registry's.
    tools.containers[2]!.files["/etc/containerd/certs.d/localhost:5001/hosts.toml"] = "";
  }

  it("removes a network of the cluster's own with what is in it, and nothing beside it", async () => {
    ownNetwork();
    await kind.sweep!(own, { stack: "kind-1a", kubeconfig: "/state/kind.yaml", tell: () => undefined });
    assert.deepEqual(remaining(), ["okd-streams-control-plane", "kind-registry"]);
    assert.deepEqual(tools.networks, {});
  });

  it("is not held up by a cluster that has another registry at the same address", async () => {
    ownNetwork();
    await sweep();
    assert.deepEqual(remaining(), ["kind-1a-control-plane", "kind-1a-registry"]);
  });

  it("leaves a network alone that the stack did not make", async () => {
    tools.networks["kind-1a"] = { "okd-streams.io/stack": "another" };
    await kind.sweep!(own, { stack: "kind-1a", kubeconfig: "/state/kind.yaml", tell: () => undefined });
    assert.deepEqual(Object.keys(tools.networks), ["kind-1a"]);
  });

  it("removes what has outlived its time, though no state knows it, and nothing sooner", async () => {
    ownNetwork();
    const told: string[] = [];
    await sweepExpiredKind(new Date("2026-01-01T01:59:00Z"), (line) => told.push(line));
    assert.deepEqual([remaining().length, told], [4, []]);
    await sweepExpiredKind(new Date("2026-01-01T02:01:00Z"), (line) => told.push(line));
    assert.deepEqual(remaining(), ["okd-streams-control-plane", "kind-registry"]);
    assert.deepEqual(told, ["kind-1a has outlived its time: its cluster, registry and network are removed."]);
  });

  it("fails in one sentence where the container engine does not answer", async () => {
    tools.dead = true;
    await assert.rejects(sweep(), {
      name: "UserError",
      message: /^The container engine docker does not answer/,
    });
  });
});
