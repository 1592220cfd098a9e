import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { configurationSchema } from "../../stacks/configuration/schema";

describe("README's tables", () => {
  const readme = readFileSync("README.md", "utf8");
  /** The first cells of the table of a chapter. */
  const named = (chapter: string): string[] => {
    const [, text = ""] = readme.split(`\n## ${chapter}\n`);
    const [table = ""] = /\n(\|.*\n)+/.exec(text) ?? [];
    return table.split("\n").map((line) => line.split(/(?<!\\)\|/)[1] ?? "");
  };

  it("have each key of a stack's file once, wherever in its row", () => {
    const rows = readme.split("\n## Configuration\n")[1]!.split("\n### ")[0]!;
    assert.deepEqual(
      Object.keys(configurationSchema.shape).filter((key) => !rows.includes(`\`${key}\``)),
      [],
    );
  });

  it("have each command, and none that there is not, and no row twice", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    const cells = named("Commands");
    const told = cells.flatMap((cell) =>
      [...cell.matchAll(/`(?:npm (?:run )?)?([a-z][a-z:-]*)/g)].map(([, it]) => it!),
    );
    assert.deepEqual([...new Set(told.filter((it) => !(it in scripts)))], []);
    const verbs = Object.keys(scripts).filter((name) => scripts[name]!.includes("commands/main.ts"));
    assert.ok(verbs.length > 20, verbs.join());
    assert.deepEqual(
      verbs.filter((verb) => !told.includes(verb)),
      [],
    );
    const words = cells.map((cell) => cell.replaceAll(/\s*\[[^\]]*\]/g, "").trim()).filter(Boolean);
    assert.deepEqual(
      words.filter((it, index) => words.indexOf(it) !== index),
      [],
    );
  });
});
