import * as assert from "node:assert/strict";
import { OpenStack } from "../../../components/openstack/client";
import { readCredentials } from "../../../components/openstack/credentials";
import { capacityOf } from "../../../components/openstack/capacity";
import { deploy } from "../../../components/openstack/deployment";
import { EsiLeap, type Lease, leapTime } from "../../../components/openstack/esi-leap";
import { Ironic } from "../../../components/openstack/ironic";
import { holds } from "../../../components/openstack/leases";
import { description, markedName, properties, type Mark } from "../../../components/openstack/marks";
import { Neutron } from "../../../components/openstack/neutron";
import { waitFor } from "../../../components/openstack/wait";
import { findLeftovers, free } from "../../../stacks/clusters/openstack-leftovers";
import { inSequence } from "../../sequence";
import { labFor } from "./lab";
import { Site } from "./site";

describe("what is left on OpenStack", function () {
  this.timeout("20m");
  inSequence(this);
  let site: Site;
  let lost: Lease;
  let kept: Lease;
  /** A stack of this test alone, and one beside it whose name begins alike. */
  const stack = () => site.name;
  const another = () => `${site.name}-test`;

  const claim = async (index: number, mark: Mark): Promise<Lease> => {
    const leap = new EsiLeap(site.lessee);
    const offer = (await leap.offers(site.name)).find((it) => it.resource_uuid === site.nodes[index])!;
    const start = new Date();
    const lease = await leap.claim(offer.uuid, {
      name: markedName(mark),
      start_time: leapTime(start),
      end_time: leapTime(new Date(start.getTime() + 3_600_000)),
      purpose: "test",
      properties: properties(mark),
    });
    const active = await waitFor(async () => {
      const now = await leap.lease(lease!.uuid);
      return holds(now) && now.status === "active" ? now : undefined;
    }, 3);
    return active!;
  };
  const network = async (mark: Mark): Promise<string> => {
    const body = { network: { name: markedName(mark), description: description(mark) } };
    const made = await site.lessee.request<{ network: { id: string } }>("network", "POST", "/v2.0/networks", { body });
    const subnet = { network_id: made.network.id, name: markedName(mark), ip_version: 4, cidr: "10.8.0.0/24" };
    await site.lessee.request("network", "POST", "/v2.0/subnets", { body: { subnet } });
    return made.network.id;
  };
  const router = async (mark: Mark, on: string): Promise<void> => {
    const body = { router: { name: markedName(mark), description: description(mark) } };
    const made = await site.lessee.request<{ router: { id: string } }>("network", "POST", "/v2.0/routers", { body });
    const query = `/v2.0/subnets?network_id=${on}`;
    const { subnets } = await site.lessee.request<{ subnets: { id: string }[] }>("network", "GET", query);
    const path = `/v2.0/routers/${made.router.id}/add_router_interface`;
    await site.lessee.request("network", "PUT", path, { body: { subnet_id: subnets[0]!.id } });
  };
  const image = async (mark: Mark): Promise<string> => {
    const body = { name: markedName(mark), disk_format: "iso", container_format: "bare", ...properties(mark) };
    return (await site.lessee.request<{ id: string }>("image", "POST", "/v2/images", { body })).id;
  };
  const found = async (name = stack(), known: string[] = []) => {
    const resources = known.map((id) => ({ urn: id, type: "any", id }));
    return findLeftovers(name, site.lessee, { resources });
  };
  const sorts = async (name?: string) => (await found(name)).map((it) => `${it.sort} ${it.name}`);

  before(async function () {
    site = new Site(labFor(this));
    await site.addNodes(2);
  });
  after(() => site?.close());

  it("is offered capacity before anything is claimed, also to a mere member", async () => {
    for (const account of ["lessee", "member"] as const) {
      const cloud =
        account === "lessee"
          ? site.lessee
          : new OpenStack(readCredentials("member", { OS_CLIENT_CONFIG_FILE: site.clouds }));
      const leap = new EsiLeap(cloud);
      const all = { offers: await leap.offers(), leases: await leap.leases(), nodes: await leap.nodes() };
      const { classes, windows } = capacityOf({ ...all, project: await cloud.projectId() });
      const ofSite = <T extends { resourceClass: string }>(list: T[]) =>
        list.filter((it) => it.resourceClass === site.name);
      assert.deepEqual(ofSite(classes), [{ resourceClass: site.name, nodes: 2, offered: 2, free: 2, held: 0 }]);
      assert.deepEqual(
        ofSite(windows).map(({ state, from }) => [state, from]),
        [
          ["free", undefined],
          ["free", undefined],
        ],
      );
    }
  });

  it("is found by its marks, in the order in which it can be freed, and nothing foreign with it", async () => {
    lost = await claim(0, { stack: stack(), name: "node-0" });
    kept = await claim(1, { stack: another(), name: "node-0" });
    const nodes = await network({ stack: stack(), name: "network" });
    await router({ stack: stack(), name: "router" }, nodes);
    await image({ stack: stack(), name: "iso" });
    await image({ stack: another(), name: "iso" });
    const ironic = new Ironic(site.lessee);
    const neutron = new Neutron(site.lessee);
    const mark = { stack: stack(), name: "node-0" };
    const port = await neutron.createPort({
      network_id: nodes,
      name: markedName(mark),
      description: description(mark),
    });
    await ironic.attach(lost.resource_uuid, port.id);
    const source = { image: "http://127.0.0.1:9/image.qcow2", checksum: "0".repeat(64) };
    await deploy(ironic, { ...mark, node: lost.resource_uuid, source, attachments: [port.id] });
    assert.deepEqual(await sorts(), [
      "deployment node-0",
      "port node-0",
      "router router",
      "network network",
      "image iso",
      "lease node-0",
    ]);
    assert.deepEqual(await sorts(another()), ["image iso", "lease node-0"]);
  });

  it("is not what a state knows", async () => {
    const known = (await found()).filter(({ sort }) => sort !== "image").map(({ id }) => id);
    assert.deepEqual(
      (await found(stack(), known)).map(({ sort }) => sort),
      ["image"],
    );
  });

  it("is counted as held", async () => {
    const leap = new EsiLeap(site.lessee);
    const all = { offers: await leap.offers(), leases: await leap.leases(), nodes: await leap.nodes() };
    const { classes, windows } = capacityOf({ ...all, project: await site.lessee.projectId() });
    const [of] = classes.filter(({ resourceClass }) => resourceClass === site.name);
    assert.deepEqual([of!.free, of!.held], [0, 2]);
    const held = windows.filter(({ resourceClass, state }) => resourceClass === site.name && state === "held");
    assert.deepEqual(
      held.map(({ note }) => note).sort(),
      [`stack ${another()}, node-0`, `stack ${stack()}, node-0`].sort(),
    );
  });

  it("is freed as a whole, whatever hangs on it, and what is foreign stays", async () => {
    const [of] = (await found()).filter(({ sort }) => sort === "network");
    const theirs = await site.lessee.request<{ subnet: { id: string } }>("network", "POST", "/v2.0/subnets", {
      body: { subnet: { network_id: of!.id, ip_version: 4, cidr: "10.9.0.0/24" } },
    });
    // A router of somebody else's on the stack's network: its interface goes, the router stays.
    const { router: foreign } = await site.lessee.request<{ router: { id: string } }>(
      "network",
      "POST",
      "/v2.0/routers",
      {
        body: { router: { name: `${site.name}-theirs` } },
      },
    );
    await site.lessee.request("network", "PUT", `/v2.0/routers/${foreign.id}/add_router_interface`, {
      body: { subnet_id: theirs.subnet.id },
    });
    const told: string[] = [];
    await free(await found(), (line) => told.push(line));
    assert.equal(told.filter((line) => line.startsWith("freed ")).length, 6);
    assert.deepEqual(await sorts(), []);
    assert.deepEqual(await sorts(another()), ["image iso", "lease node-0"]);
    assert.equal((await new EsiLeap(site.lessee).lease(kept.uuid))!.status, "active");
    const { lessee, provision_state: state, instance_info: info } = await site.node(lost.resource_uuid);
    assert.deepEqual([lessee, state, info], [null, "available", {}]);
    await site.lessee.request("network", "GET", `/v2.0/routers/${foreign.id}`);
    await site.lessee.request("network", "DELETE", `/v2.0/routers/${foreign.id}`);
  });

  it("is nothing after the last of it", async () => {
    await free(await found(another()), () => undefined);
    assert.deepEqual(await sorts(another()), []);
  });
});
