import * as fs from "node:fs/promises";
import * as path from "node:path";
import { UserError } from "../../components/errors";
import { platformName, save } from "./download";
import type { Release } from "./pins";
import { run } from "./run";

/** Milliseconds that unpacking may take. */
const UNPACKING = 300_000;

/**
 * Downloads a release's archive, checks it against the checksums that are published beside it, and puts the programs in
 * it into a folder. Nothing is put there before everything is known to be right.
 * @throws UserError no archive for this platform, no answer, another checksum, no archive
 */
export async function downloadArchive(release: Release, folder: string, platform = platformName()): Promise<void> {
  const url = release.url(platform);
  await fs.mkdir(folder, { recursive: true });
  const work = await fs.mkdtemp(path.join(folder, ".archive-"));
  try {
    const expected = await publishedChecksum(release, path.basename(url), path.join(work, "checksums"));
    const archive = path.join(work, "archive");
    const actual = await save(url, archive);
    if (actual !== expected) {
      throw new UserError(
        `${url} has checksum ${actual} instead of the ${expected} that ${release.checksums} says: nothing was installed.`,
      );
    }
    const unpacked = path.join(work, "unpacked");
    await fs.mkdir(unpacked);
    const { code } = await run("tar", ["-xzf", archive, "-C", unpacked, "--strip-components=1"], {
      timeout: UNPACKING,
    });
    if (code !== 0) throw new UserError(`${url} cannot be unpacked by tar: nothing was installed.`);
    for (const name of await fs.readdir(unpacked)) {
      await fs.rename(path.join(unpacked, name), path.join(folder, name));
    }
  } finally {
    await fs.rm(work, { recursive: true, force: true });
  }
}

async function publishedChecksum({ checksums, title }: Release, name: string, file: string): Promise<string> {
  await save(checksums, file);
  const lines = (await fs.readFile(file, "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  const [checksum] = lines.find(([sum = "", of]) => of === name && /^[0-9a-f]{64}$/.test(sum)) ?? [];
  if (checksum === undefined)
    throw new UserError(`${checksums} has no checksum of ${name}: no ${title} was installed.`);
  return checksum;
}
