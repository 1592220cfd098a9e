import assert from "node:assert/strict";
import fc from "fast-check";
import { Disorder, wavesOf } from "../../../components/programs/payload/waves";

const map = (rows: Record<string, string[]>) => new Map(Object.entries(rows));

describe("waves of components", () => {
  it("are as few as can be, each in order of the alphabet", () => {
    const rows = {
      tools: ["base"],
      "network-tools": ["tools", "ovn"],
      ovn: ["base", "golang"],
      base: [],
      cli: ["base"],
    };
    assert.deepEqual(wavesOf(map(rows), new Set(["golang"])), [["base"], ["cli", "ovn", "tools"], ["network-tools"]]);
  });

  it("have every input before its users, and every row once", () => {
    const rows = fc
      .array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 20 })
      .map(
        (all) =>
          new Map(all.map((on, index) => [`r${index}`, index === 0 ? [] : on.map((number) => `r${number % index}`)])),
      );
    fc.assert(
      fc.property(rows, (inputs) => {
        const waves = wavesOf(inputs);
        const place = new Map(waves.flatMap((wave, index) => wave.map((name) => [name, index] as const)));
        assert.deepEqual([...place.keys()].sort(), [...inputs.keys()].sort());
        assert.equal(waves.flat().length, inputs.size);
        for (const [name, needed] of inputs) {
          for (const input of needed) assert.ok(place.get(input)! < place.get(name)!, `${input} before ${name}`);
        }
      }),
    );
  });

  it("name the row of an unknown input", () => {
    const error = new Disorder("cli stands on golnag, and there is no such component");
    assert.throws(() => wavesOf(map({ base: [], cli: ["golnag"] }), new Set(["golang"])), error);
  });

  it("name the rows of a cycle, and not those that stand on it", () => {
    const rows = { a: ["b"], b: ["c"], c: ["a"], d: ["a"], e: [] };
    assert.throws(() => wavesOf(map(rows)), new Disorder("a stands on b stands on c stands on a: a cycle"));
    assert.throws(() => wavesOf(map({ a: ["a"] })), new Disorder("a stands on a: a cycle"));
  });
});
