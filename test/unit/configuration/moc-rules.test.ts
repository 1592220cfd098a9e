import assert from "node:assert/strict";
import { brokenRules } from "../../../stacks/configuration/rules";
import { configurationSchema } from "../../../stacks/configuration/schema";

type Fields = Record<string, unknown>;

const LEASES = ["a", "b", "c"].map((it) => `00000000-0000-0000-0000-00000000000${it}`);
const IMAGE = { source: LEASES[0], kubeconfig: "kubeconfig" };

/** Of a cluster that is right but for what is changed; undefined leaves a key out. */
const problems = (
  changes: Record<"cluster" | "nodes" | "network" | "okd" | "more", Fields | undefined> | Fields = {},
) => {
  const { cluster, nodes, network, okd, more } = changes as Record<string, Fields | undefined>;
  const written = {
    cluster: {
      type: "moc",
      lifetime: "8h",
      nodes: { ...nodes },
      network: {
        cidr: "192.168.20.0/24",
        allocationPool: "192.168.20.10-192.168.20.99",
        nameservers: ["1.1.1.1"],
        external: "external",
        api: "192.168.20.5",
        ingress: "192.168.20.6",
        ...network,
      },
      okd: { version: "4.20", baseDomain: "example.org", ...okd },
      ...cluster,
    },
    confirmLocalBackend: true,
    ...more,
  };
  return brokenRules(configurationSchema.parse(JSON.parse(JSON.stringify(written)))).map(
    ({ path, sentence }) => `${path.join(".")} ${sentence}`,
  );
};
/** A single node has no addresses that move. */
const SINGLE = { nodes: { controlPlanes: 1 }, network: { api: undefined, ingress: undefined } };

describe("a cluster on the MOC", () => {
  it("is right as three nodes, as one, with workers, on leases, in a network that exists, with an image", () => {
    const right: Fields[] = [
      {},
      SINGLE,
      { nodes: { workers: 2 } },
      { cluster: { lifetime: undefined }, nodes: { leases: LEASES } },
      { nodes: { own: ["R4U1", "R4U2", "R4U3"] } },
      { network: { existing: LEASES[0], allocationPool: undefined, external: undefined } },
      { cluster: { okd: undefined, image: IMAGE }, network: { api: undefined, ingress: undefined } },
      { more: { backend: "s3://state", confirmLocalBackend: false } },
      { okd: { pullSecret: "registries" }, more: { secrets: { registries: { pullSecret: "[secret]" } } } },
    ];
    for (const changes of right) assert.deepEqual(problems(changes), []);
  });

  const wrong: [name: string, changes: Fields, ...sentences: RegExp[]][] = [
    [
      "claims without an end",
      { cluster: { lifetime: undefined } },
      /^cluster.lifetime is missing: claimed nodes are wiped/,
    ],
    [
      "a single node that is claimed for good",
      { ...SINGLE, cluster: { lifetime: undefined } },
      /^cluster.lifetime is missing: .* name leases that you were granted/,
    ],
    ["an end of leases that have one", { nodes: { leases: LEASES } }, /^cluster.lifetime is set, but the leases of/],
    ["two control planes", { nodes: { controlPlanes: 2 } }, /^cluster.nodes.controlPlanes is 2, .* 1, or 3 to 5$/],
    [
      "workers of a single node",
      { ...SINGLE, nodes: { controlPlanes: 1, workers: 2 } },
      /^cluster.nodes.workers is 2, but the installer takes a single/,
    ],
    [
      "fewer leases than nodes",
      { cluster: { lifetime: undefined }, nodes: { leases: LEASES.slice(1) } },
      /^cluster.nodes.leases has 2, but 3 nodes are asked for/,
    ],
    [
      "a lease twice",
      { cluster: { lifetime: undefined }, nodes: { leases: [LEASES[0], LEASES[1], LEASES[0]] } },
      /^cluster.nodes.leases.2 is 0+-.*a again, as in cluster.nodes.leases\[0\]$/,
    ],
    [
      "own machines fewer than nodes, and one of them twice",
      { nodes: { own: ["R4U1", "R4U1"] } },
      /^cluster.nodes.own has 2, but 3 nodes are asked for: one machine for each/,
      /^cluster.nodes.own.1 is R4U1 again, as in cluster.nodes.own\[0\]$/,
    ],
    [
      "own machines beside a class",
      { nodes: { own: ["a", "b", "c"], resourceClass: "fc430" } },
      /^cluster.nodes.resourceClass is set, but cluster.nodes.own names the machines already: leave it out$/,
    ],
    [
      "own machines without an end",
      { cluster: { lifetime: undefined }, nodes: { own: ["a", "b", "c"] } },
      /^cluster.lifetime is missing: /,
    ],
    [
      "a class of leases that have nodes",
      { cluster: { lifetime: undefined }, nodes: { leases: LEASES, resourceClass: "large" } },
      /^cluster.nodes.resourceClass is set, but leases/,
    ],
    [
      "a network without a pool",
      { network: { allocationPool: undefined } },
      /^cluster.network.allocationPool is missing/,
    ],
    ["a network without a way out", { network: { external: undefined } }, /^cluster.network.external is missing/],
    [
      "a pool of a network that exists",
      { network: { existing: LEASES[0] } },
      /^cluster.network.allocationPool is set, but a network that exists has its own/,
    ],
    [
      "nodes in the pods' network",
      {
        network: {
          cidr: "10.129.4.0/24",
          allocationPool: "10.129.4.10-10.129.4.99",
          api: "10.129.4.5",
          ingress: "10.129.4.6",
        },
      },
      /^cluster.network.cidr is 10.129.4.0\/24, which overlaps with the pods' network of OKD, 10.128.0.0\/14: take another$/,
    ],
    [
      "a pool beside the network",
      { network: { allocationPool: "192.168.20.10-192.168.21.9" } },
      /^cluster.network.allocationPool is 192.168.20.10-192.168.21.9, which is not within cluster.network.cidr, 192.168.20.0\/24$/,
    ],
    [
      "a pool that is too small",
      { network: { allocationPool: "192.168.20.10-192.168.20.12" } },
      /^cluster.network.allocationPool has 3 addresses, but the nodes and the network's DHCP need 4$/,
    ],
    ["no address of the API", { network: { api: undefined } }, /^cluster.network.api is missing: name an address of/],
    [
      "an address of a single node",
      { ...SINGLE, network: { ingress: undefined } },
      /^cluster.network.api is set, but only OKD on/,
    ],
    [
      "a virtual address in the pool",
      { network: { api: "192.168.20.99" } },
      /^cluster.network.api is 192.168.20.99, which is within cluster.network.allocationPool/,
    ],
    [
      "a virtual address outside the network",
      { network: { ingress: "192.168.21.6" } },
      /^cluster.network.ingress is 192.168.21.6, which is not within cluster.network.cidr/,
    ],
    [
      "the gateway's address",
      { network: { api: "192.168.20.1" } },
      /^cluster.network.api is 192.168.20.1, which is the network's gateway$/,
    ],
    [
      "one address for both",
      { network: { ingress: "192.168.20.5" } },
      /^cluster.network.ingress is 192.168.20.5, as cluster.network.api/,
    ],
    [
      "nothing to run",
      { cluster: { okd: undefined }, network: SINGLE.network },
      /^cluster.okd is missing: say which OKD/,
    ],
    ["two things to run", { cluster: { image: IMAGE } }, /^cluster.image is set beside cluster.okd/],
    [
      "an OKD that is too old",
      { okd: { version: "4.18" } },
      /^cluster.okd.version is "4.18", but the oldest .* is 4.19$/,
    ],
    [
      "a pull secret that is not there",
      { okd: { pullSecret: "registries" } },
      /^cluster.okd.pullSecret is registries, but secrets.registries.pullSecret is not set/,
    ],
    [
      "an image by URL without its sum",
      {
        cluster: { okd: undefined, image: { ...IMAGE, source: "https://example.org/x.qcow2" } },
        network: SINGLE.network,
      },
      /^cluster.image.checksum is missing/,
    ],
    [
      "a state that only this machine has",
      { more: { confirmLocalBackend: false } },
      /^backend is a local folder, but others must find the state/,
    ],
  ];
  for (const [name, changes, ...sentences] of wrong) {
    it(`refuses ${name}`, () => {
      const found = problems(changes);
      assert.equal(found.length, sentences.length, found.join("\n"));
      sentences.forEach((sentence, index) => assert.match(found[index]!, sentence));
    });
  }
});
