import assert from "node:assert/strict";
import fc from "fast-check";
import { readDocuments, writeYaml } from "../../../components/kubernetes/yaml";
import { isDate, plainScalar } from "../../../components/kubernetes/yaml-scalars";

describe("writeYaml", () => {
  // Each was written so, and read back by gopkg.in/yaml.v3 and by sigs.k8s.io/yaml as the text that it was.
  const texts: [text: string, yaml: string][] = [
    ["2026-01-05", '"2026-01-05"'],
    ["no", '"no"'],
    ["y", '"y"'],
    ["0644", '"0644"'],
    ["1_000", '"1_000"'],
    ["0b11", '"0b11"'],
    ["1e3", '"1e3"'],
    ["4.20", '"4.20"'],
    ["<<", '"<<"'],
    ["~", '"~"'],
    ["", '""'],
    ["a\u2028b", '"a\\u2028b"'],
    ["a\u0085b", '"a\\u0085b"'],
    ["\uFEFFa", '"\\ufeffa"'],
    ["v1.2", "v1.2"],
    ["1:30", '"1:30"'],
  ];
  for (const [text, yaml] of texts) {
    it(`writes ${JSON.stringify(text)} so that Go reads it as text`, () => {
      assert.equal(writeYaml({ a: text, list: [text] }), `a: ${yaml}\nlist:\n  - ${yaml}\n`);
      assert.equal(writeYaml({ [text]: 1 }), `${yaml}: 1\n`);
    });
  }

  it("repeats what is there twice, as some readers limit aliases", () => {
    const shared = { a: 1 };
    assert.equal(writeYaml({ b: shared, c: shared }), "b:\n  a: 1\nc:\n  a: 1\n");
  });

  it("is what readDocuments reads", () => {
    // Half a surrogate is no text: no encoding holds it.
    const text = fc.string({ unit: "grapheme" });
    const value = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text)), {
      minKeys: 1,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(value, (written) => {
        assert.deepEqual(
          readDocuments(writeYaml(written), "a.yaml").map(({ value: read }) => read),
          [written],
        );
      }),
    );
  });
});

describe("plainScalar", () => {
  // Of gopkg.in/yaml.v3: `var v any; yaml.Unmarshal([]byte("v: " + text), &v)`.
  const values: [text: string, value: unknown][] = [
    ["yes", "yes"],
    ["off", "off"],
    ["True", true],
    ["0644", 420],
    ["0o17", 15],
    ["08", 8],
    ["1_000", 1000],
    ["0b11", 3],
    ["1.", 1],
    ["1e3", 1000],
    ["1:30", "1:30"],
    ["18446744073709551616", 18446744073709552000],
    ["1e999", "1e999"],
  ];
  for (const [text, value] of values) {
    it(`of ${text} is what Pulumi's reader says`, () => assert.equal(plainScalar(text, 3), value));
  }

  it("knows what is a date", () => {
    // gopkg.in/yaml.v3 makes a time.Time of the first ones.
    const dates = [
      "2026-01-05",
      "2026-1-5",
      "2024-02-29",
      "2001-01-01T1:2:3Z",
      "2001-01-01t1:2:3.5+01:00",
      "2001-01-01 1:2:3",
    ];
    const others = [
      "2026-13-01",
      "2025-02-29",
      "2026-01-00",
      "2001-01-01T00:00:00",
      "2001-12-14 21:59:43.10 -5",
      "20260105",
    ];
    assert.deepEqual(
      dates.filter((text) => !isDate(text)),
      [],
    );
    assert.deepEqual(others.filter(isDate), []);
  });
});
