import assert from "node:assert/strict";
import type { Capabilities } from "../../../../components/clusters/cluster";
import { renderSource, type MocClusterArgs } from "../../../../components/clusters/moc/args";
import { MocCluster } from "../../../../components/clusters/moc/moc";
import { record, type Recorded } from "../../platform/recorded";

const LEASES = ["lease-0", "lease-1", "lease-2"];
const COMPACT: MocClusterArgs = {
  stack: "moc",
  cloud: "site",
  layout: { controlPlanes: 3, workers: 0 },
  nodes: { hours: 8, nodeProperties: ["memory_mb>=65536"] },
  network: {
    cidr: "192.168.20.0/24",
    allocationPool: "192.168.20.10-192.168.20.99",
    nameservers: ["192.0.2.53"],
    external: "external",
    virtualAddresses: { api: "192.168.20.5", ingress: "192.168.20.6" },
  },
  runs: { okd: { version: "4.21", baseDomain: "example.org" } },
};
const SINGLE: MocClusterArgs = {
  ...COMPACT,
  layout: { controlPlanes: 1, workers: 0 },
  network: { ...COMPACT.network, virtualAddresses: undefined },
};

/** As a preview sees it. */
const recorded = (args: MocClusterArgs) => record(() => new MocCluster("cluster", args), true);
const short = (type: string) => type.split(/[:/]/).at(-1)!;

/** `Lease control-plane-0` */
const list = (found: Recorded[]) => found.map(({ type, name }) => `${short(type)} ${name}`).sort();
const NODE = ["Lease", "NodeAttachment", "NodeDeployment"];

describe("MocCluster", () => {
  let compact: Recorded[];
  let capabilities: Capabilities;
  before(async () => {
    compact = await record(() => ({ capabilities } = new MocCluster("cluster", COMPACT)), true);
  });

  it("of three nodes is leases, a network with two addresses, deployments of one ISO and an installation", () => {
    assert.deepEqual(
      list(compact),
      [
        "MocCluster cluster",
        "NodeNetwork cluster-network",
        ...["openstack cluster-network", "kubernetes cluster"],
        ...["Network", "Subnet", "Router", "RouterInterface"].map((it) => `${it} cluster-network`),
        ...["Port", "FloatingIp"].flatMap((it) => [`${it} cluster-network-api`, `${it} cluster-network-ingress`]),
        ...[0, 1, 2].flatMap((index) => NODE.map((it) => `${it} control-plane-${String(index)}`)),
        ...["AgentImage cluster-iso", "DnsRecords cluster-dns", "AgentInstallation cluster-installation"],
      ].sort(),
    );
  });

  it("of one node has its address alone", async () => {
    const found = list(await recorded(SINGLE));
    assert.deepEqual(
      found.filter((it) => /^(Port|FloatingIp) /.test(it)),
      ["FloatingIp cluster-network-node"],
    );
  });

  it("in a network that exists makes none, and no floating address where no external one is named", async () => {
    const { cidr, nameservers, virtualAddresses } = COMPACT.network;
    const network = { cidr, nameservers, virtualAddresses, existing: "network-id" };
    const found = await recorded({ ...COMPACT, network, site: { cloud: "site", subnet: "subnet-id" } });
    assert.deepEqual(
      found.filter(({ type }) => type.startsWith("openstack:")).map(({ name }) => name),
      ["cluster-network-api", "cluster-network-ingress"],
    );
    const port = found.find(({ name }) => name === "cluster-network-api")!;
    assert.deepEqual(port.inputs, {
      name: "okd-streams-moc-api",
      description: "okd-streams stack=moc name=api",
      networkId: "network-id",
      fixedIps: [{ subnetId: "subnet-id", ipAddress: "192.168.20.5" }],
    });
  });

  it("shares one address of the world by its ports, the installation's among them, where it is told to", async () => {
    const network = { ...COMPACT.network, sharedAddress: true };
    const addresses = ["192.168.20.17"];
    const make = () => new MocCluster("cluster", { ...COMPACT, network });
    const found = await record(make, true, {
      "control-plane-0": { addresses },
      "cluster-network-cluster": { address: "203.0.113.9" },
    });
    assert.deepEqual(
      found.filter(({ type }) => short(type) === "FloatingIp").map(({ name }) => name),
      ["cluster-network-cluster"],
    );
    const forwardings = found.filter(({ type }) => short(type) === "PortForwardingV2").map(({ inputs }) => inputs);
    const led = forwardings.map(({ externalPort, internalPort, internalIpAddress }) => [
      ...[externalPort, internalPort, internalIpAddress],
    ]);
    assert.deepEqual(led, [
      [6443, 6443, "192.168.20.5"],
      [80, 80, "192.168.20.6"],
      [443, 443, "192.168.20.6"],
      [8090, 8090, "192.168.20.17"],
    ]);
    for (const { protocol, description } of forwardings)
      assert.deepEqual([protocol, description], ["tcp", "okd-streams stack=moc name=cluster"]);
    const { records } = found.find(({ type }) => short(type) === "DnsRecords")!.inputs;
    assert.deepEqual(records, [
      { name: "api.moc.example.org", address: "203.0.113.9" },
      { name: "api-int.moc.example.org", address: "192.168.20.5" },
      { name: "*.apps.moc.example.org", address: "203.0.113.9" },
    ]);
  });

  it("has everything of OpenStack's bear the stack's mark, and no port an owner", () => {
    const found = compact.filter(({ type }) => type.startsWith("openstack:"));
    for (const { type, inputs } of found.filter((it) => short(it.type) !== "RouterInterface")) {
      assert.match(String(inputs.description), /^okd-streams stack=moc name=\w/, type);
      assert.equal("deviceOwner" in inputs, false, type);
    }
    assert.equal(found.length, 8);
  });

  it("marks what its dynamic resources make", () => {
    const found = compact.filter(({ type }) => NODE.includes(short(type)));
    for (const { inputs, name } of found) {
      assert.deepEqual([inputs.cloud, inputs.stack, inputs.name], ["site", "moc", name]);
    }
    assert.equal(found.length, 9);
  });

  it("attaches a node when the network has addresses, boots it when DNS leads to the cluster, and installs when all boot", () => {
    const dependenciesOf = (type: string) => new Set(compact.find((it) => short(it.type) === type)!.dependsOn);
    assert.ok(dependenciesOf("NodeAttachment").has("cluster-network"));
    assert.ok(dependenciesOf("DnsRecords").has("cluster-network-api"));
    assert.ok(dependenciesOf("DnsRecords").has("cluster-network-ingress"));
    assert.ok(dependenciesOf("NodeDeployment").has("cluster-dns"));
    for (const node of ["control-plane-0", "control-plane-1", "control-plane-2"]) {
      assert.ok(dependenciesOf("AgentInstallation").has(node), node);
    }
  });

  it("waits for the records that nobody but DNS has, and for none where it is to do without", async () => {
    const neededBy = async (args: MocClusterArgs) =>
      (await recorded(args)).find(({ type }) => short(type) === "DnsRecords")!.inputs.needed;
    assert.deepEqual(await neededBy(COMPACT), ["api.moc.example.org", "*.apps.moc.example.org"]);
    assert.deepEqual(await neededBy(SINGLE), [
      "api.moc.example.org",
      "api-int.moc.example.org",
      "*.apps.moc.example.org",
    ]);
    const without = { ...COMPACT, network: { ...COMPACT.network, external: undefined, dns: "hosts" as const } };
    assert.deepEqual(await neededBy(without), []);
    const { inputs } = (await recorded(without)).find(({ type }) => short(type) === "AgentInstallation")!;
    assert.equal(inputs.apiAddress, "192.168.20.5");
  });

  it("has a minimal ISO where one of its nodes boots by iPXE", async () => {
    const minimal = async (...interfaces: string[]) => {
      const leases = interfaces.map((bootInterface, index) => [`control-plane-${String(index)}`, { bootInterface }]);
      const outputs = Object.fromEntries(leases) as Record<string, object>;
      const found = await record(() => new MocCluster("cluster", COMPACT), true, outputs);
      return found.find(({ type }) => short(type) === "AgentImage")!.inputs.minimal;
    };
    const drive = "redfish-virtual-media";
    assert.equal(await minimal(drive, drive, drive), false);
    assert.equal(await minimal(drive, "ipxe", drive), true);
  });

  it("connects the card that is named, also when it is attached again", async () => {
    const ports = [
      { uuid: "card-0", address: "52:54:00:00:00:01", physicalNetwork: "storage" },
      { uuid: "card-1", address: "52:54:00:00:00:02", physicalNetwork: "datacentre" },
    ];
    const make = () => new MocCluster("cluster", { ...SINGLE, cards: ["datacentre"] });
    const found = await record(make, true, { "control-plane-0": { ports } });
    const inputsOf = (type: string) => found.find((it) => short(it.type) === type)!.inputs;
    assert.equal(inputsOf("NodeAttachment").port, "card-1");
    assert.equal(inputsOf("NodeDeployment").card, "card-1");
  });

  it("has nodes in networks by tags, with the addresses that they have there", async () => {
    const of = (vlan: number, address: string) => ({ vlan, address, prefixLength: 24, mtu: 1500 });
    const trunk = { id: "trunk", networks: [of(301, "192.168.50.7"), of(302, "192.168.51.7")] };
    const network = { ...SINGLE.network, tagged: ["storage-id", "backup-id"] };
    const make = () => new MocCluster("cluster", { ...SINGLE, network });
    const found = await record(make, true, { "control-plane-0": { trunk } });
    const inputsOf = (type: string) => found.find((it) => short(it.type) === type)!.inputs;
    assert.deepEqual(inputsOf("NodeAttachment").tagged, ["storage-id", "backup-id"]);
    const text = JSON.stringify(inputsOf("AgentImage").agentConfig);
    assert.match(text, /"ip":"192\.168\.50\.7".*"id":301.*"ip":"192\.168\.51\.7".*"id":302/);
    assert.equal("tagged" in (await recorded(SINGLE)).find((it) => short(it.type) === "NodeAttachment")!.inputs, false);
  });

  it("makes a network whose packets fit everywhere, or are as large as is said", async () => {
    const mtuOf = async (network: Partial<MocClusterArgs["network"]>) =>
      (await recorded({ ...COMPACT, network: { ...COMPACT.network, ...network } })).find(
        ({ type }) => short(type) === "Network",
      )!.inputs.mtu;
    assert.equal(await mtuOf({}), 1500);
    assert.equal(await mtuOf({ mtu: 9000 }), 9000);
  });

  it("has the router and the packets of a network that exists", async () => {
    const { cidr, nameservers, virtualAddresses } = COMPACT.network;
    const network = { cidr, nameservers, virtualAddresses, existing: "network-id" };
    const site = { cloud: "site", subnet: "subnet-id", gateway: "192.168.20.254", mtu: 9000 };
    const found = await recorded({ ...COMPACT, network, site });
    const { agentConfig } = found.find(({ type }) => short(type) === "AgentImage")!.inputs;
    const text = JSON.stringify(agentConfig);
    assert.match(text, /"next-hop-address":"192.168.20.254"/);
    assert.match(text, /"mtu":9000/);
  });

  it("keeps what the installer made as secrets", () => {
    const secretsOf = (type: string) => compact.find((it) => short(it.type) === type)!.additionalSecretOutputs.sort();
    assert.deepEqual(secretsOf("AgentImage"), ["files", "iso", "pullSecret"]);
    assert.deepEqual(secretsOf("AgentInstallation"), ["files", "iso", "kubeconfig", "password"]);
  });

  it("is OpenShift with KVM where it installed OKD", () => {
    assert.deepEqual(capabilities, {
      architectures: ["amd64"],
      kvm: true,
      openshift: true,
      monitoring: true,
      machinePools: ["master"],
    });
  });

  it("deploys an image as it is, with the key of who may log in", async () => {
    const image = { source: "image-id", kubeconfig: "/home/me/kubeconfig" };
    let cluster!: MocCluster;
    const args = { ...SINGLE, runs: { image }, sshKey: "ssh-ed25519 AAAA" };
    const found = await record(() => (cluster = new MocCluster("cluster", args)), true);
    const { inputs } = found.find(({ type }) => short(type) === "NodeDeployment")!;
    assert.deepEqual(inputs.source, { image: "image-id" });
    assert.equal(inputs.userData, '#cloud-config\nssh_authorized_keys: ["ssh-ed25519 AAAA"]\n');
    assert.deepEqual(
      found.map(({ type }) => short(type)).filter((it) => /Agent|Kubeconfig/.test(it)),
      ["NodesKubeconfig"],
    );
    assert.equal(cluster.capabilities.openshift, false);
    assert.deepEqual(Object.keys(cluster.outputs), ["nodes"]);
  });

  it("warns ahead of the end of a lease, and says who can move it", async () => {
    const until = async (endTime: string, nodes: MocClusterArgs["nodes"]) => {
      const { warn } = console;
      const said: string[] = [];
      console.warn = (text: string) => said.push(text);
      try {
        const lease = { nodeName: "r4u25", startTime: "2020-01-01T00:00:00", endTime };
        await record(() => new MocCluster("cluster", { ...SINGLE, nodes }), true, { "control-plane-0": lease });
      } finally {
        console.warn = warn;
      }
      return said;
    };
    const granted = { leases: ["lease-0"] };
    assert.deepEqual(await until("2999-01-01T00:00:00", granted), []);
    const [ofGranted, ...more] = await until("2020-06-01T00:00:00", granted);
    assert.match(
      ofGranted!,
      /The lease of control-plane-0 \(r4u25\) ends at 2020-06-01.*Ask its owner or an administrator/,
    );
    assert.deepEqual(more, []);
    const [ofClaimed] = await until("2020-06-01T00:00:00", { hours: 8, nodeProperties: [] });
    assert.match(ofClaimed!, /Nobody but an administrator can extend it/);
  });

  it("claims nodes for hours, or takes leases in their order", () => {
    assert.deepEqual(renderSource({ hours: 8, resourceClass: "large", nodeProperties: [] }, 1), {
      offer: { resourceClass: "large", nodeProperties: [] },
      hours: 8,
    });
    assert.deepEqual(renderSource({ leases: LEASES }, 1), { uuid: "lease-1" });
    assert.deepEqual(renderSource({ own: ["R4U1", "R4U2"], hours: 8 }, 1), { node: "R4U2", hours: 8 });
  });
});
