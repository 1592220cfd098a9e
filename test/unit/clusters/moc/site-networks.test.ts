import assert from "node:assert/strict";
import type { NodeNetworkArgs } from "../../../../components/clusters/moc/network";
import { checkNetworks } from "../../../../components/clusters/moc/site-networks";
import { FakeCloud } from "../../openstack/fake-cloud";

/** What the site has, by what Neutron is asked for it. */
const SITE: Record<string, object> = {
  "networks?router:external=true": {
    networks: [
      { id: "external-id", name: "external" },
      { id: "dmz-id", name: "dmz" },
    ],
  },
  "networks/net": { network: { id: "net", name: "nodes", mtu: 9000 } },
  "subnets?network_id=net&ip_version=4": {
    subnets: [
      {
        id: "subnet-id",
        name: "nodes",
        cidr: "192.168.20.0/24",
        gateway_ip: "192.168.20.254",
        allocation_pools: [{ start: "192.168.20.10", end: "192.168.20.99" }],
      },
      { id: "alone", name: "storage", cidr: "192.168.60.0/24", gateway_ip: null, allocation_pools: [] },
    ],
  },
  "ports?network_id=net&device_owner=network:router_interface": {
    ports: [
      { device_id: "other", fixed_ips: [{ subnet_id: "subnet-id", ip_address: "192.168.20.9" }] },
      { device_id: "edge", fixed_ips: [{ subnet_id: "subnet-id", ip_address: "192.168.20.254" }] },
    ],
  },
  "networks/dmz-id": { network: { id: "dmz-id", name: "dmz", mtu: 1500, "router:external": true } },
  "subnets?network_id=dmz-id&ip_version=4": {
    subnets: [
      { id: "dmz-subnet", name: "dmz", cidr: "203.0.113.0/24", gateway_ip: "203.0.113.1", allocation_pools: [] },
    ],
  },
  "routers/edge": { router: { name: "edge", external_gateway_info: { network_id: "external-id" } } },
  "ports?device_id=edge&device_owner=network:router_interface": {
    ports: [{ fixed_ips: [{ subnet_id: "near" }] }, { fixed_ips: [{ subnet_id: "ours" }] }],
  },
  "subnets/near": { subnet: { id: "near", name: "lab", cidr: "192.168.30.0/23", description: "" } },
  "subnets/ours": {
    subnet: { id: "ours", name: "", cidr: "192.168.40.0/24", description: "okd-streams stack=moc name=subnet" },
  },
};

for (const [id, mtu, cidr] of [
  ["storage", 1500, "192.168.50.0/24"],
  ["jumbo", 9000, "192.168.51.0/24"],
  ["near", 1500, "192.168.20.128/25"],
  ["pods", 1500, "10.130.0.0/16"],
] as const) {
  SITE[`networks/${id}`] = { network: { id, name: id, mtu } };
  SITE[`subnets?network_id=${id}&ip_version=4`] = { subnets: [{ id: `${id}-subnet`, name: id, cidr }] };
}
SITE["networks/bare"] = { network: { id: "bare", name: "", mtu: 1500 } };
SITE["subnets?network_id=bare&ip_version=4"] = { subnets: [] };

describe("networks of a site", () => {
  let cloud: FakeCloud;
  let trunks = true;
  before(async () => {
    cloud = new FakeCloud(({ path }) => {
      if (path.endsWith("/extensions/trunk"))
        return trunks ? { status: 200, body: { extension: {} } } : { status: 404 };
      const body = SITE[decodeURIComponent(path).replace("/network/v2.0/", "")];
      return body ? { status: 200, body } : { status: 404, body: { NeutronError: { message: "not there" } } };
    });
    await cloud.start();
  });
  after(() => cloud.stop());

  const check = (args: Partial<NodeNetworkArgs>) =>
    checkNetworks(cloud.client(), {
      stack: "moc",
      cidr: "192.168.20.0/24",
      nameservers: ["192.0.2.53"],
      ...args,
    });

  it("are found by name", async () => {
    assert.deepEqual(await check({ external: "external" }), { externalNetwork: "external-id" });
    const virtualAddresses = { api: "192.168.20.5", ingress: "192.168.20.6" };
    const there = { subnet: "subnet-id", gateway: "192.168.20.254", mtu: 9000 };
    assert.deepEqual(await check({ existing: "net", virtualAddresses }), there);
    assert.deepEqual(await check({ router: "edge", cidr: "192.168.32.0/24" }), {});
  });

  it("have router and packets as they are, and may be an external one itself", async () => {
    const there = { subnet: "subnet-id", gateway: "192.168.20.254", mtu: 1500 };
    assert.deepEqual(await check({ existing: "net", gateway: "192.168.20.254", mtu: 1500, external: "external" }), {
      ...there,
      externalNetwork: "external-id",
    });
    assert.deepEqual(await check({ existing: "dmz-id", cidr: "203.0.113.0/24" }), {
      ...{ subnet: "dmz-subnet", gateway: "203.0.113.1", mtu: 1500 },
    });
  });

  it("at the same router are no matter where the stack itself made them", async () => {
    assert.deepEqual(await check({ router: "edge", cidr: "192.168.40.0/24" }), {});
  });

  it("are carried by tags where they fit into the nodes' own", async () => {
    assert.deepEqual(await check({ tagged: ["storage"] }), {});
    assert.equal((await check({ existing: "net", tagged: ["storage", "jumbo"] })).mtu, 9000);
    assert.deepEqual(await check({ mtu: 9000, tagged: ["jumbo"] }), {});
  });

  it("are not carried by tags where the site has no trunks, and nobody asks there without tags", async () => {
    trunks = false;
    try {
      await assert.rejects(check({ tagged: ["storage"] }), {
        message:
          /^cluster\.network\.tagged: Neutron of fake has no trunks, so a card carries one network: leave it out\.$/,
      });
      assert.deepEqual(await check({}), {});
    } finally {
      trunks = true;
    }
  });

  const wrong: [name: string, args: Partial<NodeNetworkArgs>, sentence: RegExp][] = [
    [
      "an external network that is not there",
      { external: "world" },
      /external: there is no external network world, there are external, dmz\.$/,
    ],
    [
      "a network that is not there",
      { existing: "none" },
      /existing: there is no network none that this project sees\.$/,
    ],
    [
      "a subnet that it does not have",
      { existing: "net", cidr: "10.0.0.0/24" },
      /cidr: network net has no subnet 10.0.0.0\/24, it has 192.168.20.0\/24, 192.168.60.0\/24\.$/,
    ],
    [
      "an address of its pool",
      { existing: "net", virtualAddresses: { api: "192.168.20.5", ingress: "192.168.20.50" } },
      /ingress: 192.168.20.50 is within the allocation pool of nodes, where others may get it: take one outside\.$/,
    ],
    [
      "another router than it has",
      { existing: "net", gateway: "192.168.20.1" },
      /gateway: is 192.168.20.1, but that of nodes is 192.168.20.254: leave it out\.$/,
    ],
    [
      "its router as an address",
      { existing: "net", virtualAddresses: { api: "192.168.20.5", ingress: "192.168.20.254" } },
      /ingress: 192.168.20.254 is the router of nodes: take another\.$/,
    ],
    [
      "a subnet without a router",
      { existing: "net", cidr: "192.168.60.0/24" },
      /existing: subnet storage has no gateway, so its nodes would reach no registry\.$/,
    ],
    [
      "larger packets than it takes",
      { existing: "net", mtu: 9216 },
      /mtu: is 9216, but network nodes takes packets of 9000: leave it out\.$/,
    ],
    [
      "floating addresses on an external network itself",
      { existing: "dmz-id", cidr: "203.0.113.0/24", external: "external" },
      /external: network dmz is an external one itself, where every address is reached: leave it out\.$/,
    ],
    [
      "floating addresses of a network to which its router does not lead",
      { existing: "net", external: "dmz" },
      /external: the router of network net \(edge\) has no gateway to dmz, so no floating address would lead to it/,
    ],
    [
      "a tag of a network that is not there",
      { tagged: ["storage", "none"] },
      /tagged\[1\]: there is no network none that this project sees\.$/,
    ],
    [
      "a tag of a network without addresses",
      { tagged: ["bare"] },
      /tagged\[0\]: network bare has no subnet, so nodes would get no address in it\.$/,
    ],
    [
      "a tag of a network with larger packets",
      { tagged: ["jumbo"] },
      /tagged\[0\]: network jumbo takes packets of 9000, but the nodes' own, which carries it, takes 1500: make/,
    ],
    [
      "a tag of a network that overlaps with the nodes' own",
      { tagged: ["near"] },
      /tagged\[0\]: 192\.168\.20\.128\/25 of near overlaps with cluster\.network\.cidr, 192\.168\.20\.0\/24: take another\.$/,
    ],
    [
      "a tag of a network that overlaps with one of OKD's own",
      { tagged: ["pods"] },
      /tagged\[0\]: 10\.130\.0\.0\/16 of pods overlaps with the pods' network, 10\.128\.0\.0\/14: take another\.$/,
    ],
    ["a router that is not there", { router: "none" }, /router: there is no router none that this project sees\.$/],
    [
      "a network that overlaps with another at the router",
      { router: "edge", cidr: "192.168.31.0/24" },
      /cidr: 192.168.31.0\/24 overlaps with 192.168.30.0\/23 \(lab\), which is at the same router: take another\.$/,
    ],
  ];
  for (const [name, args, sentence] of wrong) {
    it(`refuse ${name}`, () => assert.rejects(check(args), { message: sentence }));
  }
});
