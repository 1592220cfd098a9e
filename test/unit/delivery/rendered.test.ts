import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SCRIPT = resolve(".ci/rendered");

/** Renders one file a stack; the stack that is named in the file `fails` it renders half. */
const NPM = `#!/bin/bash
stack=$5 out=$8
mkdir -p "$out/okd-coreos"
cp "stacks/Pulumi.$stack.yaml" "$out/okd-coreos/task-a.yaml"
[ "$(cat fails 2>/dev/null)" != "$stack" ] || exit 1
`;

describe("the branch that Argo CD reads", () => {
  let folder: string, project: string;
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", project, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  const stack = (name: string, by: string, word: string) =>
    fs.writeFileSync(join(project, `stacks/Pulumi.${name}.yaml`), `config:\n  delivery:\n    by: ${by}\n# ${word}\n`);
  const write = () => {
    const env = {
      ...process.env,
      PATH: `${join(folder, "bin")}:${process.env.PATH!}`,
      GIT_CONFIG_GLOBAL: join(folder, "gitconfig"),
    };
    return spawnSync("bash", [SCRIPT], { cwd: project, env, encoding: "utf8" });
  };
  const branch = () => git("ls-remote", "origin", "refs/heads/rendered").split("\t")[0];
  const files = () => git("ls-tree", "-r", "--name-only", branch()!).split("\n");

  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), "rendered-"));
    project = join(folder, "project");
    fs.mkdirSync(join(folder, "bin"));
    fs.writeFileSync(join(folder, "bin/npm"), NPM, { mode: 0o755 });
    fs.writeFileSync(join(folder, "gitconfig"), "[user]\n\tname = a\n\temail = a@example.org\n");
    execFileSync("git", ["init", "--quiet", "--bare", join(folder, "origin")]);
    execFileSync("git", ["init", "--quiet", project]);
    git("remote", "add", "origin", join(folder, "origin"));
    fs.mkdirSync(join(project, "stacks"));
    stack("one", "argocd", "first");
    stack("three", "argocd", "first");
    stack("two", "pulumi", "first");
    git("add", ".");
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "first");
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("has what each stack renders that Argo CD delivers, and nothing else; again, it stays", () => {
    const { status, stderr } = write();
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      files(),
      ["one", "three"].map((it) => `rendered/${it}/okd-coreos/task-a.yaml`),
    );
    const before = branch();
    assert.match(write().stdout, /is as it should be/);
    assert.equal(branch(), before);
    stack("one", "argocd", "second");
    assert.equal(write().status, 0);
    assert.match(git("show", `${branch()!}:rendered/one/okd-coreos/task-a.yaml`), /second/);
    assert.equal(git("rev-parse", `${branch()!}^`), before);
  });

  it("stays as it is where a render fails, though others have changed: a part never reaches it", () => {
    write();
    const before = branch();
    stack("one", "argocd", "second");
    stack("three", "argocd", "second");
    fs.writeFileSync(join(project, "fails"), "three");
    assert.notEqual(write().status, 0);
    assert.equal(branch(), before);
    assert.deepEqual(git("worktree", "list").split("\n").length, 1);
  });
});
