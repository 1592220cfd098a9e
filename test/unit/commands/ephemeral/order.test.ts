import assert from "node:assert/strict";
import { milliseconds } from "../../../../stacks/commands/ephemeral";
import { choose, orderText, readOrder } from "../../../../stacks/commands/ephemeral/order";
import type { Outputs } from "../../../../stacks/commands/outcome";

describe("what is run in an ephemeral stack", () => {
  const run = { metadata: {} };
  const outputs = {
    streams: [{ version: "5.0", plan: [], runs: [run] }],
    layers: [{ name: "tree", plan: [], runs: [run] }],
    releases: [{ name: "next", plan: [], run }],
    payloads: [{ name: "mine", plan: [], run }],
  } as unknown as Outputs;
  const titleOf = (...words: string[]) => choose("kind", outputs, readOrder(words)).title;

  it("is a stream, a layer, a release or a payload", () => {
    assert.deepEqual(
      [["coreos"], ["coreos", "5.0"], ["layer", "tree"], ["release"], ["payload", "mine"]].map((it) => titleOf(...it)),
      ["Stream 5.0", "Stream 5.0", "Layer tree", "Release next", "Payload mine"],
    );
    assert.equal(orderText(readOrder(["layer", "tree"])), "layer tree");
  });

  it("is not one sort by the name of another", () => {
    assert.throws(() => titleOf("coreos", "tree"), { name: "UserError", exitCode: 2 });
    assert.throws(() => titleOf("layer", "5.0"), { name: "UserError", exitCode: 2 });
  });

  it("is told in one sentence where it is none", () => {
    const cases: [string[], RegExp][] = [
      [["image"], /^--run: found "image", expected one of coreos, layer, release, payload, and perhaps a name\.$/],
      [["toString"], /expected one of/],
      [["layer", "tree", "now"], /found "layer tree now"/],
      [["layer"], /needs the layer's name/],
    ];
    for (const [words, message] of cases)
      assert.throws(() => readOrder(words), { name: "UserError", exitCode: 2, message });
  });

  it("has minutes, hours or days", () => {
    assert.deepEqual(["90m", "2h", "1d"].map(milliseconds), [5_400_000, 7_200_000, 86_400_000]);
    for (const text of ["2", "0h", "h", "2 h", "-1h", "2hours", "1.5h", "99999h"]) {
      assert.throws(() => milliseconds(text), /It must be a time/);
    }
  });
});
