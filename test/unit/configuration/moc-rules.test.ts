import assert from "node:assert/strict";
import { brokenRules } from "../../../stacks/configuration/rules";
import { configurationSchema } from "../../../stacks/configuration/schema";

/** Of nobody: the type, and a point of all zeros. */
const KEY = `ssh-ed25519 ${Buffer.concat([
  Buffer.from([0, 0, 0, 11]),
  Buffer.from("ssh-ed25519"),
  Buffer.from([0, 0, 0, 32]),
  Buffer.alloc(32),
]).toString("base64")}`;

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
/** A network with all of its addresses. */
const elsewhere = (cidr: string) => {
  const host = (last: string) => cidr.replace(/0\/\d+$/, last);
  return { cidr, allocationPool: `${host("10")}-${host("99")}`, api: host("5"), ingress: host("6") };
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
      { cluster: { lifetime: "21d" }, network: { gateway: "192.168.20.254", mtu: 9000, dns: "hosts" } },
      {
        okd: {
          bootArtifactsBaseURL: "http://boot.example.org/okd",
          ntp: ["ntp.example.org", "192.0.2.1", "2001:db8::1"],
        },
      },
      { okd: { proxy: { http: "http://10.0.0.1:3128", noProxy: ["*", ".example.org", "10.0.0.0/8", "h"] } } },
      { okd: { proxy: { https: "https://proxy.example.org" }, trustBundle: "ca.pem" } },
      { cluster: { sshKey: KEY } },
      { cluster: { sshKey: `${KEY} somebody@example.org` } },
      { nodes: { rootDevice: "/dev/nvme0n1", cards: ["52:54:00:00:00:01", "datacentre"] } },
      { nodes: { rootDevice: "/dev/disk/by-path/pci-0000:00:1f.2-ata-1" } },
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
      "the nodes' own network with a tag",
      {
        network: {
          ...{ existing: LEASES[0], allocationPool: undefined, external: undefined },
          tagged: [LEASES[1], LEASES[0]],
        },
      },
      /^cluster\.network\.tagged\.1 is .*, as cluster\.network\.existing, which needs no tag$/,
    ],
    [
      "a network with a tag twice",
      { network: { tagged: [LEASES[1], LEASES[1]] } },
      /^cluster\.network\.tagged\.1 is .* again, as in cluster\.network\.tagged\[0\]$/,
    ],
    [
      "a single node that shares its only address",
      { ...SINGLE, network: { ...SINGLE.network, sharedAddress: true } },
      /^cluster\.network\.sharedAddress is true, but only OKD on several control planes has two addresses: leave it out$/,
    ],
    [
      "a shared address of no external network",
      { network: { existing: LEASES[0], allocationPool: undefined, external: undefined, sharedAddress: true } },
      /^cluster\.network\.sharedAddress is true, but without cluster\.network\.external there is none to share$/,
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
    ...(["100.88.7.0/24", "169.254.169.0/24", "100.64.0.0/16"] as const).map((cidr): (typeof wrong)[number] => [
      `nodes in ${cidr}, which OVN-Kubernetes has`,
      { network: { ...elsewhere(cidr) } },
      /^cluster.network.cidr is .*, which overlaps with OVN-Kubernetes' .* of OKD, [\d./]+: take another$/,
    ]),
    ...(["127.0.3.0/24", "0.0.3.0/24", "224.0.3.0/24", "240.0.3.0/24"] as const).map((cidr): (typeof wrong)[number] => [
      `nodes in ${cidr}, which no host can have`,
      { network: { ...elsewhere(cidr) } },
      /^cluster.network.cidr is .*, but [\d./]+ is for .* and for no host: take another$/,
    ]),
    ...(["192.168.21.1", "192.168.20.0", "192.168.20.255"] as const).map((gateway): (typeof wrong)[number] => [
      `a router at ${gateway}`,
      { network: { gateway } },
      /^cluster.network.gateway is [\d.]+, which is no host's address in cluster.network.cidr, 192.168.20.0\/24$/,
    ]),
    [
      "a router in the pool",
      { network: { gateway: "192.168.20.50" } },
      /^cluster.network.gateway is 192.168.20.50, which is within cluster.network.allocationPool/,
    ],
    [
      "a pool with the router in it that Neutron chooses",
      { network: { allocationPool: "192.168.20.1-192.168.20.4" } },
      /^cluster.network.allocationPool is .*, which has the router's address in it, 192.168.20.1: begin after it/,
    ],
    [
      "a claim that no site grants",
      { cluster: { lifetime: "30d" } },
      /^cluster.lifetime is 30d, but ESI-Leap lets nobody but an administrator claim a node for more than 21d/,
    ],
    ["one that is an hour too long", { cluster: { lifetime: "505h" } }, /^cluster.lifetime is 505h/],
    [
      "a single node without DNS",
      { nodes: SINGLE.nodes, network: { ...SINGLE.network, dns: "hosts" } },
      /^cluster.network.dns is hosts, but a single node has no name server of its own/,
    ],
    [
      "an image without DNS",
      { cluster: { okd: undefined, image: IMAGE }, network: { ...SINGLE.network, dns: "hosts" } },
      /^cluster.network.dns is hosts, but only OKD has names/,
    ],
    [
      "a file where a folder of files is wanted",
      { okd: { bootArtifactsBaseURL: "https://boot.example.org/agent.x86_64-rootfs.img" } },
      /^cluster.okd.bootArtifactsBaseURL names a file/,
    ],
    [
      "a state that only this machine has",
      { more: { confirmLocalBackend: false } },
      /^backend is a local folder, but others must find the state/,
    ],
    [
      "no proxy among proxies",
      { okd: { proxy: { noProxy: ["example.org"] } } },
      /^cluster.okd.proxy names no proxy: set http or https, or leave it out$/,
    ],
    [
      "more name servers than Neutron takes",
      { network: { nameservers: ["1", "2", "3", "4", "5", "6"].map((it) => `10.0.0.${it}`) } },
      /^cluster.network.nameservers has 6, but Neutron takes 5 for a network$/,
    ],
    [
      "a name server twice",
      { network: { nameservers: ["1.1.1.1", "9.9.9.9", "1.1.1.1"] } },
      /^cluster.network.nameservers.2 is 1.1.1.1 again, as in cluster.network.nameservers\[0\]: Neutron takes each once$/,
    ],
    ...["0.0.0.0", "127.0.0.53", "224.0.0.251"].map((server): (typeof wrong)[number] => [
      `${server} as a name server`,
      { network: { nameservers: [server] } },
      /^cluster.network.nameservers.0 is \S+, but \S+ is for no host$/,
    ]),
  ];
  const malformed: [name: string, changes: Fields, key: string][] = [
    ["a disk by id", { nodes: { rootDevice: "/dev/disk/by-id/x" } }, "rootDevice"],
    ["a disk by uuid", { nodes: { rootDevice: "/dev/disk/by-uuid/x" } }, "rootDevice"],
    ["no disk", { nodes: { rootDevice: "/dev/" } }, "rootDevice"],
    ["a domain that begins with a dash", { okd: { baseDomain: "-okd.example.org" } }, "baseDomain"],
    ["a part of a domain that ends with a dash", { okd: { baseDomain: "okd-.example.org" } }, "baseDomain"],
    ["a part of a domain that is too long", { okd: { baseDomain: `${"a".repeat(64)}.example.org` } }, "baseDomain"],
    ["a domain that ends with a dot", { okd: { baseDomain: "okd.example.org." } }, "baseDomain"],
    ["a time server that is no name", { okd: { ntp: ["-ntp.example.org"] } }, "ntp"],
    ["a time server with a port", { okd: { ntp: ["ntp.example.org:123"] } }, "ntp"],
    ["a proxy for http that speaks https", { okd: { proxy: { http: "https://proxy.example.org" } } }, "http"],
    ["a proxy with a password", { okd: { proxy: { https: "http://me:secret@proxy.example.org" } } }, "https"],
    ["several domains in one", { okd: { proxy: { http: "http://p", noProxy: ["a.org,b.org"] } } }, "noProxy"],
    ["half of an SSH key", { cluster: { sshKey: "ssh-ed25519 AAAA" } }, "sshKey"],
    [
      "an SSH key of another type than it says",
      { cluster: { sshKey: KEY.replace("ssh-ed25519", "ssh-rsa") } },
      "sshKey",
    ],
    ["packets that are too small for IPv6", { network: { mtu: 1000 } }, "mtu"],
  ];
  for (const [name, changes, key] of malformed) {
    it(`refuses ${name}`, () => assert.throws(() => problems(changes), new RegExp(`"${key}"`)));
  }

  for (const [name, changes, ...sentences] of wrong) {
    it(`refuses ${name}`, () => {
      const found = problems(changes);
      assert.equal(found.length, sentences.length, found.join("\n"));
      sentences.forEach((sentence, index) => assert.match(found[index]!, sentence));
    });
  }
});
