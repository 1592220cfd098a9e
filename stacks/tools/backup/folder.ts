import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../../components/errors";
import type { Deployment } from "../../commands/engine/adopt";
import { makePrivateFolder, writePrivate } from "../../commands/engine/files";

/** What says that a folder is a backup, and of what; its last part. */
const BACKUP = "backup.json";
const STATE = "state.json";

/** What a backup says of itself. */
export interface Backup {
  stack: string;
  /** When it was made; absent while it is made for the first time. */
  made?: string;
  /** What the state's secrets are encrypted by, as the stack's setting has it. */
  secretsProvider: string;
  /** Where its passphrase was: a file's path, or a variable's name. It is not here. @default there is none */
  passphrase?: string;
  /** What the engine adds to a stack's file, by which it knows the passphrase. */
  engine: Record<string, string>;
  /** The registry whose images are here, as pods see it. @default it is somebody else's, or holds nothing */
  registry?: string;
}

/** Where the images of a backup are, as an OCI layout. */
export function imagesFolder(folder: string): string {
  return path.join(folder, "registry");
}

/**
 * Makes a folder, closed to others, for a backup of a stack, which may be there already.
 * @throws UserError for one with other things in it
 */
export function openBackup(folder: string, about: Backup): void {
  const found = readBackup(folder);
  if (found && found.stack !== about.stack) {
    throw new UserError(`${folder} is a backup of stack ${found.stack}: name another folder.`);
  }
  if (!found && fs.existsSync(folder) && fs.readdirSync(folder).length > 0) {
    throw new UserError(`${folder} has files and is no backup: name a folder that is new, empty or a backup.`);
  }
  makePrivateFolder(folder);
  if (!found) writePrivate(path.join(folder, BACKUP), text(about));
}

/** Ends a backup: state and registry are those of one moment, or the former ones. */
export function closeBackup(folder: string, about: Backup, state: Deployment): void {
  writePrivate(path.join(folder, STATE), text({ version: 3, deployment: state }));
  writePrivate(path.join(folder, BACKUP), text(about));
}

/** What a folder is a backup of. @throws UserError where it is none that was ended */
export function wholeBackup(folder: string, stack: string): { about: Backup; state: Deployment } {
  const about = readBackup(folder);
  if (!about) throw new UserError(`${folder} is no backup: npm run backup -- ${stack} --out ${folder} makes one.`);
  if (about.stack !== stack) throw new UserError(`${folder} is a backup of stack ${about.stack}, not of ${stack}.`);
  if (about.made === undefined) {
    throw new UserError(`${folder} was not ended: run npm run backup -- ${stack} --out ${folder} again.`);
  }
  const { deployment } = read(path.join(folder, STATE)) as { deployment: Deployment };
  return { about, state: deployment };
}

function readBackup(folder: string): Backup | undefined {
  const file = path.join(folder, BACKUP);
  return fs.existsSync(file) ? (read(file) as Backup) : undefined;
}

/** @throws UserError for a file that is not as it was written */
function read(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    throw new UserError(`${file} cannot be read (${(error as Error).message}).`);
  }
}

function text(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
