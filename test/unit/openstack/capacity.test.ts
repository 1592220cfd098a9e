import assert from "node:assert/strict";
import { capacityOf, type Site } from "../../../components/openstack/capacity";
import type { Lease, LeapNode, Offer } from "../../../components/openstack/esi-leap";
import { capacityLines } from "../../../stacks/commands/capacity-text";

const NOW = new Date("2026-11-26T12:00:00Z");

const offer = (node: string, availabilities: [string, string][], more: Partial<Offer> = {}): Offer => ({
  uuid: `offer-of-${node}`,
  name: null,
  project_id: "owner",
  project: "owner",
  resource_uuid: `uuid-of-${node}`,
  resource: node,
  resource_class: "fc430",
  resource_properties: {},
  status: "available",
  start_time: "2026-11-20T00:00:00",
  end_time: "2026-12-20T00:00:00",
  availabilities,
  ...more,
});
const lease = (node: string, start_time: string, end_time: string, more: Partial<Lease> = {}): Lease => ({
  uuid: `lease-of-${node}`,
  name: null,
  project_id: "ours",
  owner_id: "owner",
  resource_uuid: `uuid-of-${node}`,
  resource: node,
  resource_class: "fc430",
  status: "active",
  start_time,
  end_time,
  properties: {},
  offer_uuid: null,
  ...more,
});
const node = (name: string, more: Partial<LeapNode> = {}): LeapNode => ({
  uuid: `uuid-of-${name}`,
  name,
  owner: "owner",
  lessee: null,
  lease_uuid: null,
  resource_class: "fc430",
  provision_state: "available",
  maintenance: "False",
  properties: {},
  ...more,
});
const site = (more: Partial<Site>): Site => ({ offers: [], leases: [], nodes: [], project: "ours", ...more });
const lines = (more: Partial<Site>) => capacityLines(capacityOf(site(more), NOW));

describe("the capacity of a site", () => {
  it("is a table by class and one by node and time", () => {
    assert.deepEqual(
      lines({
        nodes: [node("a"), node("b"), node("c"), node("d"), node("e", { resource_class: "gpu" })],
        offers: [
          offer("a", [["2026-11-26T14:00:00", "2026-12-20T00:00:00"]]),
          offer("b", [["2026-11-25T00:00:00", "2026-11-27T08:30:00"]]),
          offer("c", [["2026-11-25T00:00:00", "9999-12-31T23:59:59.999999"]]),
          offer("d", []),
        ],
        leases: [
          lease("a", "2026-11-26T10:00:00", "2026-11-26T14:00:00", {
            properties: { "okd-streams-stack": "moc", "okd-streams-name": "control-plane-0" },
          }),
        ],
      }),
      [
        "class  nodes  offered  free now  held by you",
        "fc430      4        4         2            1",
        "gpu        1        0         0            0",
        "",
        "class  node  state  from              until",
        "fc430  c     free   now               no end",
        "fc430  b     free   now               2026-11-27 08:30",
        "fc430  a     free   2026-11-26 14:00  2026-12-20 00:00",
        "fc430  a     held   now               2026-11-26 14:00  stack moc, control-plane-0",
        "fc430  d     taken  now               2026-12-20 00:00",
      ],
    );
  });

  it("counts a node in maintenance as offered, but not as free", () => {
    const found = capacityOf(
      site({
        nodes: [node("a", { maintenance: "True" })],
        offers: [offer("a", [["2026-11-25T00:00:00", "2026-12-20T00:00:00"]])],
      }),
      NOW,
    );
    assert.deepEqual(found.classes, [{ resourceClass: "fc430", nodes: 1, offered: 1, free: 0, held: 0 }]);
    assert.equal(found.windows[0]!.note, "in maintenance");
  });

  it("knows neither offers that have ended or were withdrawn, nor times that are over", () => {
    const { windows } = capacityOf(
      site({
        offers: [
          offer("a", [["2026-11-20T00:00:00", "2026-11-21T00:00:00"]], { end_time: "2026-11-21T00:00:00" }),
          offer("b", [["2026-11-20T00:00:00", "2026-12-20T00:00:00"]], { status: "error" }),
          offer("c", [
            ["2026-11-20T00:00:00", "2026-11-21T00:00:00"],
            ["2026-11-28T00:00:00", "2026-12-20T00:00:00"],
          ]),
        ],
      }),
      NOW,
    );
    assert.deepEqual(
      windows.map(({ node, from, until }) => [node, from?.toISOString(), until?.toISOString()]),
      [["c", "2026-11-28T00:00:00.000Z", "2026-12-20T00:00:00.000Z"]],
    );
  });

  it("holds what this project leases, not what it has leased to others, and says what is not active", () => {
    const { windows } = capacityOf(
      site({
        leases: [
          lease("a", "2026-11-26T10:00:00", "2026-11-27T00:00:00", { project_id: "another" }),
          lease("b", "2026-11-26T10:00:00", "2026-11-27T00:00:00", { name: "mine", status: "wait fulfill" }),
        ],
      }),
      NOW,
    );
    assert.deepEqual(
      windows.map(({ node, state, note }) => [node, state, note]),
      [["b", "held", "mine, wait fulfill"]],
    );
  });

  it("says that there is nothing", () => {
    assert.deepEqual(lines({}), ["The site shows no nodes and no offers to this project."]);
    assert.deepEqual(lines({ nodes: [node("a")] }).slice(-1), [
      "Nothing is offered to this project, and it holds nothing.",
    ]);
  });
});
