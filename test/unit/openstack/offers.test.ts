import * as assert from "node:assert/strict";
import type { Offer } from "../../../components/openstack/esi-leap";
import { choices, conditionsIn, hasProperties } from "../../../components/openstack/offers";

const now = new Date("2026-11-24T10:00:00.500Z");
const offer = (uuid: string, more: Partial<Offer> = {}): Offer => ({
  uuid,
  name: uuid,
  project_id: "o",
  project: "owner",
  resource_uuid: `node-${uuid}`,
  resource: uuid,
  resource_class: "baremetal",
  resource_properties: { cpu_arch: "x86_64", memory_mb: "131072" },
  status: "available",
  start_time: "2026-11-24T00:00:00",
  end_time: "2026-12-24T00:00:00",
  availabilities: [["2026-11-24T00:00:00", "2026-12-24T00:00:00"]],
  ...more,
});
const window = (start: string, end: string): Partial<Offer> => ({ availabilities: [[start, end]] });
const chosen = (offers: Offer[], hours = 8, wanted = {}) =>
  choices(offers, wanted, hours, now).map((it) => it.offer.uuid);

describe("choice of offers", () => {
  it("takes those that last, the one that ends first before the others", () => {
    const offers = [
      offer("long"),
      offer("short", window("2026-11-24T00:00:00", "2026-11-24T20:00:00")),
      offer("too-short", window("2026-11-24T00:00:00", "2026-11-24T18:00:00")),
      offer("later", window("2026-11-24T10:05:00", "2026-12-24T00:00:00")),
      offer("ended", { status: "expired" }),
      offer("taken", { availabilities: [] }),
    ];
    assert.deepEqual(chosen(offers), ["short", "long"]);
  });

  it("takes the free part of an offer that others use later", () => {
    const availabilities: Offer["availabilities"] = [
      ["2026-11-24T00:00:00", "2026-11-25T00:00:00"],
      ["2026-11-26T00:00:00", "2026-12-24T00:00:00"],
    ];
    assert.deepEqual(chosen([offer("a", { availabilities })], 8), ["a"]);
    assert.deepEqual(chosen([offer("a", { availabilities })], 16), []);
  });

  it("begins with whole seconds, not before the offer where clocks differ", () => {
    const early = choices([offer("a")], {}, 1, now)[0]!;
    assert.equal(early.start.toISOString(), "2026-11-24T10:00:01.000Z");
    assert.equal(early.end.toISOString(), "2026-11-24T11:00:01.000Z");
    const fresh = choices([offer("a", window("2026-11-24T10:00:30.25", "2026-12-24T00:00:00"))], {}, 1, now)[0]!;
    assert.equal(fresh.start.toISOString(), "2026-11-24T10:00:31.000Z");
  });

  it("takes the class and the properties that are wanted", () => {
    const offers = [offer("a"), offer("b", { resource_class: "gpu", resource_properties: { memory_mb: 262144 } })];
    assert.deepEqual(chosen(offers, 1, { resourceClass: "gpu" }), ["b"]);
    assert.deepEqual(chosen(offers, 1, { nodeProperties: ["cpu_arch=x86_64"] }), ["a"]);
    assert.deepEqual(chosen(offers, 1, { nodeProperties: ["memory_mb > 131072"] }), ["b"]);
  });

  it("compares numbers as numbers and names what is no condition", () => {
    const is = (have: Record<string, unknown> | null, ...nodeProperties: string[]) =>
      hasProperties(have, conditionsIn({ nodeProperties }));
    assert.ok(is({ memory_mb: "131072" }, "memory_mb>=65536", "memory_mb<=131072", "memory_mb!=4"));
    assert.ok(!is({ memory_mb: "9" }, "memory_mb>10"));
    assert.ok(!is({ memory_mb: "many" }, "memory_mb>10"));
    assert.ok(!is({}, "cpus!=4"));
    assert.ok(!is(null, "cpus=4"));
    assert.ok(is({ cpus: 4 }, "cpus=4"));
    for (const text of ["cpus", "cpus>=", "cpus>=four", "=4", "memory mb>4"]) {
      assert.throws(
        () => conditionsIn({ nodeProperties: [text] }),
        /found .*, expected a condition like cpu_arch=x86_64/,
      );
    }
  });
});
