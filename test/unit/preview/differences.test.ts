import assert from "node:assert/strict";
import fc from "fast-check";
import { differences, ofLines } from "../../../stacks/preview/differences";

describe("differences", () => {
  const cases: [what: string, before: unknown, after: unknown, expected: unknown[]][] = [
    ["nothing", { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    ["a field", { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, [{ path: "spec.replicas", before: 1, after: 2 }]],
    ["a field more", {}, { a: 0 }, [{ path: "a", after: 0 }]],
    ["a field less", { a: false }, {}, [{ path: "a", before: false }]],
    ["null is a value", { a: null }, { a: 1 }, [{ path: "a", before: null, after: 1 }]],
    ["another type", { a: [1] }, { a: { b: 1 } }, [{ path: "a", before: [1], after: { b: 1 } }]],
    [
      "keys with dots",
      { labels: { "a.b/c": "1" } },
      { labels: { "a.b/c": "2" } },
      [{ path: "labels[a.b/c]", before: "1", after: "2" }],
    ],
    [
      "elements by name",
      { steps: [{ name: "a", image: "x:1" }, { name: "b" }] },
      { steps: [{ name: "new" }, { name: "a", image: "x:2" }, { name: "b" }] },
      [
        { path: "steps[a].image", before: "x:1", after: "x:2" },
        { path: "steps[new]", after: { name: "new" } },
      ],
    ],
    [
      "elements in another order",
      { steps: [{ name: "a" }, { name: "b" }, { name: "gone" }] },
      { steps: [{ name: "b" }, { name: "a" }] },
      [
        { path: "steps[gone]", before: { name: "gone" } },
        { path: "steps (order)", before: "a, b", after: "b, a" },
      ],
    ],
    ["elements by index", { args: ["a", "b"] }, { args: ["a", "c"] }, [{ path: "args[1]", before: "b", after: "c" }]],
    [
      "an element put between others",
      { args: ["a", "b", "c"] },
      { args: ["a", "x", "b", "c"] },
      [{ path: "args[1]", after: "x" }],
    ],
    [
      "lines of a script",
      { script: "#!/bin/sh\nset -eu\ncosa fetch\ncosa build\n" },
      { script: "#!/bin/sh\nset -eu\ncosa fetch --strict\ncosa build\ncosa push\n" },
      [
        { path: "script:3", before: "cosa fetch", after: "cosa fetch --strict" },
        { path: "script:5", after: "cosa push" },
      ],
    ],
  ];
  for (const [what, before, after, expected] of cases) {
    it(what, () => assert.deepEqual(differences(before, after), expected));
  }

  it("are none between equal values, and some between others", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        assert.deepEqual(differences(a, JSON.parse(JSON.stringify(a))), []);
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        assert.equal(differences(a, JSON.parse(JSON.stringify(b))).length === 0, same);
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

describe("changed lines", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });

  it("say every line that is new at its place, and as many that are gone as the lengths tell", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const changes = ofLines(before, after);
        const now = changes.filter((change) => change.after !== undefined);
        const gone = changes.filter((change) => change.before !== undefined);
        assert.equal(before.length - gone.length, after.length - now.length);
        for (const change of now) assert.equal(change.after, after[change.line - 1]);
        const kept = after.filter((_, index) => !now.some(({ line }) => line === index + 1));
        const rest = [...before];
        for (const { before: line } of gone) rest.splice((rest as string[]).indexOf(line!), 1);
        assert.deepEqual([...rest].sort(), [...kept].sort());
      }),
    );
  });

  it("are as few as can be", () => {
    fc.assert(
      fc.property(text, fc.nat(12), (lines, at) => {
        const place = Math.min(at, lines.length);
        const more = [...lines.slice(0, place), "new", ...lines.slice(place)];
        assert.deepEqual(ofLines(lines, more), [{ line: place + 1, after: "new" }]);
        assert.deepEqual(ofLines(more, lines), [{ line: place + 1, before: "new" }]);
      }),
    );
  });
});
