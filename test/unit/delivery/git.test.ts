import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readFromGit } from "../../../stacks/commands/delivery/git";

const TASK =
  "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: { name: a, namespace: okd-coreos }\nspec: { steps: [] }\n";

describe("what Git has for Argo CD", () => {
  let repository: string;
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", repository, "-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
      encoding: "utf8",
    }).trim();
  const write = (name: string, text: string) => {
    fs.mkdirSync(dirname(join(repository, name)), { recursive: true });
    fs.writeFileSync(join(repository, name), text);
  };
  const commit = () => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "a test's");
    return git("rev-parse", "HEAD");
  };
  const read = (revision: string, path = "rendered/kind") => readFromGit({ repository, revision, path });
  const names = async (revision: string) => (await read(revision)).objects.map(({ metadata }) => metadata.name);

  beforeEach(() => {
    repository = fs.mkdtempSync(join(tmpdir(), "delivery-git-"));
    git("init", "--quiet", "--initial-branch=rendered");
    git("config", "uploadpack.allowAnySHA1InWant", "true");
    write("rendered/kind/okd-coreos/task-a.yaml", TASK);
    write("rendered/other/okd-coreos/task-c.yaml", TASK.replace("name: a", "name: c"));
    write("rendered/kind/.okd-streams-render", "okd-coreos/task-a.yaml\n");
  });
  afterEach(() => fs.rmSync(repository, { recursive: true }));

  it("is the objects of one folder, at a branch, a tag or a commit", async () => {
    const first = commit();
    git("tag", "--annotate", "--message=first", "first");
    write("rendered/kind/okd-coreos/task-b.yaml", TASK.replace("name: a", "name: b"));
    const second = commit();
    assert.deepEqual(await names("rendered"), ["a", "b"]);
    assert.deepEqual(await names("first"), ["a"]);
    assert.deepEqual(await names(first), ["a"]);
    assert.deepEqual([(await read("rendered")).commit, (await read("first")).commit], [second, first]);
    assert.deepEqual((await read("first")).objects[0]!.spec, { steps: [] });
  });

  it("is refused where there is no such folder, no such revision, no such repository", async () => {
    commit();
    await assert.rejects(read("rendered", "rendered/moc"), {
      name: "UserError",
      message:
        /^Repository \S+ has no folder rendered\/moc at rendered: Have there what `npm run render -- STACK --delivered --out rendered\/moc` writes, then run this again\.$/,
    });
    await assert.rejects(read("nowhere"), {
      message: /^Repository \S+ has nothing to read at nowhere, as git says: .*couldn't find remote ref nowhere\.$/,
    });
    fs.renameSync(join(repository, ".git"), join(repository, "hidden"));
    await assert.rejects(read("rendered"), {
      message: /^Repository \S+ has nothing to read at rendered, as git says: /,
    });
    fs.renameSync(join(repository, "hidden"), join(repository, ".git"));
  });

  it("is refused where a file is no object, and a link does not lead out of it", async () => {
    const secret = join(repository, "..", `secret-${process.pid}.yaml`);
    fs.writeFileSync(secret, TASK);
    fs.symlinkSync(secret, join(repository, "rendered/kind/okd-coreos/task-l.yaml"));
    commit();
    try {
      await assert.rejects(read("rendered"), { name: "UserError", message: /task-l\.yaml/ });
    } finally {
      fs.rmSync(secret);
    }
  });
});
