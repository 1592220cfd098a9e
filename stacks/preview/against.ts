import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../components/errors";
import { shellWord } from "../../components/shell";
import { listStacks } from "../configuration/load";
import { eachOf } from "../each-of";
import { readEnvironment } from "../environment";
import type { Preview } from "./json";
import { failed, type StackPreview } from "./stacks";

const run = promisify(execFile);
const LARGEST_OUTPUT = 256 * 1024 * 1024;

/** How often previews of another revision run beside each other: a core each of a small machine. */
const BESIDE = 2;

/**
 * The preview of a stack by another revision of this project, in a worktree of its own that is gone afterwards.
 * @throws UserError for an unknown revision, for one whose packages cannot be had, and for one that cannot preview the stack
 */
export async function previewRevision(projectFolder: string, revision: string, stack: string): Promise<Preview> {
  return inRevision(projectFolder, revision, (at) => previewIn(at, stack));
}

/** What another revision has. */
export interface RevisionPreviews {
  /** Of its commit, in full. */
  commit: string;
  stacks: StackPreview[];
}

/**
 * The previews of all stacks of another revision, which may have other stacks, or of one if it is there. One that fails is said
 * among the others.
 * @throws UserError for an unknown revision, and for one whose packages cannot be had
 */
export async function previewRevisionStacks(
  projectFolder: string,
  revision: string,
  stack?: string,
): Promise<RevisionPreviews> {
  return inRevision(projectFolder, revision, async (at) => {
    const wanted = listStacks(at.project).filter((name) => name === stack);
    return { commit: at.commit, stacks: stack === undefined ? await allIn(at) : await eachIn(at, wanted) };
  });
}

/** A revision that is checked out with its packages. */
interface CheckedOut {
  project: string;
  revision: string;
  commit: string;
  signal: AbortSignal;
}

async function inRevision<T>(projectFolder: string, revision: string, use: (at: CheckedOut) => Promise<T>): Promise<T> {
  const commit = await resolveRevision(projectFolder, revision);
  const below = (await git(projectFolder, "rev-parse", "--show-prefix")).trim();
  return withWorktree(projectFolder, commit, async (worktree, signal) => {
    const at = { project: join(worktree, below), revision, commit, signal };
    checkCommand(at.project, revision);
    await providePackages(projectFolder, at);
    return use(at);
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

/** The other revision runs with the packages that are installed here, if it wants the same ones; otherwise with its own. */
async function providePackages(from: string, { project, revision, signal }: CheckedOut): Promise<void> {
  const lock = (folder: string) => {
    const file = join(folder, "package-lock.json");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  if (lock(from) === lock(project)) {
    return symlinkSync(join(from, "node_modules"), join(project, "node_modules"), "dir");
  }
  // Scripts of packages would install hooks into this repository, and are not needed for a preview.
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  try {
    await run("npm", ["ci", ...options], { cwd: project, env: cleanEnvironment(), signal });
  } catch (error) {
    const said = (error as GitFailed).stderr?.trim().split("\n")[0] ?? (error as Error).message;
    throw new UserError(
      `Revision ${revision} needs other packages than are installed here (its package-lock.json differs), and npm ci does not get them: ${said}`,
    );
  }
}

async function previewIn({ project, revision, signal }: CheckedOut, stack: string): Promise<Preview> {
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

/** By one process, which loads the program once; a revision of before there was `--all` takes one for each stack. */
async function allIn(at: CheckedOut): Promise<StackPreview[]> {
  const { OKD_STREAMS_OFFLINE: named } = process.env;
  const env = { ...cleanEnvironment(), ...(named && { OKD_STREAMS_OFFLINE: resolve(named) }) };
  const options = { cwd: at.project, env, maxBuffer: LARGEST_OUTPUT, signal: at.signal };
  const all = run("npm", ["run", "--silent", "preview", "--", "--all", "--json"], options);
  // Where a stack fails the command does, and says so of that stack.
  const { stdout } = await all.catch((error: unknown) => error as { stdout?: string });
  at.signal.throwIfAborted();
  const previews = parsed(stdout);
  if (previews) return previews;

  return eachIn(at, listStacks(at.project));
}

async function eachIn(at: CheckedOut, stacks: string[]): Promise<StackPreview[]> {
  const found = await eachOf(stacks, BESIDE, async (stack): Promise<StackPreview> => {
    const preview = previewIn(at, stack).catch((error: unknown) => failed(stack, error));
    return { warnings: [], ...(await preview) };
  });
  return found.sort((a, b) => (a.stack < b.stack ? -1 : 1));
}

function parsed(text = ""): StackPreview[] | undefined {
  try {
    const previews: unknown = JSON.parse(text);
    return Array.isArray(previews) ? (previews as StackPreview[]) : undefined;
  } catch {
    return undefined;
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
