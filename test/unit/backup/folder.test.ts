import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Backup, closeBackup, openBackup, wholeBackup } from "../../../stacks/tools/backup/folder";

describe("the folder of a backup", () => {
  let home: string, folder: string;
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"));
    folder = path.join(home, "backup");
  });
  afterEach(() => fs.rmSync(home, { recursive: true }));

  const about: Backup = {
    stack: "kind",
    secretsProvider: "passphrase",
    passphrase: "/p",
    engine: { encryptionsalt: "v1:x" },
  };
  const state = { resources: [] };

  it("is this user's alone, and what was put into it", () => {
    openBackup(folder, about);
    closeBackup(folder, { ...about, made: "2026-11-30T00:00:00.000Z" }, state);
    assert.deepEqual(wholeBackup(folder, "kind"), { about: { ...about, made: "2026-11-30T00:00:00.000Z" }, state });
    const rights = (name: string) => fs.statSync(path.join(folder, name)).mode & 0o777;
    assert.deepEqual([rights("."), ...["backup.json", "state.json"].map(rights)], [0o700, 0o600, 0o600]);
  });

  it("stays a whole one while the next is made", () => {
    openBackup(folder, about);
    assert.throws(() => wholeBackup(folder, "kind"), {
      message: `${folder} was not ended: run npm run backup -- kind --out ${folder} again.`,
    });
    closeBackup(folder, { ...about, made: "2026-11-30T00:00:00.000Z" }, state);
    openBackup(folder, about);
    assert.equal(wholeBackup(folder, "kind").about.made, "2026-11-30T00:00:00.000Z");
  });

  it("is nobody else's", () => {
    assert.throws(() => wholeBackup(folder, "kind"), {
      message: `${folder} is no backup: npm run backup -- kind --out ${folder} makes one.`,
    });
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "thesis.txt"), "");
    assert.throws(() => openBackup(folder, about), {
      name: "UserError",
      message: `${folder} has files and is no backup: name a folder that is new, empty or a backup.`,
    });
    fs.rmSync(path.join(folder, "thesis.txt"));
    openBackup(folder, about);
    assert.throws(() => openBackup(folder, { ...about, stack: "moc" }), {
      message: `${folder} is a backup of stack kind: name another folder.`,
    });
    assert.throws(() => wholeBackup(folder, "moc"), { message: `${folder} is a backup of stack kind, not of moc.` });
    fs.writeFileSync(path.join(folder, "backup.json"), "{");
    assert.throws(() => wholeBackup(folder, "kind"), { name: "UserError", message: /backup\.json cannot be read/ });
  });
});
