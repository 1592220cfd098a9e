import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { previewRevision } from "../../../stacks/preview/against";

/** A preview command that prints what its revision's file says, and with which packages and settings it runs. */
const COMMAND = `
const fs = require("node:fs");
const text = fs.readFileSync("says.txt", "utf8");
if (text === "fail") { console.error("first line"); console.error("No stack is called that."); process.exit(1); }
const packages = fs.readFileSync("node_modules/installed.txt", "utf8");
console.log(JSON.stringify({ stack: process.argv[2], resources: [], outputs: { text, packages, arguments: process.argv.slice(2) } }));
`;

describe("the preview of another revision", () => {
  let repository: string;
  let project: string;

  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd: repository,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const commit = (files: Record<string, string>) => {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text);
    git("add", "--all");
    git("commit", "--quiet", "--message", "x");
    return git("rev-parse", "HEAD").trim();
  };
  const traces = () => [git("worktree", "list").trim().split("\n").length, git("status", "--porcelain")];

  before(() => {
    repository = mkdtempSync(join(tmpdir(), "against-"));
    // Not at the top: the project may be a part of its repository.
    project = join(repository, "project");
    mkdirSync(join(project, "node_modules"), { recursive: true });
    writeFileSync(join(project, "node_modules/installed.txt"), "the same");
    git("init", "--quiet", "--initial-branch", "main");
    const packageFile = JSON.stringify({ scripts: { preview: "node preview.js" } });
    commit({ ".gitignore": "node_modules\n" });
    git("tag", "too-old");
    commit({
      ".gitignore": "node_modules\n",
      "package.json": packageFile,
      "package-lock.json": "{}",
      "preview.js": COMMAND,
      "says.txt": "old",
    });
    git("tag", "old");
    commit({ "says.txt": "fail" });
    git("tag", "failing");
    commit({ "says.txt": "new", "package-lock.json": '{"a":1}' });
    git("tag", "other-packages");
    commit({ "package-lock.json": "{}" });
  });
  after(() => rmSync(repository, { recursive: true }));

  it("is made by its code, with the packages that are installed, and leaves no trace", async () => {
    assert.deepEqual(await previewRevision(project, "old", "kind"), {
      stack: "kind",
      resources: [],
      outputs: { text: "old", packages: "the same", arguments: ["kind", "--json"] },
    });
    assert.deepEqual(traces(), [1, ""]);
  });

  it("takes every name that git knows", async () => {
    assert.equal((await previewRevision(project, "HEAD~3", "kind")).outputs.text, "old");
    assert.equal((await previewRevision(project, "main", "kind")).outputs.text, "new");
  });

  const refusals: [what: string, revision: string, message: string][] = [
    [
      "an unknown revision",
      "nowhere",
      'There is no revision "nowhere" in this repository: name a branch, tag or commit.',
    ],
    ["an option", "--all", 'There is no revision "--all" in this repository: name a branch, tag or commit.'],
    [
      "one that needs other packages",
      "other-packages",
      'Revision other-packages needs other packages than are installed here (its package-lock.json differs): compare "npm run preview -- STACK --json" of two clones instead.',
    ],
    [
      "one without a preview",
      "too-old",
      'Revision too-old has no "npm run preview" yet: there is nothing to compare with.',
    ],
    ["one that fails", "failing", "Revision failing cannot preview stack kind: No stack is called that."],
  ];
  for (const [what, revision, message] of refusals) {
    it(`refuses ${what} in one sentence and leaves no trace`, async () => {
      await assert.rejects(previewRevision(project, revision, "kind"), { name: "UserError", message });
      assert.deepEqual(traces(), [1, ""]);
    });
  }

  it("wants a git repository", async () => {
    const folder = mkdtempSync(join(tmpdir(), "no-repository-"));
    try {
      await assert.rejects(previewRevision(folder, "main", "kind"), {
        name: "UserError",
        message: `${folder} is no git repository: there is no other revision to compare with.`,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is made without the user's hooks, which may fail", async () => {
    const hook = join(repository, ".git/hooks/post-checkout");
    mkdirSync(join(repository, ".git/hooks"), { recursive: true });
    writeFileSync(hook, "#!/bin/sh\nexit 2\n", { mode: 0o755 });
    try {
      assert.equal((await previewRevision(project, "old", "kind")).outputs.text, "old");
    } finally {
      rmSync(hook);
    }
  });

  it("is asked which, where a branch and a tag are called the same", async () => {
    git("branch", "old", "main");
    try {
      const message = '"old" is a branch and a tag: say heads/old or tags/old.';
      await assert.rejects(previewRevision(project, "old", "kind"), { name: "UserError", message });
      assert.equal((await previewRevision(project, "tags/old", "kind")).outputs.text, "old");
      assert.equal((await previewRevision(project, "heads/old", "kind")).outputs.text, "new");
    } finally {
      git("branch", "-D", "old");
    }
  });

  it("says that a shallow clone lacks what is asked for", async () => {
    const shallow = mkdtempSync(join(tmpdir(), "shallow-"));
    try {
      execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${repository}`, join(shallow, "clone")]);
      await assert.rejects(previewRevision(join(shallow, "clone", "project"), "old", "kind"), {
        name: "UserError",
        message: 'This clone is shallow, and revision "old" is not in it: git fetch --unshallow --tags gets the rest.',
      });
    } finally {
      rmSync(shallow, { recursive: true });
    }
  });

  it("says how to trust a repository of another user's", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const folder = mkdtempSync(join(tmpdir(), "an other's-"));
    try {
      execFileSync("git", ["clone", "--quiet", repository, join(folder, "clone")]);
      execFileSync("chown", ["-R", "65533:65533", folder]);
      await assert.rejects(previewRevision(join(folder, "clone", "project"), "old", "kind"), {
        name: "UserError",
        message: `Git does not trust ${folder}/clone, which is another user's: git config --global --add safe.directory '${folder.replaceAll("'", "'\\''")}/clone'`,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is not led astray by a git hook's variables", async () => {
    process.env.GIT_INDEX_FILE = "/nowhere/index";
    try {
      assert.equal((await previewRevision(project, "old", "kind")).outputs.text, "old");
    } finally {
      Reflect.deleteProperty(process.env, "GIT_INDEX_FILE");
    }
  });

  it("is given up when the command is interrupted, without a trace", async () => {
    const listeners = process.listenerCount("SIGTERM");
    const interrupting = setInterval(() => {
      if (process.listenerCount("SIGTERM") > listeners) process.emit("SIGTERM");
    }, 5);
    try {
      await assert.rejects(previewRevision(project, "old", "kind"), {
        name: "UserError",
        message: "Interrupted: nothing was compared.",
      });
    } finally {
      clearInterval(interrupting);
    }
    assert.deepEqual(traces(), [1, ""]);
  });
});
