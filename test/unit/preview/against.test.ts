import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { previewRevision, previewRevisionStacks } from "../../../stacks/preview/against";

/** A preview command that prints what its revision's file says, and with which packages and settings it runs. */
const COMMAND = `
const fs = require("node:fs");
const text = fs.readFileSync("says.txt", "utf8");
if (text === "fail") { console.error("first line"); console.error("No stack is called that."); process.exit(1); }
const packages = fs.readFileSync("node_modules/installed.txt", "utf8");
const of = (stack) => ({ stack, resources: [], outputs: { text, packages, arguments: process.argv.slice(2) } });
if (process.argv[2] !== "--all") console.log(JSON.stringify(of(process.argv[2])));
else if (text === "before --all") process.exit(2);
else console.log(JSON.stringify(["kind", "moc"].map((stack) => ({ ...of(stack), warnings: [] }))));
`;

/** Packages that npm finds in the repository. */
const OWN_PACKAGES = {
  "package.json": JSON.stringify({
    scripts: { preview: "node preview.js", prepare: "exit 1" },
    dependencies: { own: "file:own" },
  }),
  "package-lock.json": JSON.stringify({
    name: "it",
    lockfileVersion: 3,
    packages: {
      "": { dependencies: { own: "file:own" } },
      own: { version: "1.0.0" },
      "node_modules/own": { resolved: "own", link: true },
    },
  }),
  "preview.js": COMMAND.replace("node_modules/installed.txt", "node_modules/own/installed.txt"),
};

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
    commit({ "says.txt": "new", "package-lock.json": "{" });
    git("tag", "other-packages");
    mkdirSync(join(project, "stacks"));
    for (const stack of ["kind", "moc"]) writeFileSync(join(project, `stacks/Pulumi.${stack}.yaml`), "config: {}\n");
    commit({ "package-lock.json": "{}", "says.txt": "before --all" });
    git("tag", "before-all");
    mkdirSync(join(project, "own"));
    commit({ ...OWN_PACKAGES, "own/package.json": '{"version":"1.0.0"}', "own/installed.txt": "its own" });
    git("tag", "own-packages");
    rmSync(join(project, "own"), { recursive: true });
    commit({ "package.json": packageFile, "package-lock.json": "{}", "preview.js": COMMAND, "says.txt": "new" });
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
    assert.equal((await previewRevision(project, "old~0", "kind")).outputs.text, "old");
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

  it("gets the packages that it needs, without running anything of theirs", async () => {
    const { outputs } = await previewRevision(project, "own-packages", "kind");
    assert.equal(outputs.packages, "its own");
    assert.deepEqual(traces(), [1, ""]);
  });

  it("says why its packages cannot be had", async () => {
    await assert.rejects(previewRevision(project, "other-packages", "kind"), {
      name: "UserError",
      message:
        /^Revision other-packages needs other packages than are installed here .*, and npm ci does not get them: npm error /,
    });
    assert.deepEqual(traces(), [1, ""]);
  });

  it("is of all its stacks by one process, or by one each where it knows no better", async () => {
    const texts = async (revision: string) => {
      const { commit, stacks } = await previewRevisionStacks(project, revision);
      assert.equal(commit, git("rev-parse", `tags/${revision}`).trim());
      return stacks.map(({ stack, failure, ...it }) => [stack, failure ?? (it as { outputs: object }).outputs]);
    };
    const outputs = (text: string, packages: string, ...args: string[]) => ({ text, packages, arguments: args });
    const all = outputs("before --all", "the same", "--all", "--json");
    assert.deepEqual(await texts("before-all"), [
      ["kind", { ...all, arguments: ["kind", "--json"] }],
      ["moc", { ...all, arguments: ["moc", "--json"] }],
    ]);
    git("tag", "with-all", "main");
    assert.deepEqual(await texts("with-all"), [
      ["kind", { ...all, text: "new" }],
      ["moc", { ...all, text: "new" }],
    ]);
  });

  it("is of the one that is asked for, if it is there", async () => {
    const of = async (stack: string) => (await previewRevisionStacks(project, "before-all", stack)).stacks;
    assert.deepEqual(
      (await of("moc")).map(({ stack }) => stack),
      ["moc"],
    );
    assert.deepEqual(await of("new"), []);
  });

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

  it("says that the disk is full, in whatever order git says it", async () => {
    const bin = mkdtempSync(join(tmpdir(), "bin-"));
    const { PATH: before } = process.env;
    const said = "error: unable to write file a: No space left on device\\nfatal: Could not reset index file";
    const script = `#!/bin/sh\ncase "$*" in *" worktree add "*) printf '${said}\\n' >&2; exit 128 ;; esac\nPATH=\${PATH#*:} exec git "$@"\n`;
    writeFileSync(join(bin, "git"), script, { mode: 0o755 });
    process.env.PATH = `${bin}:${before}`;
    try {
      await assert.rejects(previewRevision(project, "old", "kind"), {
        name: "UserError",
        message: /^Revision [0-9a-f]{12} cannot be checked out below \S+: its disk is full\.$/,
      });
    } finally {
      process.env.PATH = before;
      rmSync(bin, { recursive: true });
    }
    assert.deepEqual(traces(), [1, ""]);
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
