import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";

const read = (file: string) => readFileSync(join(PROJECT_FOLDER, file), "utf8");

/** What the program may say: its own files, and the scripts of steps. */
const SOURCES = ["stacks", "components", "pipelines"].flatMap((folder) =>
  readdirSync(join(PROJECT_FOLDER, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|yaml)$/.test(file))
    .map((file) => read(join(folder, file))),
);

/** Sentences that a page promises, in the first cells of its tables. */
function symptoms(page: string): string[] {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/`([^`]+)`/g)].map(([, sentence]) => sentence!));
}

/** Whether one file has all parts of it, in this order and near each other: what stands between them differs. */
function isSaid(sentence: string, sources = SOURCES): boolean {
  const parts = sentence.split("…").filter((part) => part.trim() !== "");
  const literal = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return sources.some((text) => new RegExp(literal.join("[^]{0,200}?")).test(text));
}

describe("symptoms of stacks/TROUBLESHOOTING.md", () => {
  const all = symptoms(read("stacks/TROUBLESHOOTING.md"));

  it("are many, each once", () => {
    assert.ok(all.length > 25, String(all.length));
    assert.equal(new Set(all).size, all.length);
  });

  it("are not found where nobody says them", () => {
    assert.equal(isSaid("Port … of this machine (…) is on fire"), false);
    assert.equal(isSaid("is in use … Port"), false);
  });

  for (const symptom of all) it(`are said by the program: ${symptom}`, () => assert.ok(isSaid(symptom), symptom));
});

/** Anchors of a page as GitHub makes them. */
function anchors(page: string): string[] {
  const titles = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase());
  return titles.map((title) => title.replace(/[^\w -]/g, "").replace(/ /g, "-"));
}

describe("links of the pages for strangers", () => {
  for (const page of ["stacks/TROUBLESHOOTING.md", "components/README.md", "pipelines/SECURITY.md", "README.md"]) {
    it(`lead somewhere: ${page}`, () => {
      const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
      assert.ok(links.length > 0);
      for (const [, file, anchor] of links) {
        const target = file ? join(dirname(page), file) : page;
        assert.ok(existsSync(join(PROJECT_FOLDER, target)), target);
        if (anchor) assert.ok(anchors(read(target)).includes(anchor), `${target}#${anchor}`);
      }
    });
  }
});
