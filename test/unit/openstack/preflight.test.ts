import * as assert from "node:assert/strict";
import type { Offer } from "../../../components/openstack/esi-leap";
import { requireNodes, type PlannedLease } from "../../../components/openstack/preflight";
import { type Answer, FakeCloud } from "./fake-cloud";

const offer = (node: string): Offer => ({
  ...{ uuid: `offer-of-${node}`, name: null, project_id: "owner", project: "owner", status: "available" },
  ...{ resource_uuid: node, resource: node, resource_class: "fc430", resource_properties: {} },
  ...{ start_time: "2026-01-01T00:00:00", end_time: "2126-01-01T00:00:00" },
  availabilities: [["2026-01-01T00:00:00", "2126-01-01T00:00:00"]],
});
const planned = (count: number): PlannedLease[] =>
  Array.from({ length: count }, (_, index) => ({
    stack: "moc",
    name: `node-${String(index)}`,
    source: { offer: { resourceClass: "fc430" }, hours: 8 },
  }));

describe("a site, before anything is claimed", () => {
  let cloud: FakeCloud;
  let refusals: Record<string, Answer>;
  let nodes: object[];
  let leases: object[];
  beforeEach(async () => {
    refusals = {};
    nodes = [];
    leases = [];
    cloud = new FakeCloud(({ method, path: to }) => {
      const [path = ""] = to.split("?");
      const refusal = refusals[`${method} ${path}`];
      if (refusal) return refusal;
      if (path === "/lease/v1/offers") return { status: 200, body: { offers: [offer("a"), offer("b")] } };
      if (path === "/lease/v1/leases") return { status: 200, body: { leases } };
      if (path.startsWith("/lease/v1/leases/")) return { status: 200, body: leases[0] };
      if (path === "/lease/v1/nodes") return { status: 200, body: { nodes } };
      // Whoever may ask for a state gets this for one that there is none of.
      if (path.endsWith("/states/provision"))
        return { status: 400, body: says("The requested action can not be performed") };
      return { status: 200, body: {} };
    });
    await cloud.start();
  });
  afterEach(() => cloud.stop());

  const says = (sentence: string) => ({ error_message: JSON.stringify({ faultstring: sentence }) });
  const check = (leases: PlannedLease[]) => requireNodes(cloud.client(), leases);
  const written = () => cloud.requests.filter(({ method, path }) => method !== "GET" && !path.endsWith("/auth/tokens"));

  it("is right with the services and enough nodes, whatever the roles are called, and is only looked at", async () => {
    cloud.roles = ["lessee", "member"];
    await check(planned(2));
    assert.deepEqual(written(), []);
  });

  it("is asked by no newer version of Ironic's API than Wallaby's", async () => {
    await check(planned(1));
    const versions = cloud.requests.flatMap(({ headers }) => headers["x-openstack-ironic-api-version"] ?? []);
    assert.deepEqual(versions, ["1.65"]);
  });

  const wrong: [what: string, change: () => void, sentence: RegExp][] = [
    ["credentials for no project", () => (cloud.project = undefined), /^The credentials of fake are for no project: /],
    [
      "an account that Ironic does not know",
      () =>
        (refusals["GET /baremetal/v1/nodes"] = { status: 403, body: says("Access was denied to baremetal:node:list") }),
      /^Ironic refused GET \/v1\/nodes \(403\): Access was denied to baremetal:node:list\.$/,
    ],
    [
      "an Ironic that tells nobody's lessee",
      () =>
        (refusals["GET /baremetal/v1/nodes"] = {
          status: 406,
          body: says(
            "Version 1.65 was requested but the minor version is not supported by this service. The supported version range is: [1.1, 1.58].",
          ),
        }),
      /^Ironic refused GET \/v1\/nodes \(406\): Version 1\.65 was requested .* range is: \[1\.1, 1\.58\]\.$/,
    ],
    [
      "an account that ESI-Leap does not know",
      () =>
        (refusals["GET /lease/v1/offers"] = {
          status: 403,
          body: { faultstring: "Access was denied to esi_leap:offer:get" },
        }),
      /^ESI-Leap refused GET \/v1\/offers \(403\): Access was denied to esi_leap:offer:get\.$/,
    ],
    [
      "no leases at all",
      () => (cloud.catalogue = cloud.catalogue.filter(({ type }) => type !== "lease")),
      /^The catalogue of fake has no ESI-Leap \(type lease, public\): ask the site/,
    ],
  ];
  for (const [what, change, sentence] of wrong) {
    it(`is refused with ${what}, in the service's words`, async () => {
      change();
      await assert.rejects(check(planned(1)), { name: "UserError", message: sentence });
      assert.deepEqual(written(), []);
    });
  }

  it("is refused where it lets nobody deploy the node that is held already", async () => {
    leases = [
      { uuid: "l1", project_id: "p1", status: "active", resource_uuid: "a", start_time: "2026-01-01T00:00:00" },
    ];
    const granted: PlannedLease[] = [{ stack: "moc", name: "node-0", source: { uuid: "l1" } }];
    await check(granted);
    assert.deepEqual(
      written().map(({ method, path, body }) => [method, path, body]),
      [["PUT", "/baremetal/v1/nodes/a/states/provision", { target: "okd-streams-asks" }]],
    );
    refusals["PUT /baremetal/v1/nodes/a/states/provision"] = { status: 403, body: says("Access was denied to it") };
    await assert.rejects(check(granted), {
      name: "UserError",
      message:
        "The account of fake may not deploy node a (node-0): Ironic refused PUT /v1/nodes/a/states/provision (403): Access was " +
        "denied to it. Ask the site to let lessees do so. Nothing was claimed.",
    });
  });

  it("is refused with too few nodes on offer, and says for which there is none", async () => {
    await assert.rejects(check(planned(3)), {
      name: "UserError",
      message:
        "No node is on offer for node-2 for so long from now on (to be claimed: 3, on offer for that: 2). Nothing was " +
        "claimed: `npm run capacity -- moc` shows what is free and for how long.",
    });
  });

  it("is refused where an owner's own node is broken", async () => {
    nodes = [{ uuid: "n1", name: "R4U1", provision_state: "clean failed", maintenance: "False" }];
    const own = (node: string): PlannedLease[] => [{ stack: "moc", name: "node-0", source: { node, hours: 8 } }];
    await check(own("R4U2"));
    await assert.rejects(check(own("R4U1")), {
      message:
        "Node R4U1 (node-0) is clean failed: put it right first (`openstack baremetal node show R4U1`), or name another.",
    });
  });

  it("has too few nodes where one that is offered is broken", async () => {
    nodes = [
      { uuid: "a", provision_state: "clean failed", maintenance: "False" },
      { uuid: "b", provision_state: "available", maintenance: "True" },
    ];
    await assert.rejects(check(planned(1)), /to be claimed: 1, on offer for that: 0\)/);
  });
});
