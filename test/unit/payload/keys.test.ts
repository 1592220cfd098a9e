import assert from "node:assert/strict";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { type BuiltComponent, planBuilds } from "../../../components/programs/payload/plan";
import { reasonOf } from "../../../components/programs/payload/reason";
import { type BuildRecord, canonical, keyOf } from "../../../components/programs/payload/record";

const OUTSIDE = `registry.example/golang@sha256:${"0".repeat(64)}`;

const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);

/** Components that stand on those before them, by their numbers. */
const table = fc
  .array(fc.record({ commit: word, argument: word, on: fc.array(fc.nat(), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((rows) =>
    Object.fromEntries(
      rows.map(({ commit, argument, on }, index) => {
        const inputs = index === 0 ? [] : [...new Set(on.map((number) => `c${number % index}`))];
        return [`c${index}`, component({ commit, arguments: { A: argument } }, inputs)];
      }),
    ),
  );

function component(row: Partial<BuiltComponent>, inputs: string[]): BuiltComponent {
  return {
    ...{
      repository: "https://example.org/x",
      commit: "1",
      dockerfile: "Dockerfile",
      context: ".",
      arguments: {},
      network: false,
    },
    text: ["golang:1", ...inputs].map((image) => `FROM ${image}\n`).join(""),
    ...row,
  };
}

async function keysOf(components: Record<string, BuiltComponent>, recipe = "recipe"): Promise<Record<string, string>> {
  const known = {
    substitutions: [
      { pattern: "^(?<component>c\\d+)$", becomes: "<component>" },
      { pattern: "^golang:", becomes: "golang" },
    ],
    builders: { golang: "registry.example/golang:1" },
    replaced: Object.fromEntries(Object.keys(components).map((name) => [name, "built" as const])),
    ...{ base: {}, parents: {} },
  };
  const waves = await planBuilds(components, known, {
    architecture: "amd64",
    recipe,
    digestOf: () => Promise.resolve(OUTSIDE),
  });
  return Object.fromEntries(waves.flat().map(({ name, key }) => [name, key]));
}

/** The component itself and all that stand on it. */
function usersOf(name: string, components: Record<string, BuiltComponent>): string[] {
  const users = new Set([name]);
  for (let size = 0; size < users.size;) {
    size = users.size;
    for (const [other, { text }] of Object.entries(components)) {
      if (text.split("\n").some((line) => users.has(line.replace("FROM ", "")))) users.add(other);
    }
  }
  return [...users].sort();
}

const changes: Record<string, (row: BuiltComponent) => BuiltComponent> = {
  "another commit": (row) => ({ ...row, commit: `${row.commit}x` }),
  "another argument": (row) => ({ ...row, arguments: { ...row.arguments, B: "x" } }),
  "another Dockerfile": (row) => ({ ...row, dockerfile: "Dockerfile.rhel9" }),
  "another context": (row) => ({ ...row, context: "images" }),
  "another repository": (row) => ({ ...row, repository: "https://example.org/y" }),
  network: (row) => ({ ...row, network: true }),
};

describe("keys of components", () => {
  for (const [what, change] of Object.entries(changes)) {
    it(`change with ${what}: the row's own and those of its users alone`, async () => {
      await fc.assert(
        fc.asyncProperty(table, fc.nat(), async (components, number) => {
          const names = Object.keys(components);
          const name = names[number % names.length]!;
          const before = await keysOf(components);
          const after = await keysOf({ ...components, [name]: change(components[name]!) });
          const changed = names.filter((other) => before[other] !== after[other]).sort();
          assert.deepEqual(changed, usersOf(name, components));
        }),
      );
    });
  }

  it("do not change with the order of rows, nor with the spelling of YAML", async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(fc.nat(), { maxLength: 9 }),
        fc.constantFrom("PLAIN", "QUOTE_DOUBLE"),
        async (components, order, spelling) => {
          const shuffled = Object.entries(components).sort(
            ([a], [b]) => (order[Number(a.slice(1))] ?? 0) - (order[Number(b.slice(1))] ?? 0),
          );
          const rows = shuffled.map(([name, row]) => [name, Object.fromEntries(Object.entries(row).reverse())]);
          const text = stringify(Object.fromEntries(rows), { defaultStringType: spelling as "PLAIN" });
          assert.deepEqual(await keysOf(parse(text) as Record<string, BuiltComponent>), await keysOf(components));
        },
      ),
    );
  });

  it("all change with the recipe", async () => {
    const components = { c0: component({}, []), c1: component({}, ["c0"]) };
    const [before, after] = [await keysOf(components), await keysOf(components, "other")];
    assert.deepEqual(
      Object.keys(before).filter((name) => before[name] === after[name]),
      [],
    );
  });

  it("are SHA-256 of a text that jq writes as well", () => {
    assert.equal(
      canonical({ b: [1, { d: null, c: "x" }], a: undefined, "10": "", "9": true }),
      '{"10":"","9":true,"b":[1,{"c":"x","d":null}]}',
    );
    assert.equal(keyOf({}), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });
});

describe("reasons to build", () => {
  const record: BuildRecord = {
    kind: "payload-component",
    ...{
      name: "x",
      repository: "https://example.org/x",
      commit: "a".repeat(40),
      dockerfile: "Dockerfile",
      context: ".",
    },
    ...{ arguments: { TAGS: "scos" }, network: false, architecture: "amd64", recipe: "1" },
    inputs: { "ocp/4.22:cli": { component: "cli", key: "b".repeat(64) }, "builder:1": { image: OUTSIDE } },
  };
  const cases: [why: string, change: Partial<BuildRecord>][] = [
    ["commit aaaaaaaaaaaa → cccccccccccc", { commit: "c".repeat(40) }],
    [
      "input ocp/4.22:cli: cli bbbbbbbbbbbb → cli cccccccccccc",
      { inputs: { ...record.inputs, "ocp/4.22:cli": { component: "cli", key: "c".repeat(64) } } },
    ],
    ['arguments {"TAGS":"scos"} → {}', { arguments: {} }],
    ["row: dockerfile Dockerfile → Dockerfile.ocp", { dockerfile: "Dockerfile.ocp" }],
    ["recipe: the Task or its images changed", { recipe: "2" }],
    ["forced", {}],
  ];
  for (const [why, change] of cases) {
    it(why, () => {
      assert.equal(reasonOf({ ...record, ...change }, record), why);
    });
  }
  it("never built", () => {
    assert.equal(reasonOf(record, undefined), "never built");
  });
});
