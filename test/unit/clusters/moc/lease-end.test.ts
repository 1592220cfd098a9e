import assert from "node:assert/strict";
import { hoursOf, warningOfEnd } from "../../../../components/clusters/moc/lease-end";

describe("the end of a lease", () => {
  const start = "2026-11-01T00:00:00";
  const warning = (end: string, now: string, claimed = true) =>
    warningOfEnd({ node: "control-plane-0 (r4u25)", start, end, claimed }, new Date(now));

  it("of hours is said in the last quarter", () => {
    assert.equal(warning("2026-11-01T08:00:00", "2026-11-01T05:59:59Z"), undefined);
    assert.equal(
      warning("2026-11-01T08:00:00", "2026-11-01T06:00:00Z"),
      "The lease of control-plane-0 (r4u25) ends at 2026-11-01T08:00:00 UTC, and the node is wiped then. " +
        "Nobody but an administrator can extend it: save what you need.",
    );
  });

  it("of months is said a week ahead, with whom to ask", () => {
    assert.equal(warning("2027-11-01T00:00:00", "2027-10-24T23:59:59Z", false), undefined);
    assert.match(warning("2027-11-01T00:00:00", "2027-10-25T00:00:00Z", false)!, /Ask its owner or an administrator/);
  });

  it("is so many hours from its start", () => {
    assert.equal(hoursOf("8h"), 8);
    assert.equal(hoursOf("3d"), 72);
  });
});
