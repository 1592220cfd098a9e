import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderCompletion } from "../../../stacks/commands/completion-text";
import { verbs } from "../../../stacks/commands/verbs";

const PROJECT = join(__dirname, "../../..");

const WORDS = [
  { verb: "preview", options: ["--all", "--against"], argument: "stack" as const },
  { verb: "images:lock", options: ["--help"], argument: [] },
  { verb: "completion", options: ["--help"], argument: ["bash", "other"] },
];

describe("completion of commands", () => {
  let elsewhere: string;
  before(() => {
    elsewhere = mkdtempSync(join(tmpdir(), "okd-streams-completion-"));
  });
  after(() => {
    rmSync(elsewhere, { recursive: true });
  });

  /** What the shell offers for a line of which the cursor is at the end. */
  function offered(line: string, { folder = PROJECT, before = "" } = {}): string[] {
    const script = join(elsewhere, "script");
    // The shell's own part comes from an interactive one: here are its functions alone.
    const text = renderCompletion(WORDS).replace(/^complete .*\n/m, "");
    const ask =
      'COMP_LINE=$1 COMP_POINT=${#1}; COMPREPLY=(); _okd_streams npm; for it in "${COMPREPLY[@]}"; do echo "$it"; done';
    writeFileSync(script, `${before}\n${text}\n${ask}\n`);
    const { stdout, stderr, status } = spawnSync("bash", [script, line], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout.split("\n").filter(Boolean);
  }
  const stacks = readdirSync(join(PROJECT, "stacks")).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

  const cases: [line: string, offered: string[]][] = [
    ["npm ", ["run"]],
    ["npm run pre", ["preview"]],
    ["npm run ", ["completion", "images:lock", "preview"]],
    ["npm run preview ", ["--"]],
    ["npm run preview -- ki", stacks.filter((stack) => stack.startsWith("ki"))],
    ["npm run preview -- kind --a", ["--against", "--all"]],
    ["npm run completion -- o", ["other"]],
    ["npm run other -- ", []],
  ];
  for (const [line, wanted] of cases) {
    it(`goes on after "${line}"`, () => {
      assert.deepEqual(offered(line).sort(), [...wanted].sort());
    });
  }

  it("ends a verb with a colon, which Bash takes for a word's end", () => {
    assert.deepEqual(offered("npm run images:l"), ["lock"]);
  });

  it("leaves other folders to npm's own", () => {
    assert.deepEqual(offered("npm run pre", { folder: elsewhere }), []);
    const before = "_npm_completion() { COMPREPLY=(npm-itself); }";
    assert.deepEqual(offered("npm run pre", { folder: elsewhere, before }), ["npm-itself"]);
  });

  it("knows every verb, its options and what it takes", () => {
    const args = ["--import", "tsx", "stacks/commands/main.ts", "completion", "bash"];
    const { status, stdout: text, stderr } = spawnSync(process.execPath, args, { cwd: PROJECT, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    for (const verb of Object.keys(verbs)) assert.match(text, new RegExp(`^ {4}${verb}\\) options=`, "m"));
    assert.match(
      text,
      /^ {4}preview\) options='--against --all --help --json --markdown' words="\$\(_okd_streams_stacks\)"/m,
    );
    assert.equal(spawnSync("bash", ["-n"], { input: text }).status, 0);
  });
});
