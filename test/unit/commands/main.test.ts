import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";

describe("the commands", () => {
  let home: string;
  before(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"))));
  after(() => fs.rmSync(home, { recursive: true }));

  function run(...args: string[]): { code: number | null; stderr: string; stdout: string } {
    const env: NodeJS.ProcessEnv = { HOME: home, PATH: home };
    const main = path.join("stacks", "commands", "main.ts");
    const { status, stderr, stdout } = spawnSync(process.execPath, ["--import", "tsx", main, ...args], {
      cwd: PROJECT_FOLDER,
      env,
      encoding: "utf8",
    });
    return { code: status, stderr, stdout };
  }

  it("refuse an unknown stack in one sentence", () => {
    const { code, stderr, stdout } = run("up", "kinder");
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^No stack is called "kinder", there are .*\bkind\b.*\n$/);
  });

  it("refuse wrong usage", () => {
    assert.equal(run("up", "kind", "--parallel", "many").code, 2);
    assert.equal(run("frobnicate").code, 2);
  });

  it("go on where nobody reads any more, and fall silent", async () => {
    const twice = (stream: string) =>
      `require("./stacks/commands/unread"); const say = (then) => process.${stream}.write("x", () => setImmediate(then)); say(() => say(() => process.exit(7)))`;
    for (const stream of ["stdout", "stderr"] as const) {
      const child = spawn(process.execPath, ["--import", "tsx", "-e", twice(stream)], { cwd: PROJECT_FOLDER });
      child[stream].destroy();
      assert.deepEqual(await once(child, "exit"), [7, null]);
    }
  });

  it("say what is missing before they touch anything", () => {
    const { code, stderr } = run("up", "kind");
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^Stack kind cannot be deployed from this machine: container engine: no Docker and no Podman .*there is no Pulumi/,
    );
    assert.deepEqual(fs.readdirSync(home), []);
  });
});
