import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTools } from "./machine";
import { lastLine, run, tasks } from "./task";

const POINTER = "version https://git-lfs.github.com/spec/v1\nsize 1\n";

describe("the sources of a payload's component", function () {
  this.timeout(60_000);
  let folder: string;
  let repository: string;
  before(function () {
    requireTools(this, "git", "jq");
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-source-"));
    repository = join(folder, "repository");
    for (const name of ["repository", "storage", "home", "bin"]) mkdirSync(join(folder, name));
    await git("init", "--quiet");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function git(...args: string[]): Promise<string> {
    const identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
    const { code, log } = await run("git", ["-C", repository, ...identity, ...args], { HOME: folder });
    assert.equal(code, 0, log);
    return log.trim();
  }

  /** What the step says of a commit that has the files. */
  async function said(files: Record<string, string>): Promise<string> {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(repository, file), text);
    await git("add", "--all");
    await git("commit", "--quiet", "--message=x");
    const storage = join(folder, "storage");
    const record = { repository, commit: await git("rev-parse", "HEAD"), arguments: {} };
    writeFileSync(join(storage, "record.json"), JSON.stringify(record));
    writeFileSync(join(storage, "name"), "cli");
    const { spec } = tasks.find(({ metadata }) => metadata.name === "payload-build-component")!;
    const script = join(folder, "script");
    writeFileSync(script, spec.steps.find(({ name }) => name === "source")!.script!, { mode: 0o755 });
    const PATH = `${join(folder, "bin")}:${process.env.PATH}`;
    return lastLine((await run(script, [], { STORAGE: storage, HOME: join(folder, "home"), PATH })).log);
  }

  /** Has git's command say that there is no space, and something else after it. */
  function full(command: string): void {
    const lines = "error: unable to write file x: No space left on device\\nfatal: it is over\\n";
    const script = `#!/bin/sh\nfor word; do [ "$word" != ${command} ] || { printf '${lines}' >&2; exit 128; }; done\nPATH=\${PATH#*:} exec git "$@"\n`;
    writeFileSync(join(folder, "bin/git"), script, { mode: 0o755 });
  }

  it("are refused where files of theirs are in Git LFS, but not where they speak of it", async () => {
    const quoting = { "lfs.go": `// begins so:\n${POINTER}` };
    assert.match(await said(quoting), /^cli is built from commit /);
    rmSync(join(folder, "storage/source"), { recursive: true });
    assert.equal(
      await said({ ...quoting, "firmware.bin": POINTER }),
      `error: cli: ${repository} keeps files in Git LFS, which are not fetched here: firmware.bin`,
    );
  });

  for (const [command, what] of [
    ["clone", "cannot be cloned"],
    ["checkout", "cannot be checked out"],
  ] as const) {
    it(`say that the volume is full when they ${what}`, async () => {
      await said({ x: "" });
      rmSync(join(folder, "storage/source"), { recursive: true });
      full(command);
      assert.equal(await said({ x: "1" }), `error: cli: ${repository} ${what}: the volume is full`);
    });
  }
});
