import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MARKER, writeFolder } from "../../../stacks/preview/folder";

describe("the folder that is rendered to", () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "render-"));
    folder = join(parent, "out");
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  const write = (files: Record<string, string>) => writeFolder(folder, new Map(Object.entries(files)));
  const content = () =>
    Object.fromEntries(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]),
    );

  it("is made, and lists what is ours", () => {
    write({ "okd/b.yaml": "b\n", "_cluster/a.yaml": "a\n" });
    assert.deepEqual(content(), {
      "_cluster/a.yaml": "a\n",
      "okd/b.yaml": "b\n",
      [MARKER]: "_cluster/a.yaml\nokd/b.yaml\n",
    });
  });

  it("has the same bytes after the same again", () => {
    write({ "okd/b.yaml": "b\n", "okd/a.yaml": "a\n" });
    const first = content();
    write({ "okd/a.yaml": "a\n", "okd/b.yaml": "b\n" });
    assert.deepEqual(content(), first);
  });

  it("loses files that are not rendered any more, and folders that are empty then", () => {
    write({ "okd/a.yaml": "a", "old/b.yaml": "b" });
    write({ "okd/a.yaml": "a2" });
    assert.deepEqual(content(), { "okd/a.yaml": "a2", [MARKER]: "okd/a.yaml\n" });
    assert.equal(existsSync(join(folder, "old")), false);
  });

  it("keeps what others put there later", () => {
    write({ "okd/a.yaml": "a" });
    writeFileSync(join(folder, "okd/mine.txt"), "mine");
    write({});
    assert.deepEqual(content(), { "okd/mine.txt": "mine", [MARKER]: "" });
  });

  it("may be empty before", () => {
    mkdirSync(folder);
    write({ "a.yaml": "a" });
    assert.equal(content()["a.yaml"], "a");
  });

  it("is refused with files that are not ours, untouched", () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "mine.txt"), "mine");
    assert.throws(() => write({ "a.yaml": "a" }), {
      name: "UserError",
      message: `${folder} has files that are not ours: name a folder that is new, empty or was rendered to before.`,
    });
    assert.deepEqual(content(), { "mine.txt": "mine" });
  });

  it("is refused where it is a file, or below one", () => {
    writeFileSync(folder, "");
    assert.throws(() => write({}), {
      name: "UserError",
      message: `${folder} is no folder: name one that is new, empty or was rendered to before.`,
    });
    assert.throws(() => writeFolder(join(folder, "inside"), new Map()), {
      name: "UserError",
      message: /inside cannot be written: /,
    });
  });

  it("never loses anything outside of it, whatever its list says", () => {
    write({ "a.yaml": "a" });
    writeFileSync(join(parent, "precious"), "p");
    writeFileSync(join(folder, MARKER), `../precious\n${join(parent, "precious")}\nx/../../precious\n`);
    write({});
    assert.equal(readFileSync(join(parent, "precious"), "utf8"), "p");
  });
});
