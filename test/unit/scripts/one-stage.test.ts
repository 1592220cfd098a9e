import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ARCHITECTURE, makeSources, requireTools } from "./machine";
import { lastLine, run, runTask } from "./task";

// The order is that of a run: each test goes on with the workspace of the one before.
describe("okd-coreos-one-stage", function () {
  this.timeout(180_000);
  let folder: string;
  let ws: string;

  before(async function () {
    requireTools(this, "git", "jq", "python3", "skopeo");
    folder = mkdtempSync(join(tmpdir(), "okd-streams-one-stage-"));
    ws = join(folder, "ws");
    mkdirSync(ws);
    await makeSources(join(folder, "sources"), "registry.example/busybox:1");
  });
  after(() => {
    if (folder) {
      rmSync(folder, { recursive: true });
    }
  });

  const init = (params: Record<string, string> = {}, env: Record<string, string> = {}) =>
    runTask("cosa-init", {
      params: {
        repo: `file://${folder}/sources/os.git`,
        branch: "release-4.18",
        variant: "okd-c9s",
        version: "4.18",
        kvm: "emulated",
        ...params,
      },
      workspaces: { ws },
      env: { MIRROR: join(folder, "no-secret"), ...env },
    });
  const task = (name: string, params: Record<string, string> = {}, env: Record<string, string> = {}) =>
    runTask(name, {
      params: { kvm: "emulated", ...params },
      workspaces: { ws },
      env: { MIRROR: join(folder, "no-secret"), ...env },
    });
  const text = (path: string) => readFileSync(join(ws, "coreos", path), "utf8");
  const meta = () =>
    JSON.parse(text(`builds/latest/${ARCHITECTURE}/meta.json`)) as { buildid: string; images: Record<string, object> };

  it("refuses what cannot work, before anything is cloned", async () => {
    const refused: [Record<string, string>, string][] = [
      [
        { kvm: "none" },
        "a one-stage build runs in a virtual machine: set kvm to device, or to emulated where there is no KVM",
      ],
      [{ kvm: "yes" }, 'kvm is "yes": device or emulated is allowed'],
    ];
    for (const [params, message] of refused) {
      const { code, log } = await init(params);
      assert.deepEqual([code, log], [1, `error: ${message}\n`]);
    }
    assert.ok(!existsSync(join(ws, "coreos")));
  });

  it("refuses a branch without manifests, as coreos-assembler does", async () => {
    const { code, log } = await init({ branch: "release-4.21" });
    assert.equal(code, 1);
    assert.match(log, /Could not find the manifests \(manifest-okd-c9s\.yaml & image-okd-c9s\.yaml\)/);
  });

  it("refuses a variant with OpenShift packages where no RPMs are named", async () => {
    const { code, log } = await init();
    assert.equal(code, 1);
    assert.match(
      lastLine(log),
      /^error: variant okd-c9s needs OpenShift RPMs, which are public nowhere: name rpms-from, or/,
    );
  });

  it("takes RPMs of an image, by one repository of its own", async () => {
    cpSync(join(folder, "sources/repo"), join(ws, "rpms"), { recursive: true });
    const { code, log, results } = await init({ "rpms-from": "registry.example/rpms:1" });
    assert.equal(code, 0, log);
    assert.match(log, /the working directory of an earlier run is kept/);
    assert.match(results.commit!, /^[0-9a-f]{40}$/);
    assert.match(text("src/config/manifest-okd-c9s.yaml"), /^ {2}- rhel-9-server-ose-rpms$/m);
    assert.equal(
      text("src/config/openshift-rpms.repo"),
      [
        "[rhel-9-server-ose-rpms]",
        "name=OpenShift RPMs",
        `baseurl=file://${ws}/coreos/rpms`,
        "includepkgs=openshift-* ose-aws-ecr-* ose-azure-acr-* ose-gcp-gcr-*",
        "enabled=1",
        "gpgcheck=0",
        "repo_gpgcheck=0",
        "",
      ].join("\n"),
    );
  });

  it("takes the commit that is named, with and without the directory of an earlier run, and no tag for its branch", async () => {
    const repo = join(folder, "moving");
    const git = async (...args: string[]) => {
      const identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
      return (await run("git", ["-C", repo, ...identity, ...args], { HOME: folder })).log.trim();
    };
    await run("git", ["clone", "--quiet", "--branch=release-4.18", `${folder}/sources/os.git`, repo], { HOME: folder });
    const pinned = await git("rev-parse", "HEAD");
    await git("commit", "--quiet", "--allow-empty", "--message=another");
    const own = join(folder, "moving-ws");
    mkdirSync(own);
    cpSync(join(folder, "sources/repo"), join(own, "rpms"), { recursive: true });
    const at = async (commit: string, branch = "release-4.18") => {
      const params = { repo: `file://${repo}`, branch, variant: "okd-c9s", version: "4.18", commit };
      const given = { ...params, kvm: "emulated", "rpms-from": "registry.example/rpms:1" };
      const { code, log, results } = await runTask("cosa-init", { params: given, workspaces: { ws: own } });
      assert.equal(code, 0, log);
      return results.commit;
    };
    assert.equal(await at(pinned), pinned);
    await git("tag", "release-4.18", pinned);
    assert.equal(await at(""), await git("rev-parse", "HEAD"));
    assert.equal(await at(pinned), pinned);
    // A branch that is gone, and no earlier run's directory.
    rmSync(join(own, "coreos"), { recursive: true });
    assert.equal(await at(pinned, "merged"), pinned);
  });

  it("says what git says of a commit that is not there, of files in Git LFS, and of a full volume", async () => {
    const repo = join(folder, "unfit");
    await run("git", ["clone", "--quiet", "--branch=release-4.18", `${folder}/sources/os.git`, repo], { HOME: folder });
    const own = join(folder, "unfit-ws");
    mkdirSync(own);
    const at = (commit: string, env: Record<string, string> = {}) => {
      const params = { repo: `file://${repo}`, branch: "release-4.18", variant: "okd-c9s", version: "4.18", commit };
      return runTask("cosa-init", { params: { ...params, kvm: "emulated" }, workspaces: { ws: own }, env });
    };
    const missing = "0".repeat(40);
    const gone = await at(missing);
    assert.equal(gone.code, 1);
    assert.match(lastLine(gone.log), new RegExp(`^error: ${missing} of file://${repo} cannot be fetched: .+`));

    const bin = mkdtempSync(join(folder, "bin-"));
    writeFileSync(
      join(bin, "git"),
      '#!/bin/sh\ncase "$*" in *" fetch "*) echo "fatal: write error: No space left on device" >&2; exit 128 ;; esac\nPATH=${PATH#*:} exec git "$@"\n',
      { mode: 0o755 },
    );
    const full = await at(missing, { PATH: `${bin}:${process.env.PATH!}` });
    assert.equal(lastLine(full.log), `error: ${missing} of file://${repo} cannot be fetched: the volume is full`);

    writeFileSync(join(repo, "firmware.bin"), "version https://git-lfs.github.com/spec/v1\nsize 1\n");
    const identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
    for (const args of [
      ["add", "--all"],
      ["commit", "--quiet", "--message=large"],
    ]) {
      await run("git", ["-C", repo, ...identity, ...args], { HOME: folder });
    }
    assert.equal(
      lastLine((await at("")).log),
      `error: file://${repo} keeps files in Git LFS, which are not fetched here: firmware.bin`,
    );
  });

  it("builds, and does not build again without changes unless told to", async () => {
    const { code, log, results } = await task("cosa-build-baseos");
    assert.equal(code, 0, log);
    assert.match(results.build!, /^418\.9\.\d{12}-0$/);
    assert.match(
      (await runTask("cosa-fetch-build", { params: {}, workspaces: { ws } })).log,
      /no earlier build is fetched: stream, bucket, endpoint and S3 Secret are not all named/,
    );
    assert.deepEqual((await task("cosa-build-baseos")).results, results);
    await init({ "rpms-from": "registry.example/rpms:1" });
    assert.deepEqual((await task("cosa-build-baseos")).results, results, "after a resumed cosa-init, too");
    assert.notEqual((await task("cosa-build-baseos", { force: "true" })).results.build, results.build);
  });

  it("fetches the earlier build from where uploads go", async () => {
    const s3creds = mkdtempSync(join(folder, "s3-"));
    writeFileSync(join(s3creds, "credentials"), "[default]\n");
    const params = { "release-stream": "next", "bucket-name": "okd-scos", "endpoint-url": "https://s3.example/" };
    const { code, log } = await runTask("cosa-fetch-build", { params, workspaces: { ws, s3creds } });
    assert.equal(code, 0, log);
    assert.match(log, /at s3:\/\/okd-scos\/next\/builds /);
  });

  it("makes the image for virtual machines, and tests it where tests are named", async () => {
    const without = await task("cosa-test");
    assert.equal(lastLine(without.log), "no kola test is named: the image was made, not tested");
    const { code, log } = await task("cosa-test", { "kola-tests": "basic* ext.*" });
    assert.equal(code, 0, log);
    assert.match(log, /=== RUN basic\* ext\.\*/);
  });

  it("builds extensions on CentOS Stream, without the repository that is not there", async () => {
    const { code, log, results } = await task("cosa-build-extensions", { variant: "okd-c9s" });
    assert.equal(code, 0, log);
    assert.deepEqual(results, { output: "OK" });
    assert.match(text("src/config/extensions/Dockerfile"), /^FROM quay\.io\/centos\/centos:stream9$/m);
    assert.doesNotMatch(text("src/config/manifest-okd-c9s.yaml"), /server-ose/);
  });

  it("makes boot images in the order that they need", async () => {
    const { code, log, results } = await task("cosa-buildextend");
    assert.equal(code, 0, log);
    assert.deepEqual(results, { output: "OK" });
    assert.ok("live-iso" in meta().images && "openstack" in meta().images);
    assert.deepEqual((await task("cosa-buildextend", { platforms: "" })).results, { output: "OK" });
  });

  it("has archives that skopeo reads", async () => {
    for (const image of ["ostree", "extensions-container"]) {
      const { path } = meta().images[image] as { path: string };
      const archive = join(ws, `coreos/builds/latest/${ARCHITECTURE}`, path);
      const { code, log } = await run("skopeo", ["inspect", `oci-archive:${archive}`]);
      assert.equal(code, 0, log);
      assert.match(log, /rehearsal: no operating system was built/);
    }
  });

  it("keeps the mirror's password only for as long as it builds", async () => {
    const secret = mkdtempSync(join(folder, "mirror-"));
    writeFileSync(join(secret, "mirror-user"), "somebody");
    writeFileSync(join(secret, "mirror-pass"), "hunter2");
    const given = { MIRROR: secret };
    assert.equal((await init({}, given)).code, 0);
    const repository = text("src/config/openshift-rpms.repo");
    assert.match(
      repository,
      /^baseurl=https:\/\/mirror\.openshift\.com\/enterprise\/reposync\/4\.18\/rhel-9-server-ose-rpms$/m,
    );

    const seen = join(folder, "seen");
    const spy = mkdtempSync(join(folder, "bin-"));
    writeFileSync(join(spy, "cosa"), `#!/bin/sh\ncp src/config/openshift-rpms.repo ${seen}\nexit 3\n`, { mode: 0o755 });
    const { code, log } = await task("cosa-build-baseos", {}, { ...given, PATH: `${spy}:${process.env.PATH}` });
    assert.equal(code, 3);
    assert.match(readFileSync(seen, "utf8"), /\nusername=somebody\npassword=hunter2\n$/);
    assert.equal(text("src/config/openshift-rpms.repo"), repository);
    assert.doesNotMatch(log, /hunter2/);
  });

  it("refuses an upload that names no Secret, or a server that names the bucket", async () => {
    const bucket = { "release-stream": "next", "bucket-name": "okd", "endpoint-url": "https://okd.s3.example" };
    const params = { run: "run-1", ...bucket };
    const without = await runTask("cosa-upload-s3", { params, workspaces: { ws } });
    assert.equal(
      lastLine(without.log),
      'error: an upload is asked for, but the S3 Secret (workspace s3-credentials) has no key "credentials"',
    );
    const s3creds = mkdtempSync(join(folder, "s3-"));
    writeFileSync(join(s3creds, "credentials"), "[default]\n");
    const { code, log } = await runTask("cosa-upload-s3", { params, workspaces: { ws, s3creds } });
    assert.equal(code, 1);
    assert.match(lastLine(log), /^error: s3-endpoint-url https:\/\/okd\.s3\.example names the bucket/);
  });
});
