import assert from "node:assert/strict";
import {
  provider as attachments,
  type NodeAttachmentInputs,
  type NodeAttachmentState,
} from "../../../components/openstack/node-attachment-provider";
import { description } from "../../../components/openstack/marks";
import { type Answer, FakeCloud, type Request } from "./fake-cloud";
import { findableAs } from "./provider-cloud";

const MARK = { stack: "moc", name: "node-0" };
const INPUTS: NodeAttachmentInputs = { ...MARK, cloud: "trunks", node: "n0", network: "own", tagged: ["a", "b"] };

interface Port {
  id: string;
  network_id: string;
  description: string;
}

/** Neutron and Ironic as far as one node goes: what is carried by a trunk is not deleted, and no trunk is made of what is attached. */
class Site {
  ports: Port[] = [];
  trunk?: { id: string; port_id: string; sub_ports: { port_id: string; segmentation_id: number }[] };
  attached: string[] = [];
  /** The next call like that is done, and never answered. */
  lost?: RegExp;

  answer = (request: Request): Answer => {
    const answer = this.act(request);
    const { method, path } = request;
    if (!this.lost?.test(`${method} ${path}`)) return answer;
    this.lost = undefined;
    return "hang up";
  };

  private act({ method, path, body }: Request): Answer {
    const [, sort, id] = /^\/network\/v2\.0\/(\w+)(?:\/([^?]+))?/.exec(path) ?? [];
    const query = new URLSearchParams(path.split("?")[1]);
    const isCarried = (port?: string) =>
      [this.trunk?.port_id, ...(this.trunk?.sub_ports.map(({ port_id }) => port_id) ?? [])].includes(port);
    if (path.endsWith("/vifs") && method === "GET")
      return { status: 200, body: { vifs: this.attached.map((it) => ({ id: it })) } };
    if (path.endsWith("/vifs")) {
      this.attached.push((body as { id: string }).id);
      return { status: 204 };
    }
    if (path.includes("/vifs/")) {
      this.attached = [];
      return { status: 204 };
    }
    if (path.startsWith("/baremetal/v1/nodes/n0")) return { status: 200, body: { uuid: "n0" } };
    if (sort === "subnets") return { status: 200, body: { subnet: { cidr: `192.168.50.0/2${String(id!.length)}` } } };
    if (sort === "networks") return { status: 200, body: { network: { mtu: id === "a" ? 1500 : 9000 } } };
    if (sort === "ports" && method === "POST") {
      const { port } = body as { port: Omit<Port, "id"> };
      this.ports.push({ ...port, id: `port-${port.network_id}` });
      return { status: 201, body: { port: this.seen(this.ports.at(-1)!) } };
    }
    if (sort === "ports" && method === "DELETE") {
      if (isCarried(id)) return { status: 409, body: { NeutronError: { message: "in use by a trunk" } } };
      this.ports = this.ports.filter((it) => it.id !== id);
      return { status: 204 };
    }
    if (sort === "ports" && id) {
      const port = this.ports.find((it) => it.id === id);
      return port ? { status: 200, body: { port: this.seen(port) } } : { status: 404 };
    }
    if (sort === "ports") {
      const network = query.get("network_id");
      const found = this.ports.filter((it) => it.network_id === network && it.description === query.get("description"));
      return { status: 200, body: { ports: found.map((it) => this.seen(it)) } };
    }
    if (method === "POST") {
      const { trunk } = body as { trunk: { port_id: string; sub_ports: { port_id: string }[] } };
      if (this.attached.includes(trunk.port_id)) return { status: 409, body: { NeutronError: { message: "bound" } } };
      const sub_ports = trunk.sub_ports.map((it, index) => ({ ...it, segmentation_id: 301 + index }));
      this.trunk = { ...trunk, id: "trunk-0", sub_ports };
      return { status: 201, body: { trunk: this.trunk } };
    }
    if (method === "DELETE") {
      if (this.attached.length > 0) return { status: 409, body: { NeutronError: { message: "in use" } } };
      this.trunk = undefined;
      return { status: 204 };
    }
    const trunks = this.trunk?.port_id === query.get("port_id") ? [this.trunk] : [];
    return { status: 200, body: { trunks } };
  }

  private seen(port: Port): object {
    const address = { subnet_id: port.network_id, ip_address: `192.168.50.${String(port.network_id.length)}` };
    return { ...port, mac_address: "52:54:00:00:00:01", device_owner: "", fixed_ips: [address] };
  }
}

describe("a node that is in further networks by tags", () => {
  let site: Site;
  const cloud = new FakeCloud((request) => site.answer(request));
  findableAs("trunks", cloud);
  beforeEach(() => {
    site = new Site();
    cloud.requests.length = 0;
  });
  const create = async () => (await attachments.create(INPUTS)) as { id: string; outs: NodeAttachmentState };
  const changes = () =>
    cloud.requests
      .filter(({ method, path }) => method !== "GET" && !path.endsWith("/auth/tokens"))
      .map(({ method, path }) => `${method} ${path.replace(/^.*(v2\.0|nodes)\//, "")}`);

  it("has a trunk with the site's own tags before its port is attached", async () => {
    const { id, outs } = await create();
    assert.equal(id, "port-own");
    const of = (network: string, vlan: number, mtu: number) => ({
      ...{ network, port: `port-${network}`, vlan, mtu },
      ...{ address: "192.168.50.1", prefixLength: 21 },
    });
    assert.deepEqual(outs.trunk, { id: "trunk-0", networks: [of("a", 301, 1500), of("b", 302, 9000)] });
    assert.deepEqual(changes(), ["POST ports", "POST ports", "POST ports", "POST trunks", "POST n0/vifs"]);
    const made = cloud.requests.find(({ method, path }) => method === "POST" && path.endsWith("/trunks"))!;
    assert.deepEqual(made.body, {
      trunk: {
        ...{ name: "okd-streams-moc-node-0", description: description(MARK), port_id: "port-own" },
        sub_ports: ["a", "b"].map((it) => ({ port_id: `port-${it}`, segmentation_type: "inherit" })),
      },
    });
    assert.deepEqual(await attachments.diff!(id, outs, INPUTS), { changes: false });
  });

  for (const lost of ["POST /network/v2.0/ports", "POST /network/v2.0/trunks", "POST /baremetal/.*/vifs"]) {
    it(`is made once where nobody hears of ${lost}`, async () => {
      site.lost = new RegExp(`^${lost}$`);
      await create();
      assert.equal(site.ports.length, 3);
      assert.deepEqual(site.attached, ["port-own"]);
      assert.equal(changes().length, 5);
    });
  }

  it("is detached before the trunk goes, and its ports go last, whoever recorded them", async () => {
    const { id } = await create();
    cloud.requests.length = 0;
    await attachments.delete!(id, INPUTS);
    assert.deepEqual([site.ports, site.trunk, site.attached], [[], undefined, []]);
    assert.deepEqual(changes(), [
      "DELETE n0/vifs/port-own",
      "DELETE trunks/trunk-0",
      ...["own", "a", "b"].map((it) => `DELETE ports/port-${it}`),
    ]);
  });

  it("is another connection with other tags", async () => {
    const { id, outs } = await create();
    const news = { ...INPUTS, tagged: ["a"] };
    const { replaces, deleteBeforeReplace } = await attachments.diff!(id, outs, news);
    assert.deepEqual([replaces, deleteBeforeReplace], [["tagged"], true]);
    const { tagged, ...without } = INPUTS;
    assert.deepEqual(tagged, ["a", "b"]);
    cloud.requests.length = 0;
    await attachments.diff!(id, { ...without, account: outs.account } as NodeAttachmentState, without);
    assert.ok(!cloud.requests.some(({ path }) => path.includes("trunk")));
  });
});
