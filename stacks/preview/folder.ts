import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, resolve } from "node:path";
import { UserError } from "../../components/errors";

/** Lists the files that are ours in a folder. */
export const MARKER = ".okd-streams-render";

/**
 * Makes a folder hold exactly `files`, besides what others put there.
 * @param files contents by their paths below the folder
 * @throws UserError for a folder whose content is not ours, and where it cannot be written
 */
export function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  const root = resolve(folder);
  const before = filesOfOurs(root);
  const paths = [...files.keys()];
  try {
    mkdirSync(root, { recursive: true });
    // Both, until all are written: after a crash the next run still knows every file as ours.
    writeMarker(root, [...new Set([...before, ...paths])]);
    for (const [path, text] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    before.filter((path) => !files.has(path)).forEach((path) => removeFile(root, path));
    writeMarker(root, paths);
  } catch (error) {
    throw new UserError(`${folder} cannot be written: ${(error as Error).message}.`);
  }
}

function filesOfOurs(root: string): string[] {
  if (!existsSync(root)) return [];
  if (!statSync(root).isDirectory()) {
    throw new UserError(`${root} is no folder: name one that is new, empty or was rendered to before.`);
  }
  const marker = join(root, MARKER);
  if (!existsSync(marker)) {
    if (readdirSync(root).length === 0) return [];
    throw new UserError(
      `${root} has files that are not ours: name a folder that is new, empty or was rendered to before.`,
    );
  }
  return readFileSync(marker, "utf8").split("\n").filter(isBelow);
}

/** A marker that was tampered with cannot make us delete anything elsewhere. */
function isBelow(path: string): boolean {
  return path !== "" && !isAbsolute(path) && !normalize(path).startsWith("..");
}

function writeMarker(root: string, paths: string[]): void {
  writeFileSync(
    join(root, MARKER),
    [...paths]
      .sort()
      .map((path) => `${path}\n`)
      .join(""),
  );
}

function removeFile(root: string, path: string): void {
  rmSync(join(root, path), { force: true });
  const parent = dirname(join(root, path));
  if (parent !== root && existsSync(parent) && readdirSync(parent).length === 0) {
    rmSync(parent, { recursive: true });
  }
}
