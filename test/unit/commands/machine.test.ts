import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";

/** Somebody whom no system knows. */
const NOBODY = 65533;

describe("a machine that refuses", () => {
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"))));
  after(() => fs.rmSync(folder, { recursive: true }));

  const isRoot = os.userInfo().uid === 0;
  const main = ["--import", "tsx", path.join("stacks", "commands", "main.ts")];

  /** Runs a command of ours; `mount` makes a folder of its own what a test wants it to be, seen by that command alone. */
  function run(args: string[], { home, mount, user }: { home?: string; mount?: string; user?: number } = {}) {
    const node = [process.execPath, ...main, ...args];
    const command = mount ? ["unshare", "--mount", "sh", "-c", `${mount} && exec "$@"`, "sh", ...node] : node;
    const { status, stderr, stdout } = spawnSync(command[0]!, command.slice(1), {
      cwd: PROJECT_FOLDER,
      env: { PATH: process.env.PATH, ...(home !== undefined && { HOME: home }) },
      encoding: "utf8",
      ...(user !== undefined && { uid: user, gid: user }),
    });
    return { code: status, stderr, stdout };
  }

  /** Whether folders can be mounted for a command alone. */
  const canMount = (): boolean => isRoot && spawnSync("unshare", ["--mount", "true"]).status === 0;

  it("has a full disk: one sentence, and no file that is half written", function () {
    if (!canMount()) return this.skip();
    const home = path.join(folder, "full");
    fs.mkdirSync(home);
    const mount = `mount -t tmpfs -o size=1m tmpfs '${home}' && { head -c 2000000 /dev/zero >'${home}/fill' 2>/dev/null || true; }`;
    const { code, stderr } = run(["env", "kind"], { home, mount });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^No space is left on the disk for \S+: free some and run the same command again\.\n$/);
  });

  it("has a read-only home: one sentence", function () {
    if (!canMount()) return this.skip();
    const home = path.join(folder, "read-only");
    fs.mkdirSync(home);
    const { code, stderr } = run(["env", "kind"], { home, mount: `mount -t tmpfs -o ro tmpfs '${home}'` });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^\S+ cannot be made, as on a read-only disk: set HOME, or .*\n$/);
  });

  it("has a home that is no folder: one sentence, without a trace", () => {
    const { code, stderr } = run(["env", "kind"], { home: "/dev/null" });
    assert.equal(code, 1);
    assert.match(stderr, /^\/dev\/null\/\S+ cannot be used \(ENOTDIR\): set HOME, or .*\n$/);
  });

  it("knows no home of its user: one sentence, and a prerequisite is missing", function () {
    if (!isRoot) return this.skip();
    // The project may lie where nobody else may read.
    const reads = spawnSync(process.execPath, ["-e", `require("fs").readdirSync(${JSON.stringify(PROJECT_FOLDER)})`], {
      uid: NOBODY,
      gid: NOBODY,
    });
    if (reads.status !== 0) return this.skip();
    const { code, stderr } = run(["env", "kind"], { user: NOBODY });
    assert.deepEqual(
      [code, stderr],
      [3, "This user has no home folder: export HOME=, followed by a folder that it may write to.\n"],
    );
  });

  it("lacks something: doctor's exit code says so", () => {
    const { code, stdout, stderr } = run(["doctor", "moc"], { home: folder });
    assert.equal(code, 3);
    assert.match(stdout, /✗ credentials /);
    assert.doesNotMatch(stdout, /container engine|port 5001/);
    assert.match(stderr, /^Stack moc cannot be deployed from here yet: credentials.*\.\n$/);
  });

  it("names nothing that stands in the way of a stack without needs: doctor ends well", () => {
    assert.equal(run(["doctor", "existing"], { home: folder }).code, 0);
  });
});
