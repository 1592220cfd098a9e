import assert from "node:assert/strict";
import { kindSettings } from "../../../components/clusters/kind/schema";
import { kind } from "../../../stacks/clusters/kind";
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

  it("fails in one sentence where the container engine does not answer", async () => {
    tools.dead = true;
    await assert.rejects(sweep(), {
      name: "UserError",
      message: /^The container engine docker does not answer/,
    });
  });
});
