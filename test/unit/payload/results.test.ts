import assert from "node:assert/strict";
import { cut, resultsLimit, sizeOf } from "../../../components/programs/payload/results";
import { LIBRARY } from "../streams/samples";

describe("results of a payload's Tasks", () => {
  it("hold the numbers of a whole table", () => {
    const waves = [4, 176, 12, 2];
    let number = 0;
    const texts = waves.map((size) => JSON.stringify(Array.from({ length: size }, () => (number++).toString(36))));
    const taken = texts.reduce((sum, text, wave) => sum + sizeOf(`RESULT_WAVE_${wave + 1}`, text), 300);
    assert.ok(taken + 40 < resultsLimit(4), `${taken} of ${resultsLimit(4)}`);
  });

  it("are reckoned with as many steps as the Tasks have", () => {
    const steps = (name: string) => {
      const task = LIBRARY.objects(["payload", "signing", "notifications"], { namespace: "x", labels: {} }).find(
        ({ metadata }) => metadata.name === name,
      )!;
      return (task.spec as { steps: unknown[] }).steps.length;
    };
    assert.deepEqual([steps("payload-resolve"), steps("payload-release")], [4, 7]);
  });

  it("are cut between lines, and say what is left out", () => {
    const lines = ["one", "two", "a third line that is longer than the others are"];
    assert.equal(cut("plan", lines, 200), lines.join("\n"));
    assert.equal(cut("plan", lines, sizeOf("plan", "one\nand 2 more, in the log")), "one\nand 2 more, in the log");
    assert.equal(cut("plan", lines, 10), "3, in the log");
  });
});
