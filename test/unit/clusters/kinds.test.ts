import assert from "node:assert/strict";
import { CLUSTER_KINDS, type ClusterSettings, clusterSettings, kindOf } from "../../../stacks/clusters/kinds";
import { cloudOf } from "../../../stacks/commands/cloud";
import { wantedPorts } from "../../../stacks/commands/preflight";
import { diagnose } from "../../../stacks/tools/diagnose";
import { sentence } from "../configuration/small-project";
import { complete } from "../tools/facts";

const kind = clusterSettings.parse({ type: "kind", name: "mine", ports: [{ host: 8080, container: 80 }] });
const existing = clusterSettings.parse({ type: "existing" });
const moc = clusterSettings.parse({
  type: "moc",
  cloud: "esi",
  network: { cidr: "192.168.20.0/24", nameservers: ["1.1.1.1"] },
  okd: { version: "4.21", baseDomain: "example.org", pullSecret: "pull" },
});

describe("kinds of clusters", () => {
  it("are found by the type that their settings say", () => {
    for (const [type, { schema }] of Object.entries(CLUSTER_KINDS)) {
      assert.deepEqual([...schema.shape.type.values], [type]);
    }
    assert.deepEqual([kind, existing, moc].map(kindOf), Object.values(CLUSTER_KINDS));
  });

  it("publish the ports of a KinD cluster, which its own containers may hold already", () => {
    const ports = wantedPorts({ cluster: kind });
    assert.deepEqual(
      ports.map(({ port, use }) => [port, use]),
      [
        [5001, "the registry (cluster.registryPort)"],
        [8080, "cluster.ports[0].host"],
      ],
    );
    const holders = ["kind-registry", "mine-control-plane", "mine-worker2", "other-control-plane", "not-mine-worker"];
    assert.deepEqual(
      holders.filter((name) => ports[1]!.containers.test(name)),
      ["kind-registry", "mine-control-plane", "mine-worker2"],
    );
    assert.deepEqual(
      [existing, moc].map((cluster) => wantedPorts({ cluster })),
      [[], []],
    );
  });

  it("need of this machine what they are made of: containers, or nothing", () => {
    const rows = (cluster: ClusterSettings) => diagnose(complete, kindOf(cluster).findings).map(({ name }) => name);
    const every = [
      "Node",
      "Pulumi",
      "Kubernetes plugin",
      "dynamic provider",
      "kubectl",
      "offline folder",
      "from registries",
    ];
    const local = ["container engine", "kind", "port 5001", "memory", "disk", "KVM"];
    assert.deepEqual(rows(existing), every);
    assert.deepEqual(rows(moc), every);
    assert.deepEqual(rows(kind).sort(), [...every, ...local].sort());
  });

  it("are on a cloud or not", () => {
    assert.equal(cloudOf("sweep", "moc", { cluster: moc }), "esi");
    assert.equal(
      sentence(() => cloudOf("sweep", "existing", { cluster: existing })),
      "Stack existing has a cluster of type existing: sweep is for those on OpenStack, whose type is moc.",
    );
  });

  it("keep the installer's pull secret from what runs in the cluster", () => {
    assert.deepEqual(kindOf(moc).installerSecrets?.(moc), ["pull"]);
    assert.equal(kindOf(kind).installerSecrets, undefined);
  });
});
