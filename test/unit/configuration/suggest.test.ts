import assert from "node:assert/strict";
import fc from "fast-check";
import { alternatives, suggest } from "../../../stacks/configuration/suggest";

describe("suggest", () => {
  const known = ["workers", "controlPlanes", "ports", "registryPort"];
  for (const [word, meant] of [
    ["worker", "workers"],
    ["wrokers", "workers"],
    ["WORKERS", "workers"],
    ["controlplane", "controlPlanes"],
    ["port", "ports"],
    ["memory", undefined],
    ["", undefined],
  ] as const) {
    it(`${JSON.stringify(word)}: ${meant ?? "nothing"}`, () => assert.equal(suggest(word, known), meant));
  }

  it("knows nothing where nothing is known", () => assert.equal(suggest("a", []), undefined));

  it("finds every known word that lost one of its letters", () => {
    const lost = fc.constantFrom(...known).chain((word) => fc.tuple(fc.constant(word), fc.nat(word.length - 1)));
    fc.assert(
      fc.property(lost, ([word, at]) => {
        assert.equal(suggest(word.slice(0, at) + word.slice(at + 1), known), word);
      }),
    );
  });

  it("gives only known words", () => {
    fc.assert(fc.property(fc.string(), (word) => [undefined, ...known].includes(suggest(word, known))));
  });
});

describe("alternatives", () => {
  it("reads as a sentence does", () => {
    assert.equal(alternatives(["a"]), "a");
    assert.equal(alternatives(["a", "b"]), "a or b");
    assert.equal(alternatives(["a", "b", "c"]), "a, b or c");
  });
});
