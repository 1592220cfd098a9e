import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../components/errors";
import { shellWord } from "../../components/shell";
import { readEnvironment } from "../environment";
import type { Preview } from "./json";

const run = promisify(execFile);
const LARGEST_OUTPUT = 256 * 1024 * 1024;

/**
 * The preview of a stack by another revision of this project, in a worktree of its own that is gone afterwards.
 * @throws UserError for an unknown revision, for one that needs other packages, and for one that cannot preview the stack
 */
export async function previewRevision(projectFolder: string, revision: string, stack: string): Promise<Preview> {
  const commit = await resolveRevision(projectFolder, revision);
  const below = (await git(projectFolder, "rev-parse", "--show-prefix")).trim();
  return withWorktree(projectFolder, commit, async (worktree, signal) => {
    const project = join(worktree, below);
    checkCommand(project, revision);
    linkPackages(projectFolder, project, revision);
    return previewIn(project, revision, stack, signal);
  });
}

async function resolveRevision(projectFolder: string, revision: string): Promise<string> {
  await git(projectFolder, "rev-parse", "--git-dir").catch((error: unknown) => {
    throw noRepository(projectFolder, error as GitFailed);
  });
  const named = await git(projectFolder, "for-each-ref", `refs/heads/${revision}`, `refs/tags/${revision}`);
  if (named.trim().split("\n").length > 1) {
    throw new UserError(
      `${JSON.stringify(revision)} is a branch and a tag: say heads/${revision} or tags/${revision}.`,
    );
  }
  try {
    return (
      await git(projectFolder, "rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`)
    ).trim();
  } catch {
    const shallow = (await git(projectFolder, "rev-parse", "--is-shallow-repository")).trim() === "true";
    throw new UserError(
      shallow
        ? `This clone is shallow, and revision ${JSON.stringify(revision)} is not in it: git fetch --unshallow --tags gets the rest.`
        : `There is no revision ${JSON.stringify(revision)} in this repository: name a branch, tag or commit.`,
    );
  }
}

type GitFailed = Error & { code?: unknown; stderr?: string };

function noRepository(folder: string, { code, stderr = "" }: GitFailed): UserError {
  if (code === "ENOENT") return new UserError("Revisions are compared by git, which is not installed: install it.", 3);
  const [, distrusted] = /detected dubious ownership in repository at '(.+)'/.exec(stderr) ?? [];
  if (distrusted) {
    return new UserError(
      `Git does not trust ${distrusted}, which is another user's: git config --global --add safe.directory ${shellWord(distrusted)}`,
    );
  }
  return new UserError(`${folder} is no git repository: there is no other revision to compare with.`);
}

/** Gives `use` a worktree, and removes it whatever happens. */
async function withWorktree<T>(
  projectFolder: string,
  commit: string,
  use: (worktree: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-against-"));
  const worktree = join(folder, "worktree");
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    await git(projectFolder, "worktree", "add", "--detach", "--quiet", worktree, commit).catch((error: unknown) => {
      throw interruption.signal.aborted ? error : notCheckedOut(commit, folder, error as GitFailed);
    });
    return await use(worktree, interruption.signal);
  } catch (error) {
    throw interruption.signal.aborted ? new UserError("Interrupted: nothing was compared.") : error;
  } finally {
    // It is not there when it could not be added.
    await git(projectFolder, "worktree", "remove", "--force", worktree).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function notCheckedOut(commit: string, folder: string, { stderr = "", message }: GitFailed): UserError {
  const said = stderr.trim() || message;
  const why = /No space left on device/i.test(said) ? "its disk is full" : said.split("\n").at(-1)!;
  return new UserError(
    `Revision ${commit.slice(0, 12)} cannot be checked out below ${folder}: ${why.replace(/\.$/, "")}.`,
  );
}

function checkCommand(project: string, revision: string): void {
  const file = join(project, "package.json");
  const { scripts = {} } = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { scripts?: Record<string, string> })
    : {};
  if (!("preview" in scripts)) {
    throw new UserError(`Revision ${revision} has no "npm run preview" yet: there is nothing to compare with.`);
  }
}

/** The other revision runs with the packages that are installed here, if it wants the same ones. */
function linkPackages(from: string, to: string, revision: string): void {
  const lock = (folder: string) => {
    const file = join(folder, "package-lock.json");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  if (lock(from) !== lock(to)) {
    throw new UserError(
      `Revision ${revision} needs other packages than are installed here (its package-lock.json differs): compare "npm run preview -- STACK --json" of two clones instead.`,
    );
  }
  symlinkSync(join(from, "node_modules"), join(to, "node_modules"), "dir");
}

async function previewIn(project: string, revision: string, stack: string, signal: AbortSignal): Promise<Preview> {
  const { offlineFolder = "" } = readEnvironment(stack);
  try {
    const { stdout } = await run("npm", ["run", "--silent", "preview", "--", stack, "--json"], {
      cwd: project,
      env: { ...cleanEnvironment(), OKD_STREAMS_OFFLINE: offlineFolder },
      maxBuffer: LARGEST_OUTPUT,
      signal,
    });
    return JSON.parse(stdout) as Preview;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split("\n").at(-1) ?? (error as Error).message;
    throw new UserError(`Revision ${revision} cannot preview stack ${stack}: ${said}`);
  }
}

async function git(folder: string, ...args: string[]): Promise<string> {
  // What a user's hooks do after a checkout is not for a worktree that goes away.
  const withoutHooks = ["-c", "core.hooksPath=/dev/null", ...args];
  return (await run("git", withoutHooks, { cwd: folder, env: cleanEnvironment() })).stdout;
}

/** Without the GIT_ variables that a git hook sets: they would name this repository's index and worktree. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
}
