import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/** Writes a file for this user only, in one step, and only when its content differs. */
export function writePrivate(file: string, content: string, mode = 0o600): void {
  if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === content) return fs.chmodSync(file, mode);
  makePrivateFolder(path.dirname(file));
  const partial = `${file}.${process.pid}.partial`;
  try {
    fs.writeFileSync(partial, content, { mode });
    fs.renameSync(partial, file);
  } catch (error) {
    fs.rmSync(partial, { force: true });
    // What a write on a full disk is about, Node does not say.
    throw Object.assign(error as Error, { path: file });
  }
}

export function makePrivateFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Makes the passphrase file on the first run; one that is there stays, but is closed to others. */
export function ensurePassphrase(file: string): void {
  makePrivateFolder(path.dirname(file));
  const partial = `${file}.${process.pid}.partial`;
  try {
    fs.writeFileSync(partial, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
    // As a whole or not at all: another stack's engine may read it at this moment.
    fs.linkSync(partial, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    fs.chmodSync(file, 0o600);
  } finally {
    fs.rmSync(partial, { force: true });
  }
}

/** Makes or corrects a symbolic link. */
export function link(target: string, file: string): void {
  const found = fs.lstatSync(file, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() && fs.readlinkSync(file) === target) return;
  fs.rmSync(file, { force: true, recursive: true });
  fs.symlinkSync(target, file);
}
