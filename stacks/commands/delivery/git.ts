import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../components/errors";
import { groupOf, label } from "../../../components/kubernetes/client";
import { parseManifests } from "../../../components/kubernetes/manifest";
import type { Manifest } from "../../../components/kubernetes/object";
import { differences } from "../../preview/differences";
import { run } from "../../tools/run";

/** Where Argo CD reads. */
export interface GitPlace {
  repository: string;
  revision: string;
  /** Folder that has one for each namespace. */
  path: string;
}

/** What is there. */
export interface InGit {
  commit: string;
  objects: Manifest[];
}

/** Milliseconds for a fetch of one commit. */
const PATIENCE = 120_000;

/**
 * The objects in a folder of a repository, read with the credentials that git has here.
 * @throws UserError where it cannot be read, or has no such folder
 */
export async function readFromGit({ repository, revision, path }: GitPlace): Promise<InGit> {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-git-"));
  const where = `Repository ${repository}`;
  try {
    await git(folder, `${where} cannot be read`, "init", "--quiet", "--template=");
    await git(
      folder,
      `${where} has nothing to read at ${revision}`,
      "fetch",
      "--quiet",
      "--depth=1",
      repository,
      revision,
    );
    const commit = await git(folder, `${where} has no commit ${revision}`, "rev-parse", "FETCH_HEAD^{commit}");
    const found = await git(folder, `${where} cannot be read`, "ls-tree", "-d", commit, "--", path);
    if (found === "") {
      throw new UserError(`${where} has no folder ${path} at ${revision}: ${push(path)}`);
    }
    // A link that leads elsewhere becomes a file that is no object.
    const checkout = ["-c", "core.symlinks=false", "-c", "core.autocrlf=false", "checkout", "--quiet", commit];
    await git(folder, `${where} cannot be read`, ...checkout, "--", path);
    const files = readdirSync(join(folder, path), { recursive: true, encoding: "utf8" }).filter((it) =>
      /\.(ya?ml|json)$/.test(it),
    );
    return {
      commit,
      objects: files.sort().flatMap((file) => parseManifests(readFileSync(join(folder, path, file), "utf8"), file)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param objects what the stack delivers
 * @throws UserError where Git has a part of it, more, or something else: Argo CD would make it so
 */
export function requireSame(
  objects: Manifest[],
  { commit, objects: found }: InGit,
  { repository, path }: GitPlace,
): void {
  const [wanted, there] = [byKey(objects), byKey(found)];
  const lacking = objects.filter((it) => !there.has(keyOf(it)));
  const more = found.filter((it) => !wanted.has(keyOf(it)));
  const other = objects.flatMap((it) => {
    const [difference] = there.has(keyOf(it)) ? differences(it, there.get(keyOf(it))) : [];
    return difference ? [`${label(it)} (${difference.path})`] : [];
  });
  const counts = [
    [lacking.map(label), "lacking"],
    [more.map(label), "more"],
    [other, "otherwise"],
  ] as const;
  const said = counts.flatMap(([list, word]) => (list.length > 0 ? [`${list.length} ${word}, as ${list[0]!}`] : []));
  if (said.length === 0) return;
  throw new UserError(
    `${path} of ${repository} at ${commit.slice(0, 12)} is not what the stack delivers: ${said.join("; ")}. ${push(path)}`,
  );
}

function push(path: string): string {
  return `Have there what \`npm run render -- STACK --delivered --out ${path}\` writes, then run this again.`;
}

/** Names an object among all of a stack. */
export function keyOf(object: Manifest): string {
  return `${groupOf(object)} ${label(object)}`;
}

function byKey(objects: Manifest[]): Map<string, Manifest> {
  return new Map(objects.map((it) => [keyOf(it), it]));
}

/** @returns what git says. @throws UserError with its last word */
async function git(folder: string, failure: string, ...args: string[]): Promise<string> {
  // Of a hook that started this, GIT_DIR and others name another repository.
  const own = Object.entries(process.env).filter(([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)$/.test(name));
  const env = { ...Object.fromEntries(own), GIT_TERMINAL_PROMPT: "0" };
  const { code, stdout, stderr } = await run("git", args, { cwd: folder, env, timeout: PATIENCE });
  if (code === 0) return stdout.trim();
  const why = stderr.trim().split("\n").at(-1)!.replace(/\.$/, "");
  throw new UserError(`${failure}, as git says: ${why}.`);
}
