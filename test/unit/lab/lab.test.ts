import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { overlay } from "../../../stacks/configuration/overlay";
import { configurationSchema } from "../../../stacks/configuration/schema";

const PROJECT = join(__dirname, "../../..");
const LAB = join(PROJECT, "test/lab");

describe("lab", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-lab-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const run = (command: string, args: string[], cwd = PROJECT, path = process.env.PATH) =>
    spawnSync(command, args, {
      cwd,
      encoding: "utf8",
      env: { HOME: folder, PATH: path, OKD_STREAMS_OFFLINE: folder },
    });
  const lab = (...args: string[]) => run(join(LAB, "lab"), args);

  it("lists its verbs, and refuses others and unknown parts with exit code 2", () => {
    assert.match(lab().stdout, /^usage: npm run lab -- VERB/);
    assert.equal(lab("bild").status, 2);
    const { status, stderr } = lab("build", "nodes");
    assert.equal(status, 2);
    assert.equal(
      stderr,
      "lab: no part is named nodes; there are: node programs registry tools pulumi tekton argo-cd s3 storage openshift \n",
    );
  });

  it("refuses a profile of OpenStack's that there is none of, with nothing touched", () => {
    const { status, stderr } = spawnSync(join(LAB, "lab"), ["openstack", "up"], {
      encoding: "utf8",
      env: { HOME: folder, PATH: process.env.PATH, OKD_STREAMS_OFFLINE: folder, OPENSTACK_PROFILE: "old" },
    });
    assert.equal(stderr, "lab: OPENSTACK_PROFILE is old: newest or site\n");
    assert.equal(status, 2);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("says what is built", () => {
    assert.match(lab("status").stdout, /^ {2}node +not built$/m);
  });

  it("names the Debian packages that a machine lacks, and adds none", () => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const tool of [
      "bash",
      "env",
      "readlink",
      "dirname",
      "find",
      "sort",
      "xargs",
      "sha256sum",
      "cut",
      "tr",
      "node",
      "curl",
    ]) {
      symlinkSync(run("which", [tool]).stdout.trim(), join(bin, tool));
    }
    const { status, stdout } = run(join(LAB, "lab"), ["deps", "--list"], PROJECT, bin);
    assert.equal(status, 0);
    const missing = stdout.trim().split("\n");
    assert.ok(missing.includes("jq") && missing.includes("skopeo"), stdout);
    assert.ok(!missing.includes("curl"), stdout);
  });

  it("writes settings that a stack with a KinD cluster takes", () => {
    const script = `set -euo pipefail; HERE=${LAB}; part() { :; }; . "$HERE/pins.sh"; . "$HERE/parts/index.sh"; write_settings`;
    const { stdout, stderr } = run("bash", ["-c", script]);
    assert.equal(stderr, "");
    const settings = parse(stdout) as Record<string, unknown>;
    const configuration = configurationSchema.parse(overlay({ cluster: { type: "kind" } }, settings));
    assert.equal(configuration.rehearsal, true);
    assert.doesNotMatch(JSON.stringify(configuration), /@[A-Z_]+@/);
  });

  it("has scripts that shellcheck finds nothing in", function () {
    if (run("shellcheck", ["--version"]).error) this.skip();
    const scripts = ["", "openstack", "parts", "src", "plugins"].flatMap((it) =>
      readdirSync(join(LAB, it), { withFileTypes: true })
        .filter((file) => file.isFile() && (/\.sh$/.test(file.name) || !file.name.includes(".")))
        .map((file) => join(LAB, it, file.name)),
    );
    scripts.push(join(PROJECT, ".ci/run"));
    assert.ok(scripts.length > 15);
    assert.equal(run("shellcheck", scripts, LAB).stdout, "");
  });

  for (const plugin of ["pulumi-resource-kubernetes", "pulumi-resource-pulumi-nodejs"]) {
    it(`${plugin} says where it looked for the project`, () => {
      const { status, stderr, stdout } = run(join(LAB, "plugins", plugin), [], folder);
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, /OKD_STREAMS_PROJECT/);
      assert.ok(stderr.includes(folder));
    });
  }
});
