import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTools } from "./machine";
import { lastLine, run, runTask } from "./task";

const POINTER = "version https://git-lfs.github.com/spec/v1\nsize 1\n";

describe("the sources of an RPM", function () {
  this.timeout(60_000);
  let folder: string;
  let repository: string;
  before(async function () {
    requireTools(this, "git", "jq");
    folder = mkdtempSync(join(tmpdir(), "okd-streams-source-"));
    repository = join(folder, "repository");
    for (const name of ["repository", "bin"]) mkdirSync(join(folder, name));
    await git("init", "--quiet", "--initial-branch=main");
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  async function git(...args: string[]): Promise<string> {
    const identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
    const { code, log } = await run("git", ["-C", repository, ...identity, ...args], { HOME: folder });
    assert.equal(code, 0, log);
    return log.trim();
  }

  /** What the Task says last of a commit that has the files and none of those before, and the commit. */
  async function said(files: Record<string, string>, env: Record<string, string> = {}): Promise<[string, string]> {
    await git("rm", "-r", "--quiet", "--ignore-unmatch", ".");
    for (const [file, text] of Object.entries(files)) writeFileSync(join(repository, file), text);
    await git("add", "--all");
    await git("commit", "--quiet", "--message=x");
    const row = { name: "it", repository: `file://${repository}`, branch: "main", spec: "it.spec" };
    // No registry is asked for an image of the same key.
    const params = { row: JSON.stringify(row), version: "5.0", repository: "registry.invalid/rpms", force: "true" };
    const { log } = await runTask("rpm-build", { params, env });
    return [lastLine(log), await git("rev-parse", "HEAD")];
  }

  it("are refused where files of theirs are in Git LFS, but not where they speak of it", async () => {
    const quoting = { "lfs.go": `// begins so:\n${POINTER}` };
    const [spoken, commit] = await said(quoting);
    assert.equal(spoken, `error: it: file://${repository} has no it.spec at ${commit}; it has: *.spec`);
    const [kept] = await said({ ...quoting, "firmware.bin": POINTER });
    assert.equal(
      kept,
      `error: it: file://${repository} keeps files in Git LFS, which are not fetched here: firmware.bin`,
    );
  });

  it("are refused where they have submodules, which would be missing", async () => {
    const [last, commit] = await said({ ".gitmodules": "" });
    assert.equal(
      last,
      `error: it: file://${repository} has submodules at ${commit}, which are not a part of its RPMs here`,
    );
  });

  for (const [command, what] of [
    ["fetch", "cannot be fetched"],
    ["checkout", "cannot be checked out"],
  ] as const) {
    it(`say that the volume is full when they ${what}`, async () => {
      const lines = "error: unable to write file x: No space left on device\\nfatal: it is over\\n";
      const script = `#!/bin/sh\nfor word; do [ "$word" != ${command} ] || { printf '${lines}' >&2; exit 128; }; done\nPATH=\${PATH#*:} exec git "$@"\n`;
      writeFileSync(join(folder, "bin/git"), script, { mode: 0o755 });
      const [last, commit] = await said({ x: command }, { PATH: `${join(folder, "bin")}:${process.env.PATH}` });
      assert.equal(last, `error: it: commit ${commit} of file://${repository} ${what}: the volume is full`);
    });
  }
});
