import assert from "node:assert/strict";
import { compositionName, finishedSchema } from "../../../components/programs/events/build";

describe("names of builds", () => {
  const LONGEST = { stream: "s".repeat(22), version: "100.100", buildId: "b".repeat(24) };
  const event = { schema: 1, type: "build-finished", architecture: "ppc64le" };

  it("differ where streams build under the same id", () => {
    const build = { version: "4.21", buildId: "periodic-202611240030" };
    assert.equal(compositionName({ stream: "okd-coreos", ...build }), "compose-okd-coreos-4-21-periodic-202611240030");
    assert.equal(compositionName({ stream: "layer-crio", ...build }), "compose-layer-crio-4-21-periodic-202611240030");
  });

  it("tell attempts apart, and are no longer for that", () => {
    const build = { stream: "okd-coreos", version: "4.21", buildId: "b" };
    assert.deepEqual(
      [1, 2].map((attempt) => compositionName(build, attempt)),
      ["compose-okd-coreos-4-21-b", "retry-2-okd-coreos-4-21-b"],
    );
    assert.equal(compositionName(LONGEST, 9).length, 63);
  });

  it("are as long as a label's value at most", () => {
    assert.ok(finishedSchema.safeParse({ ...event, ...LONGEST }).success);
    assert.equal(compositionName(LONGEST).length, 63);
    for (const [key, value] of Object.entries(LONGEST)) {
      assert.ok(!finishedSchema.safeParse({ ...event, ...LONGEST, [key]: `${value}0` }).success, key);
    }
  });
});
