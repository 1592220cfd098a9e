import assert from "node:assert/strict";
import { cardOf } from "../../../../components/clusters/moc/cards";
import { Ironic } from "../../../../components/openstack/ironic";
import { FakeCloud } from "../../openstack/fake-cloud";

const PORTS = [
  { uuid: "a", address: "52:54:00:00:00:0a", physicalNetwork: "storage", name: "nic1" },
  { uuid: "b", address: "52:54:00:00:00:0b", physicalNetwork: "datacentre" },
];

describe("the card of a node that is connected", () => {
  for (const [by, wanted, uuid] of [
    ["name", ["NIC1"], "a"],
    ["MAC address", ["52:54:00:00:00:0B"], "b"],
    ["physical network", ["datacentre"], "b"],
    ["the first that is among several", ["datacentre", "nic1"], "a"],
  ] as const) {
    it(`is known by ${by}`, () => assert.equal(cardOf("node-0", PORTS, [...wanted]), uuid));
  }

  it("is none of another name: those that there are are told", () => {
    assert.throws(() => cardOf("node-0", PORTS, ["nic2"]), {
      message:
        "cluster.nodes.cards: node-0 has no card that is nic2, it has nic1 at 52:54:00:00:00:0a at storage, 52:54:00:00:00:0b at datacentre.",
    });
  });

  for (const [newest, name] of [
    [72, undefined],
    [95, "nic1"],
  ] as const) {
    it(`is asked for by its name of an Ironic that knows names, and without of another (API 1.${String(newest)})`, async () => {
      const cloud = new FakeCloud(({ path, headers }) => {
        const version = Number(String(headers["x-openstack-ironic-api-version"]).split(".")[1]);
        if (version > newest) return { status: 406, body: { error_message: "Version is not supported" } };
        assert.equal(path.endsWith(",name"), version >= 88, path);
        const port = { uuid: "a", address: "52:54:00:00:00:0a", physical_network: null };
        return { status: 200, body: { ports: [{ ...port, ...(version >= 88 && { name: "nic1" }) }] } };
      });
      await cloud.start();
      try {
        const [card] = await new Ironic(cloud.client()).ports("n0");
        assert.equal(card!.name, name);
      } finally {
        cloud.stop();
      }
    });
  }
});
