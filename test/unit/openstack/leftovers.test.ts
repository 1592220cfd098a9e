import assert from "node:assert/strict";
import { description, markInDescription } from "../../../components/openstack/marks";
import { markedBy } from "../../../components/openstack/leftovers";
import type { Marked } from "../../../components/openstack/leftovers";
import type { TrunkState } from "../../../components/openstack/trunk";
import { UserError } from "../../../components/errors";
import { findLeftovers, free, isKnown } from "../../../stacks/clusters/openstack-leftovers";
import { leftoverLines } from "../../../stacks/commands/leftovers-text";
import { type Answer, FakeCloud, type Request } from "./fake-cloud";

const MARK = { "okd-streams-stack": "moc", "okd-streams-name": "node-0" };
const described = (id: string, stack: string, name: string, more: object = {}) => ({
  id,
  name: `okd-streams-${stack}-${name}`,
  description: description({ stack, name }),
  fixed_ips: [],
  ...more,
});

/** What a cloud has of stack moc, of moc-test, and of nobody's. */
const THINGS: Record<string, object> = {
  "/baremetal/v1/nodes/detail": {
    nodes: [
      {
        uuid: "n0",
        name: "machine",
        provision_state: "active",
        instance_info: { ...MARK, "okd-streams-deployment": "d0" },
      },
      { uuid: "n1", name: "other", provision_state: "active", instance_info: {} },
    ],
  },
  "/network/v2.0/floatingips": {
    floatingips: [{ ...described("f0", "moc", "api"), floating_ip_address: "203.0.113.7" }],
  },
  "/network/v2.0/ports": {
    ports: [
      described("p0", "moc", "node-0", { fixed_ips: [{ ip_address: "10.0.0.4" }], device_owner: "baremetal:none" }),
      described("p1", "moc-test", "node-0"),
      { ...described("p2", "moc", "node-0"), description: "mine" },
    ],
  },
  "/network/v2.0/routers": { routers: [described("r0", "moc", "router")] },
  "/network/v2.0/networks": { networks: [described("w0", "moc", "network"), described("w1", "mocha", "network")] },
  "/image/v2/images": {
    images: [
      { id: "i0", name: "iso", ...MARK, "okd-streams-name": "iso" },
      { id: "i1", name: "theirs" },
    ],
  },
  "/lease/v1/leases": {
    leases: [
      {
        uuid: "l0",
        project_id: "p1",
        status: "active",
        properties: MARK,
        resource: "machine",
        end_time: "2026-12-01T00:00:00",
      },
      { uuid: "l1", project_id: "another", status: "active", properties: MARK },
      { uuid: "l2", project_id: "p1", status: "deleted", properties: MARK },
      { uuid: "l3", project_id: "p1", status: "active", properties: {} },
    ],
  },
};

describe("what bears a stack's mark on OpenStack", () => {
  let cloud: FakeCloud;
  const start = async (answer?: (request: Request) => Answer | undefined) => {
    cloud = new FakeCloud((request) => {
      const [path = ""] = request.path.split("?");
      return answer?.(request) ?? { status: 200, body: THINGS[path] ?? {} };
    });
    await cloud.start();
    cloud.catalogue.push({
      type: "image",
      endpoints: [{ interface: "public", region: "RegionOne", url: `${cloud.url}/image` }],
    });
    return cloud.client();
  };
  afterEach(() => cloud?.stop());

  const ALL = ["deployment d0", "floating IP f0", "port p0", "router r0", "network w0", "image i0", "lease l0"];

  it("is found, what stands on something before it, and nothing of another stack, project or nobody", async () => {
    const found = await markedBy("moc", await start());
    assert.deepEqual(
      found.map(({ sort, id }) => `${sort} ${id}`),
      ALL,
    );
    assert.deepEqual(leftoverLines(found.slice(0, 3)), [
      "what         name    detail                id",
      "deployment   node-0  node machine, active  d0",
      "floating IP  api     203.0.113.7           f0",
      "port         node-0  10.0.0.4              p0",
    ]);
  });

  it("is asked for in this project only", async () => {
    await markedBy("moc", await start());
    const asked = cloud.requests.map(({ path }) => path).filter((path) => /network|image/.test(path));
    assert.equal(asked.length, 6);
    for (const path of asked) assert.match(path, /[?&](project_id|owner)=p1\b/);
    // An image is shared unless its maker said otherwise.
    assert.ok(!asked.some((path) => path.includes("visibility=")));
  });

  it("is left over where the state does not know it", async () => {
    const resources = ["d0", "p0", "l0"].map((id) => ({ urn: id, type: "any", id }));
    const left = await findLeftovers("moc", await start(), { resources });
    assert.deepEqual(
      left.map(({ id }) => id),
      ["f0", "r0", "w0", "i0"],
    );
  });

  it("is known, for an image, by the resource of its name, as the state keeps its id secret", () => {
    const image = { sort: "image", id: "i0", name: "iso" };
    const type = "pulumi-nodejs:dynamic/okd-streams:AgentImage";
    const state = (name: string) => ({ resources: [{ urn: "a", type, id: "x", inputs: { name } }] });
    assert.equal(isKnown(image, state("iso")), true);
    assert.equal(isKnown(image, state("other")), false);
  });

  it("is a trunk, known with its ports by the connection of its node, detached before it goes", async () => {
    const trunks = [{ ...described("t0", "moc", "node-0"), port_id: "p0" }];
    const ports = [described("p0", "moc", "node-0"), described("s0", "moc", "node-0")];
    const client = await start(({ path }) => {
      if (path.startsWith("/network/v2.0/trunks?")) return { status: 200, body: { trunks } };
      if (path.startsWith("/network/v2.0/ports?")) return { status: 200, body: { ports } };
      if (path === "/baremetal/v1/nodes/n0/vifs") return { status: 200, body: { vifs: [{ id: "p0" }] } };
      return undefined;
    });
    const isOf = ({ sort }: Marked) => ["trunk", "port"].includes(sort);
    const found = (await markedBy("moc", client)).filter(isOf);
    assert.deepEqual(
      found.map(({ sort, id }) => `${sort} ${id}`),
      ["trunk t0", "port p0", "port s0"],
    );
    const trunk = { id: "t0", networks: [{ port: "s0" }] } as TrunkState;
    const left = await findLeftovers("moc", client, { resources: [{ type: "any", id: "p0", outputs: { trunk } }] });
    assert.deepEqual(left.filter(isOf), []);
    cloud.requests.length = 0;
    await found[0]!.free();
    const changes = cloud.requests.flatMap(({ method, path }) => (method === "GET" ? [] : [`${method} ${path}`]));
    assert.deepEqual(changes, ["DELETE /baremetal/v1/nodes/n0/vifs/p0", "DELETE /network/v2.0/trunks/t0"]);
  });

  it("is no trunk where the site has none", async () => {
    const client = await start(({ path }) => (path.includes("/trunks") ? { status: 404 } : undefined));
    assert.equal((await markedBy("moc", client)).length, ALL.length);
  });

  it("loses the connection of a node before its port, and the owner before the port goes", async () => {
    const client = await start(({ path }) => {
      if (path === "/baremetal/v1/nodes/n1/vifs") return { status: 200, body: { vifs: [{ id: "p0" }] } };
      if (path === "/network/v2.0/ports/p0") return { status: 200, body: { port: { device_owner: "baremetal:none" } } };
      return undefined;
    });
    const found = await markedBy("moc", client);
    cloud.requests.length = 0;
    await found.find(({ sort }) => sort === "port")!.free();
    const changes = cloud.requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(changes, [
      "DELETE /baremetal/v1/nodes/n1/vifs/p0",
      "PUT /network/v2.0/ports/p0",
      "DELETE /network/v2.0/ports/p0",
    ]);
  });

  it("leaves routers before it goes, also those that somebody else made", async () => {
    const client = await start(({ path }) =>
      path.includes("device_owner=")
        ? { status: 200, body: { ports: [{ id: "if0", device_id: "theirs" }] } }
        : undefined,
    );
    const found = await markedBy("moc", client);
    cloud.requests.length = 0;
    await found.find(({ sort }) => sort === "network")!.free();
    const changes = cloud.requests.filter(({ method }) => method !== "GET");
    assert.deepEqual(
      changes.map(({ method, path, body }) => [method, path, body]),
      [
        ["PUT", "/network/v2.0/routers/theirs/remove_router_interface", { port_id: "if0" }],
        ["DELETE", "/network/v2.0/networks/w0", undefined],
      ],
    );
  });
});

describe("freeing leftovers", () => {
  const leftover = (sort: string, id: string, act: () => Promise<void>): Marked & { free: () => Promise<void> } => ({
    ...{ sort, id, name: id, detail: "" },
    free: act,
  });

  it("goes on to the end, sort by sort, and says what could not be freed", async () => {
    const done: string[] = [];
    const ok = (sort: string, id: string) => leftover(sort, id, () => Promise.resolve(void done.push(id)));
    const stuck = leftover("network", "w0", () => Promise.reject(new UserError("Neutron refused: in use.")));
    const told: string[] = [];
    await assert.rejects(
      free([ok("port", "p0"), stuck, ok("lease", "l0")], (line) => told.push(line)),
      new UserError("1 of 3 could not be freed, run it again for these: network w0 (w0): Neutron refused: in use."),
    );
    assert.deepEqual(done, ["p0", "l0"]);
    assert.deepEqual(told.slice(-1), ["freed lease l0 (l0)"]);
  });
});

describe("markInDescription", () => {
  it("reads what description writes, and nothing else", () => {
    assert.deepEqual(markInDescription(description({ stack: "moc", name: "api" })), { stack: "moc", name: "api" });
    assert.deepEqual(markInDescription(`${description({ stack: "moc", name: "api" })} digest=1`)?.name, "api");
    for (const text of ["", "okd-streams", "my okd-streams stack=moc name=api", "okd-streams stack= name=api"]) {
      assert.equal(markInDescription(text), undefined, text);
    }
  });
});
