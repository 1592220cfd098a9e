import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { parse, stringify } from "yaml";
import { readFileSync } from "node:fs";
import { parseData } from "../../../components/pipelines/data";
import { planTable, type TablePlan } from "../../../components/streams/payload/plan";
import { type Table, tableFile } from "../../../components/streams/payload/table";

const FILE = "pipelines/payload/data/components.yaml";
const TEXT = readFileSync(FILE, "utf8");
const TABLE = parseData(TEXT, FILE, tableFile);

const plan = (table: Table, more: Partial<Parameters<typeof planTable>[1]> = {}) =>
  planTable(table, {
    version: "4.22",
    images: { "golang-builder": "go:1", "nodejs-builder": "node:1" },
    recipe: "1",
    ...more,
  });
const keysOf = ({ waves }: TablePlan) => Object.fromEntries(waves.flat().map(({ name, key }) => [name, key]));
const BEFORE = plan(TABLE);
const KEYS = keysOf(BEFORE);
const changed = (after: TablePlan) =>
  Object.entries(keysOf(after))
    .filter(([name, key]) => KEYS[name] !== key)
    .map(([name]) => name)
    .sort();

/** A row and all that stand on it. */
function usersOf(name: string): string[] {
  const users = new Set([name]);
  for (const { name: other, inputs } of BEFORE.waves.flat())
    if (inputs.some((input) => users.has(input))) users.add(other);
  return [...users].sort();
}

describe("the plan of all components", () => {
  it("has every input before its users", () => {
    const done = new Set<string>();
    for (const wave of BEFORE.waves) {
      for (const { name, inputs } of wave)
        for (const input of inputs) assert.ok(done.has(input), `${input} before ${name}`);
      for (const { name } of wave) done.add(name);
    }
    assert.equal(done.size, 194);
  });

  it("has other keys where a row changes, the row's and its users' alone; and of each row", () => {
    for (const { name } of TABLE.rows) {
      const rows = TABLE.rows.map((row) =>
        row.name === name ? { ...row, dockerfile: `${row.dockerfile}.other` } : row,
      );
      assert.deepEqual(changed(plan({ ...TABLE, rows })), usersOf(name));
    }
  });

  it("has other keys for any column that decides something, and none for a reason not to build it", () => {
    const change = (columns: object) =>
      changed(plan({ ...TABLE, rows: TABLE.rows.map((row) => (row.name === "etcd" ? { ...row, ...columns } : row)) }));
    const users = usersOf("etcd");
    assert.deepEqual(users, ["baremetal-installer", "etcd"]);
    for (const columns of [
      ...[
        { repository: "https://example.org/etcd" },
        { branch: "main" },
        { context: "x" },
        { network: true, rpms: false, self: "x" },
      ],
      ...[{ arguments: {} }, { from: "cli" }, { stages: [] }],
    ]) {
      assert.deepEqual(change(columns), users, JSON.stringify(columns));
    }
    assert.deepEqual(change({ unbuildable: "x" }), []);
  });

  it("has the same keys whatever the order of rows and the spelling of YAML", () => {
    const { components, ...head } = parse(TEXT) as { components: Record<string, object> };
    const reversed = Object.entries(components)
      .reverse()
      .map(([name, row]) => [name, Object.fromEntries(Object.entries(row).reverse())]);
    const text = stringify(
      { components: Object.fromEntries(reversed), ...head },
      { defaultStringType: "QUOTE_SINGLE" },
    );
    assert.deepEqual(plan(parseData(text, "x", tableFile)), BEFORE);
  });

  it("has other keys of all for another version or Task; a builder's are those of what it builds", () => {
    assert.equal(changed(plan(TABLE, { version: "5.0" })).length, 194);
    assert.equal(changed(plan(TABLE, { recipe: "2" })).length, 194);
    const node = changed(plan(TABLE, { images: { "golang-builder": "go:1", "nodejs-builder": "node:2" } }));
    assert.deepEqual(node, ["agent-installer-ui", "console", "monitoring-plugin", "networking-console-plugin"]);
  });

  it("says why each is built, and why some are not", () => {
    const rows = TABLE.rows.map((row) => (row.name === "cli" ? { ...row, branch: "main" } : row));
    const reasons = Object.fromEntries(
      plan({ ...TABLE, rows }, { before: BEFORE })
        .waves.flat()
        .map(({ name, reason }) => [name, reason]),
    );
    const picked = ["cli", "must-gather", "machine-os-images", "etcd", "haproxy-router"].map((name) => reasons[name]);
    assert.deepEqual(picked, [
      "row, or the Task and images that build it",
      "input cli",
      "input cli",
      "kept",
      "not built: package haproxy28 is in no public repository",
    ]);
    assert.equal(BEFORE.waves[1]!.find(({ name }) => name === "cli")!.reason, "never built");
    assert.deepEqual(
      BEFORE.unbuildable.map(({ name }) => name),
      ["agent-installer-api-server", "agent-installer-csr-approver", "haproxy-router", "insights-runtime-extractor"],
    );
  });

  it("is a command's answer", () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["--import", "tsx", "stacks/commands/main.ts", "plan", ...args], {
        encoding: "utf8",
      });
    const { waves, unbuildable } = JSON.parse(run("payload", "--version", "5.0", "--json").stdout) as TablePlan;
    assert.deepEqual(
      waves.map((wave) => wave.length),
      [4, 176, 12, 2],
    );
    assert.deepEqual(Object.keys(waves[0]![0]!), ["name", "inputs", "key", "reason"]);
    assert.deepEqual(Object.keys(unbuildable[0]!), ["name", "reason"]);
    const { status, stderr } = run("layers");
    assert.deepEqual([status, stderr.trim()], [2, "There is no plan of layers: say payload or operators."]);
  });
});
