import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TEST = join(__dirname, "..");
const MOCHA = require.resolve("mocha/bin/mocha.js");

describe("a run of tests", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-run-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  /** Runs tests that may say `inSequence`. @returns its lines without blanks around them */
  const run = (tests: string, ...options: string[]) => {
    const file = join(folder, "given.test.ts");
    writeFileSync(file, `import { inSequence } from ${JSON.stringify(join(TEST, "sequence"))};\n${tests}`);
    const reporter = ["--reporter", join(TEST, "reporter.cjs"), "--require", "tsx/cjs"];
    const { stdout, stderr } = spawnSync(process.execPath, [MOCHA, "--no-config", ...reporter, ...options, file], {
      encoding: "utf8",
      cwd: join(TEST, ".."),
    });
    assert.equal(stderr, "");
    return stdout.split("\n").map((line) => line.trim());
  };
  const named = (lines: string[], word: string) =>
    lines.filter((line) => line.startsWith(`${word}: `)).map((line) => line.slice(word.length + 2));
  const fails = '() => { throw new Error("broken"); }';

  it("names what a failure left out, counts it as skipped, and runs what follows", () => {
    const lines = run(`
      describe("one", function () {
        inSequence(this);
        it("works", () => undefined);
        it("fails", ${fails});
        it("comes later", () => undefined);
        it.skip("is skipped", () => undefined);
        describe("within", () => {
          before(() => console.log("hook of what is left out"));
          after(() => console.log("hook of what is left out"));
          it("comes last", () => undefined);
        });
        after(() => console.log("cleared up"));
      });
      describe("two", function () {
        inSequence(this);
        it("works", () => undefined);
      });`);
    assert.deepEqual(named(lines, "not run"), ["one comes later", "one within comes last"]);
    assert.deepEqual(named(lines, "skipped"), ["one is skipped"]);
    assert.ok(lines.includes("2 passed, 1 failed, 3 skipped"), lines.join("\n"));
    assert.ok(lines.includes("cleared up"));
    assert.ok(!lines.includes("hook of what is left out"));
  });

  it("clears up where a test within failed, and leaves out what follows it in the sequence", () => {
    const lines = run(`
      describe("one", function () {
        inSequence(this);
        describe("first", () => {
          it("fails", ${fails});
          it("is its neighbour", () => undefined);
          after(() => console.log("cleared up"));
        });
        describe("second", () => { it("comes later", () => undefined); });
      });`);
    assert.deepEqual(named(lines, "not run"), ["one first is its neighbour", "one second comes later"]);
    assert.ok(lines.includes("cleared up"));
  });

  it("names the tests of a suite that could not be prepared, and leaves out what builds on it", () => {
    const lines = run(`
      describe("one", function () {
        inSequence(this);
        it("works", () => undefined);
        describe("first", () => {
          before(${fails});
          it("is not begun", () => undefined);
        });
        describe("second", () => { it("comes later", () => undefined); });
      });
      it("stands alone", () => undefined);`);
    assert.deepEqual(named(lines, "not run").sort(), ["one first is not begun", "one second comes later"]);
    assert.ok(lines.includes("2 passed, 1 failed, 2 skipped"), lines.join("\n"));
  });

  it("does not count tests that nobody asked for", () => {
    const lines = run(`it("asked for", () => undefined); it("another", () => undefined);`, "--grep", "asked");
    assert.ok(lines.includes("1 passed, 0 failed, 0 skipped"), lines.join("\n"));
  });
});
