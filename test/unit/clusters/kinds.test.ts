import assert from "node:assert/strict";
import { CLUSTER_KINDS, type ClusterSettings, clusterSettings, kindOf } from "../../../stacks/clusters/kinds";
import { cloudOf } from "../../../stacks/commands/cloud";
import { MARK_FOLDER } from "../../../components/clusters/kind/config";
import type { Container } from "../../../components/clusters/kind/containers";
import { findingsFor } from "../../../stacks/commands/preflight";
import { sentence } from "../configuration/small-project";
import { complete } from "../tools/facts";

const kind = clusterSettings.parse({
  type: "kind",
  name: "mine",
  ports: [
    { host: 8080, container: 80 },
    { host: 53, container: 53, protocol: "UDP" },
  ],
});
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
    const { ports, nodes } = kindOf(kind).here!(kind, "kind");
    assert.deepEqual(nodes, { cluster: "mine", controlPlanes: 1, workers: 0 });
    assert.deepEqual(
      ports.map(({ port, protocol, use }) => [port, protocol, use]),
      [
        [5001, "TCP", "the registry (cluster.registryPort)"],
        [8080, "TCP", "cluster.ports[0].host"],
        [53, "UDP", "cluster.ports[1].host"],
      ],
    );
    assert.deepEqual(
      [existing, moc].map((cluster) => kindOf(cluster).here),
      [undefined, undefined],
    );
  });

  it("know their own containers from those of others that are called alike", () => {
    const container = (name: string, facts: Partial<Container> = {}): Container => ({
      ...{ id: name, name, image: "", running: true, labels: {}, networks: [], mounts: [], ports: {}, published: [] },
      ...facts,
    });
    const node = (cluster: string, stack: string) =>
      container(`${cluster}-control-plane`, {
        labels: { "io.x-k8s.kind.cluster": cluster, "io.x-k8s.kind.role": "control-plane" },
        mounts: [`${MARK_FOLDER}/${stack}/0123`],
      });
    const [registry, first] = kindOf(kind).here!(kind, "kind").ports;
    const registries = [
      container("kind-registry", { ports: { "5000/tcp": 5001 } }),
      container("kind-registry", { ports: { "80/tcp": 5001 } }),
      container("my-kind-registry", { ports: { "5000/tcp": 5001 } }),
    ];
    assert.deepEqual(registries.map(registry!.mayHold), [true, false, false]);
    const nodes = [node("mine", "kind"), node("mine", "other"), node("other", "kind"), container("mine-worker")];
    assert.deepEqual(nodes.map(first!.mayHold), [true, false, false, false]);
  });

  it("need of this machine what they are made of: containers, or nothing", () => {
    const rows = (cluster: ClusterSettings) => findingsFor(complete, { cluster }).map(({ name }) => name);
    const every = [
      "Node",
      "Pulumi",
      "Kubernetes plugin",
      "dynamic provider",
      "kubectl",
      "offline folder",
      "from registries",
    ];
    const local = ["container engine", "kind", "port 5001", "CPUs", "memory", "disk", "KVM inside Pods"];
    assert.deepEqual(rows(existing), every);
    assert.deepEqual(rows(moc).sort(), [...every, "credentials", "openshift-install", "nmstatectl"].sort());
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
