import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseData, readData } from "../../../components/pipelines/data";
import { inputsOf, tableFile } from "../../../components/streams/payload/table";
import { wavesOf } from "../../../components/programs/payload/waves";

const FILE = "pipelines/payload/data/components.yaml";

describe("the table of components", () => {
  const table = readData(FILE, tableFile);

  it("is sorted, and says only what differs", () => {
    const { components, arguments: common } = parse(readFileSync(FILE, "utf8")) as {
      components: Record<string, Record<string, unknown>>;
      arguments: Record<string, string>;
    };
    const names = Object.keys(components);
    assert.deepEqual(names, [...names].sort());
    const same = {
      branch: "release-VERSION",
      dockerfile: "Dockerfile",
      context: ".",
      from: "base-stream9",
      arguments: common,
    };
    for (const [name, row] of Object.entries(components)) {
      const repeated = Object.entries({
        ...same,
        repository: `https://github.com/openshift/${name}`,
        stages: ["golang"],
      });
      for (const [column, value] of repeated) assert.notDeepEqual(row[column], value, `${name}: ${column}`);
      assert.ok(!Object.values(row).includes(false), name);
    }
  });

  it("has 194 rows in four waves, every input before its users", () => {
    const builders = new Set(Object.keys(table.builders));
    const waves = wavesOf(inputsOf(table));
    assert.deepEqual(
      waves.map((wave) => wave.length),
      [4, 176, 12, 2],
    );
    for (const { name, stages, from } of table.rows) {
      const known = (input: string) =>
        builders.has(input) || table.rows.some((row) => row.name === input) || /^scratch$|\//.test(input);
      assert.deepEqual(
        [...stages, from].filter((input) => !known(input)),
        [],
        name,
      );
    }
    assert.equal(table.rows.filter(({ parent }) => parent).length, 6);
  });

  const text = (components: string) =>
    `version: "4.22"\narguments: {}\npublished: x\nbuilders: {}\nsubstitutions: []\ncomponents:\n${components}`;
  const faults: [given: string, components: string, sentence: RegExp][] = [
    ["two rows of one name", "  a: {}\n  a: {}\n", /^x\.yaml: Map keys must be unique/],
    ["a column that there is not", "  a: { dockerfil: x }\n", /^x\.yaml: components\.a: Unrecognized key: "dockerfil"/],
  ];
  for (const [given, components, sentence] of faults) {
    it(`is refused with ${given}`, () => {
      assert.throws(() => parseData(text(components), "x.yaml", tableFile), { name: "UserError", message: sentence });
    });
  }
  it("is refused with a pattern that is none", () => {
    const broken = text("  a: {}\n").replace("substitutions: []", 'substitutions: [{ pattern: "(", becomes: a }]');
    assert.throws(() => parseData(broken, "x.yaml", tableFile), {
      message: "x.yaml: substitutions.0.pattern: ( is no regular expression.",
    });
  });
});
