import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSources, requireTools } from "./machine";
import { lastLine, run, runTask } from "./task";

const RPMS = "registry.example/rpms:1";

describe("coreos-prepare", function () {
  this.timeout(180_000);
  let folder: string;
  let sources: string;
  let shared: string;

  before(async function () {
    requireTools(this, "git", "jq", "python3");
    folder = mkdtempSync(join(tmpdir(), "okd-streams-prepare-"));
    sources = `file://${folder}/sources`;
    await makeSources(join(folder, "sources"), "registry.example/busybox:1");
  });
  beforeEach(() => {
    shared = mkdtempSync(join(folder, "shared-"));
  });
  after(() => {
    if (folder) {
      rmSync(folder, { recursive: true });
    }
  });

  const prepare = (params: Record<string, string> = {}, workspaces: Record<string, string> = {}) =>
    runTask("coreos-prepare", {
      params: {
        version: "4.21",
        variant: "c9s",
        "base-repository": `${sources}/rhel-coreos-config.git`,
        "base-branch": "main",
        "node-repository": `${sources}/os.git`,
        "node-branch": "release-4.21",
        ...params,
      },
      workspaces: { shared, ...workspaces },
    });
  const head = async (name: string) =>
    (await run("git", ["-C", join(shared, "sources", name), "rev-parse", "HEAD"], { HOME: folder })).log.trim();

  it("clones both repositories, submodules included, and makes a working directory of the variant", async () => {
    const { code, log, results } = await prepare();
    assert.equal(code, 0, log);
    assert.equal(results["base-commit"], await head("config"));
    assert.equal(results["node-commit"], await head("os"));
    assert.ok(existsSync(join(shared, "sources/config/Containerfile")), "a link into the submodule");
    assert.deepEqual(JSON.parse(readFileSync(join(shared, "coreos/src/config.json"), "utf8")), {
      "coreos-assembler.config-variant": "c9s",
    });
  });

  it("takes the branches' newest commits when it runs again", async () => {
    await prepare();
    const { code, log, results } = await prepare({ "node-branch": "release-4.22", version: "4.22" });
    assert.equal(code, 0, log);
    assert.equal(results["node-commit"], await head("os"));
    assert.match(readFileSync(join(shared, "sources/os/packages-openshift.yaml"), "utf8"), /ocp_version: "4\.22"/);
  });

  it("takes the commits that are named, though their branches have moved on, with the submodules of then", async () => {
    const git = async (name: string, ...args: string[]) => {
      const identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "safe.directory=*"];
      const { code, log } = await run("git", ["-C", join(folder, name), ...identity, ...args], { HOME: folder });
      assert.equal(code, 0, log);
      return log.trim();
    };
    await run("git", ["clone", "--quiet", `${sources}/rhel-coreos-config.git`, join(folder, "moving")], {
      HOME: folder,
    });
    const pinned = await git("moving", "rev-parse", "HEAD");
    await git("moving", "rm", "--quiet", "fedora-coreos-config");
    await git("moving", "commit", "--quiet", "--message=another");
    const params = { "base-repository": `file://${folder}/moving` };
    assert.notEqual((await prepare(params)).results["base-commit"], pinned);
    const { code, log, results } = await prepare({ ...params, "base-commit": pinned });
    assert.equal(code, 0, log);
    assert.deepEqual([results["base-commit"], await head("config")], [pinned, pinned]);
    assert.ok(existsSync(join(shared, "sources/config/Containerfile")), "a link into the submodule");
    const nowhere = await prepare({ "node-commit": "0".repeat(40) });
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.log, /^error: commit 0{40} of \S+\/os\.git cannot be fetched: .+$/m);
  });

  /** A repository of one commit. */
  async function repository(
    name: string,
    files: Record<string, string>,
  ): Promise<(...args: string[]) => Promise<string>> {
    const path = join(folder, name);
    const identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "safe.directory=*"];
    const git = async (...args: string[]) => {
      const { code, log } = await run("git", ["-C", path, ...identity, ...args], { HOME: folder });
      assert.equal(code, 0, log);
      return log.trim();
    };
    mkdirSync(path);
    await git("init", "--quiet", "--initial-branch", "main");
    // Hosts let anybody fetch what they hold: the commits of pull requests, too.
    await git("config", "uploadpack.allowAnySHA1InWant", "true");
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
    await git("add", "--all");
    await git("commit", "--quiet", "--message=x");
    return git;
  }

  const CONFIG = Object.fromEntries(
    ["Containerfile", "build-args-c9s.conf", "manifest-c9s.yaml", "image-c9s.yaml"].map((file) => [file, "x"]),
  );

  it("takes a commit whose branch is gone, as that of a pull request that was merged", async () => {
    const git = await repository("merged", CONFIG);
    await git("checkout", "--quiet", "-b", "fix");
    await git("commit", "--quiet", "--allow-empty", "--message=fix");
    const commit = await git("rev-parse", "HEAD");
    await git("checkout", "--quiet", "main");
    await git("branch", "--quiet", "-D", "fix");
    const { code, log, results } = await prepare({
      "base-repository": `file://${folder}/merged`,
      "base-branch": "fix",
      "base-commit": commit,
    });
    assert.equal(code, 0, log);
    assert.equal(results["base-commit"], commit);
  });

  it("takes the branch where a tag is called the same", async () => {
    const git = await repository("twins", CONFIG);
    await git("tag", "release");
    await git("checkout", "--quiet", "-b", "release");
    await git("commit", "--quiet", "--allow-empty", "--message=later");
    const params = { "base-repository": `file://${folder}/twins`, "base-branch": "release" };
    const { code, log, results } = await prepare(params);
    assert.equal(code, 0, log);
    assert.equal(results["base-commit"], await git("rev-parse", "refs/heads/release"));
  });

  it("refuses sources that are pointers to Git LFS", async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 1\n`;
    await repository("large", { ...CONFIG, "firmware.bin": pointer });
    const { code, log } = await prepare({ "base-repository": `file://${folder}/large` });
    assert.equal(code, 1);
    assert.equal(
      lastLine(log),
      `error: file://${folder}/large keeps files in Git LFS, which are not fetched here: firmware.bin`,
    );
  });

  it("says that the volume is full", async function () {
    const full = join(shared, "full");
    mkdirSync(full);
    const options = ["-t", "tmpfs", "-o", "size=200k", "tmpfs", full];
    // Only root may mount, and not in every container.
    if (spawnSync("mount", options).status !== 0) return this.skip();
    try {
      const { code, log } = await prepare({}, { shared: full });
      assert.equal(code, 1);
      assert.match(lastLine(log), /^error: .*: the volume is full$/);
    } finally {
      spawnSync("umount", [full]);
    }
  });

  it("plans everything where there are RPMs and virtual machines", async () => {
    const { results } = await prepare({ "rpms-from": RPMS, kvm: "emulated", rehearsal: "true" });
    assert.deepEqual([results.node, results["boot-images"]], ["true", "true"]);
    assert.equal(
      results.plan,
      `rehearsal: no operating system was built; base image c9s; node image and extensions with OpenShift RPMs of ${RPMS}; boot images and tests without KVM, slow (COSA_NO_KVM=1)`,
    );
  });

  it("leaves node image and boot images out, and says so, without RPMs and KVM", async () => {
    const { results } = await prepare();
    assert.deepEqual([results.node, results["boot-images"]], ["false", "false"]);
    assert.equal(
      results.plan,
      "base image c9s; left out: node image and extensions (rpms-from names no OpenShift RPMs; build makes them of their public sources); left out: boot images and tests (no KVM)",
    );
  });

  it("plans the node image where a Secret has repository files", async () => {
    const secret = mkdtempSync(join(folder, "secret-"));
    const empty = await prepare({}, { "yum-repositories": secret });
    assert.equal(empty.results.node, "false");
    writeFileSync(join(secret, "openshift.repo"), "[x]\n");
    const { results } = await prepare({ kvm: "device" }, { "yum-repositories": secret });
    assert.equal(
      results.plan,
      "base image c9s; node image and extensions with OpenShift RPMs of the repository Secret; boot images and tests with KVM",
    );
  });

  const refused: [string, Record<string, string>, string][] = [
    [
      "a branch that does not exist",
      { "base-branch": "x" },
      "branch x of @/rhel-coreos-config.git cannot be fetched: fatal: couldn't find remote ref refs/heads/x",
    ],
    ["an unknown variant", { variant: "c8s" }, "the base's repository has no variant c8s; it has: c10s c9s"],
    [
      "a version that its branch is not",
      { version: "4.20" },
      "branch release-4.21 is OKD 4.21, not 4.20 (packages-openshift.yaml)",
    ],
    [
      "a layout that nobody knows",
      { "node-branch": "unknown" },
      "branch unknown is of no known layout: looked for Containerfile with build-node-image.sh, and for manifest.yaml; found blueprint.toml image-builder.yaml",
    ],
    [
      "a variant that the branch has no arguments for",
      { "node-branch": "release-5.0", version: "5.0" },
      "branch release-5.0 has build arguments, but none for OKD 5.0 on c9s: looked for build-args-5.0-c9s.conf and build-args-c9s-5.0.conf; found build-args-5.0-c10s.conf",
    ],
    [
      "a branch for one stage",
      { "node-branch": "release-4.18" },
      "branch release-4.18 has no node image (Containerfile, build-node-image.sh) but manifests: it is built by pipeline okd-coreos-one-stage, as versions up to 4.18 are",
    ],
    ["a kvm that is none", { kvm: "yes" }, 'kvm is "yes": device, emulated or none is allowed'],
  ];
  for (const [what, params, message] of refused) {
    it(`refuses ${what}`, async () => {
      const { code, log } = await prepare(params);
      assert.equal(code, 1);
      assert.equal(lastLine(log), `error: ${message.replace("@", sources)}`);
    });
  }
});
