import * as fs from "node:fs/promises";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { UserError } from "../../../components/errors";
import { writeWhole } from "../../../components/images/layout";
import { downloadArchive } from "../archive";
import { download, save } from "../download";
import { kind, plugins, pulumi } from "../pins";
import { run } from "../run";
import { isWhole, sumLines } from "./sums";

/** Milliseconds that unpacking may take. */
const UNPACKING = 300_000;

export type Plugin = keyof typeof plugins;

/** A program, or several that come together, and how to get them into a folder. */
interface Source {
  name: string;
  version: string;
  fetch: (folder: string) => Promise<void>;
}

export interface ProgramsWanted {
  /** Of the machine that will use them, as Go names it: `linux-amd64`. */
  platform: string;
  kind: boolean;
  plugins: Plugin[];
}

/**
 * Makes a folder hold the programs of a stack. What came whole, of the same version and for the same platform, is not fetched
 * again.
 * @returns lines of `sha256sum` for its files
 * @throws UserError for what cannot be had, or is another file than its publisher says
 */
export async function fetchPrograms(
  folder: string,
  wanted: ProgramsWanted,
  say: (line: string) => void,
): Promise<string[]> {
  await fs.mkdir(folder, { recursive: true });
  const sources: Source[] = [
    ...(wanted.kind ? [{ ...kind, name: "kind", fetch: kindInto(wanted.platform) }] : []),
    { name: "pulumi", version: pulumi.version, fetch: (into) => downloadArchive(pulumi, into, wanted.platform) },
    ...wanted.plugins.map((name) => ({
      name,
      version: plugins[name].version,
      fetch: pluginInto(name, wanted.platform),
    })),
  ];
  const lines: string[] = [];
  for (const left of await fs.readdir(folder)) {
    if (left.startsWith(".fetched-")) await fs.rm(path.join(folder, left), { recursive: true });
  }
  for (const { name, version, fetch } of sources) {
    const record = path.join(folder, `.${name}-${version.replace(/^v/, "")}-${wanted.platform}`);
    const known = (await fs.readFile(record, "utf8").catch(() => "")).split("\n").filter(Boolean);
    if (known.length > 0 && (await isWhole(folder, known))) {
      lines.push(...known);
      continue;
    }
    say(`${name} ${version.replace(/^v/, "")} for ${wanted.platform} is fetched.`);
    const work = await fs.mkdtemp(path.join(folder, ".fetched-"));
    try {
      await fetch(work);
      const names = await fs.readdir(work);
      const fetched = await sumLines(work, names);
      for (const file of names) await fs.rename(path.join(work, file), path.join(folder, file));
      await writeWhole(record, `${fetched.join("\n")}\n`);
      lines.push(...fetched);
    } finally {
      await fs.rm(work, { recursive: true, force: true });
    }
  }
  return lines;
}

const kindInto = (platform: string) => async (folder: string) => {
  await download("kind", kind, folder, platform);
};

const pluginInto = (name: Plugin, platform: string) => async (folder: string) => {
  const program = `pulumi-resource-${name}`;
  const work = await fs.mkdtemp(path.join(folder, ".plugin-"));
  const archive = path.join(work, "archive");
  const urls = plugins[name].urls.map((url) => url(platform));
  try {
    const url = await saveFirst(urls, archive);
    const { code } = await run("tar", ["-xzf", archive, "-C", work], { timeout: UNPACKING });
    if (code !== 0 || !existsSync(path.join(work, program)))
      throw new UserError(`${url} cannot be unpacked by tar, or has no ${program}: nothing was installed.`);
    await fs.chmod(path.join(work, program), 0o755);
    await fs.rename(path.join(work, program), path.join(folder, program));
  } finally {
    await fs.rm(work, { recursive: true, force: true });
  }
};

/** Saves what is at the first address that answers with it. @returns that address */
async function saveFirst(urls: string[], file: string): Promise<string> {
  const faults: UserError[] = [];
  for (const url of urls) {
    try {
      await save(url, file);
      return url;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(error);
    }
  }
  throw faults[0]!;
}
