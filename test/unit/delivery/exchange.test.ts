import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchangeFolder } from "../../../stacks/preview/delivered";
import { MARKER } from "../../../stacks/preview/folder";

describe("the folder that Git gets", () => {
  let parent: string, folder: string;
  beforeEach(() => {
    parent = fs.mkdtempSync(join(tmpdir(), "exchange-"));
    folder = join(parent, "kind");
  });
  afterEach(() => fs.rmSync(parent, { recursive: true }));

  const files = (...names: string[]) => new Map(names.map((name) => [name, `text of ${name}\n`]));
  const found = () =>
    fs.readdirSync(folder, { recursive: true }).filter((name) => fs.statSync(join(folder, String(name))).isFile());

  it("has exactly the new files, and nothing else is left beside it", () => {
    exchangeFolder(folder, files("a/one.yaml", "b/two.yaml"));
    exchangeFolder(folder, files("b/two.yaml", "b/three.yaml"));
    assert.deepEqual(found().sort(), [MARKER, "b/three.yaml", "b/two.yaml"]);
    assert.deepEqual(fs.readdirSync(parent), ["kind"]);
  });

  it("stays whole as it was where not all can be written", () => {
    exchangeFolder(folder, files("a/one.yaml"));
    // A folder that has the name of a file.
    assert.throws(() => exchangeFolder(folder, files("b/two.yaml", "b/two.yaml/three.yaml")), {
      name: "UserError",
      message: /cannot be written: /,
    });
    assert.deepEqual(found().sort(), [MARKER, "a/one.yaml"]);
    assert.deepEqual(fs.readdirSync(parent), ["kind"]);
  });

  it("is found again after a crash between its two names", () => {
    exchangeFolder(folder, files("a/one.yaml"));
    fs.renameSync(folder, join(parent, ".kind.former"));
    assert.throws(() => exchangeFolder(folder, files("b/two.yaml", "b/two.yaml/three.yaml")));
    assert.deepEqual(found().sort(), [MARKER, "a/one.yaml"]);
  });

  it("is none that has files of others", () => {
    fs.mkdirSync(folder);
    fs.writeFileSync(join(folder, "mine"), "");
    assert.throws(() => exchangeFolder(folder, files("a/one.yaml")), { message: /has files that are not ours/ });
    assert.deepEqual(found(), ["mine"]);
  });
});
