import * as assert from "node:assert/strict";
import type { Offer } from "../../../components/openstack/esi-leap";
import { requireNodes, type PlannedLease } from "../../../components/openstack/preflight";
import { FakeCloud } from "./fake-cloud";

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
  let ironic: string;
  beforeEach(async () => {
    ironic = "1.95";
    cloud = new FakeCloud(({ path }) => {
      const body = path.startsWith("/lease/v1/offers")
        ? { offers: [offer("a"), offer("b")] }
        : path.startsWith("/lease/v1/leases")
          ? { leases: [] }
          : { default_version: { version: ironic } };
      return { status: 200, body };
    });
    await cloud.start();
  });
  afterEach(() => cloud.stop());

  const check = (count: number) => requireNodes(cloud.client(), planned(count), { iso: true });

  it("is right with the role, the services and enough nodes, and is only looked at", async () => {
    await check(2);
    const written = cloud.requests.filter(({ method, path }) => method !== "GET" && !path.endsWith("/auth/tokens"));
    assert.deepEqual(written, []);
  });

  const wrong: [what: string, change: () => void, sentence: RegExp][] = [
    ["credentials for no project", () => (cloud.project = undefined), /^The credentials of fake are for no project: /],
    [
      "an account that may only look",
      () => (cloud.roles = ["reader", "member", "lessee"]),
      /^The account of fake has the roles lessee, member, reader in its project, and needs manager: /,
    ],
    [
      "no leases at all",
      () => (cloud.catalogue = cloud.catalogue.filter(({ type }) => type !== "lease")),
      /^The catalogue of fake has no ESI-Leap \(type lease, public\): ask the site/,
    ],
    [
      "an Ironic that cannot take an ISO out again",
      () => (ironic = "1.88"),
      /^Ironic of fake speaks version 1.88 of its API, and taking an ISO out of a node again needs 1.89: /,
    ],
  ];
  for (const [what, change, sentence] of wrong) {
    it(`is refused with ${what}`, async () => {
      change();
      await assert.rejects(check(1), { name: "UserError", message: sentence });
    });
  }

  it("is refused with too few nodes on offer, and says for which there is none", async () => {
    await assert.rejects(check(3), {
      name: "UserError",
      message:
        "No node is on offer for node-2 for so long from now on (to be claimed: 3, on offer for that: 2). Nothing was " +
        "claimed: `npm run capacity -- moc` shows what is free and for how long.",
    });
  });
});
