import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURE, type Machine, requireBuilds, startMachine } from "./machine";
import { lastLine, type Outcome, run, runTask } from "./task";

const SAYS = "rehearsal: no operating system was built";

// The order is that of a run: each test goes on with the workspace of the one before.
describe("okd-coreos: base and node image", function () {
  this.timeout(400_000);
  let machine: Machine;
  let shared: string;
  let built: Outcome;

  before(async function () {
    requireBuilds(this);
    machine = await startMachine();
    shared = mkdtempSync(join(machine.folder, "shared-"));
    const { code, log } = await runTask("coreos-prepare", {
      params: {
        version: "4.21",
        variant: "c9s",
        "base-repository": `${machine.sources}/rhel-coreos-config.git`,
        "base-branch": "main",
        "node-repository": `${machine.sources}/os.git`,
        "node-branch": "release-4.21",
      },
      workspaces: { shared },
    });
    assert.equal(code, 0, log);
    const held = await runTask("coreos-hold-bases", { params: { variant: "c9s" }, workspaces: { shared } });
    assert.equal(held.code, 0, held.log);
    built = await base();
  });
  after(() => machine?.stop());

  it("builds a bootable base by the repository's version and build arguments", async () => {
    assert.equal(built.code, 0, built.log);
    assert.match(built.results.version!, /^9\.0\.20\d{6}\.\d{1,9}$/);
    assert.equal(built.results.outcome, "built");
    assert.equal(built.results.inputhash, "rehearsal");
    const { Digest, Labels } = await inspect("base");
    assert.equal(Digest, built.results.digest);
    assert.equal(Labels["com.coreos.stream"], "c9s");
    assert.equal(Labels["org.opencontainers.image.source"], `${machine.sources}/rhel-coreos-config.git`);
    assert.match(Labels["org.opencontainers.image.revision"]!, /^[0-9a-f]{40}$/);
  });

  it("keeps a base of the same inputs without a build", async () => {
    const again = await base();
    assert.deepEqual(again.results, { ...built.results, outcome: "kept" });
    assert.doesNotMatch(again.log, /STEP/);
  });

  it("keeps the old base when a new build has the same input hash", async () => {
    const other = await base({ "build-version": "9.0.20990101.0" });
    assert.match(other.log, /STEP[^]*input hash unchanged \(rehearsal\)/);
    assert.deepEqual(other.results, { ...built.results, outcome: "kept" });
  });

  it("builds anew when the archive was cut off, with the Secret's repositories", async () => {
    writeFileSync(join(shared, "images/base.ociarchive"), "cut off");
    const secret = mkdtempSync(join(machine.folder, "secret-"));
    writeFileSync(
      join(secret, "c9s.repo"),
      "[c9s-baseos]\nbaseurl=https://a.example\n[c9s-nfv]\nbaseurl=https://b.example\n",
    );
    const { results, log } = await base({}, { "yum-repositories": secret });
    assert.equal(results.outcome, "built", log);
    assert.match(log, /repositories of the Secret: 2/);
  });

  it("copies the RPMs of an image", async () => {
    const { code, log, results } = await copyRpms(machine.rpms);
    assert.equal(code, 0, log);
    assert.match(results.digest!, /^sha256:[0-9a-f]{64}$/);
    assert.equal(lastLine(log), `6 RPMs of ${machine.rpms}`);
    const none = await copyRpms(`${machine.registry}/lab/busybox:1`);
    assert.equal(lastLine(none.log), `error: ${machine.registry}/lab/busybox:1 has no folder /srv/repo`);
    await copyRpms(machine.rpms);
    assert.equal(lastLine((await copyRpms(machine.rpms)).log), `the RPMs of ${machine.rpms} are here already`);
  });

  it("layers OpenShift's RPMs on the base, the metadata alone in the last layer", async () => {
    const { code, log, results } = await node();
    assert.equal(code, 0, log);
    assert.equal(results.outcome, "built");
    const { Digest, Labels } = await inspect("node");
    assert.equal(Digest, results.digest);
    assert.equal(Labels["io.openshift.metalayer"], "true");
    assert.deepEqual(await filesOfLastLayer("node"), ["usr/share/openshift/base/meta.json"]);
    assert.deepEqual((await node()).results, { ...results, outcome: "kept" });
  });

  it("takes OpenShift's RPMs from the repository Secret, and from one source only", async () => {
    const repository = "rhel-9.6-server-ose-4.21";
    const secret = mkdtempSync(join(machine.folder, "secret-"));
    const workspaces = { "yum-repositories": secret };
    writeFileSync(join(secret, "all.repo"), "[something-else]\nbaseurl=https://mirror.example");
    const without = await node({ "rpms-from": "" }, workspaces);
    assert.equal(
      lastLine(without.log),
      `error: OKD 4.21 takes OpenShift RPMs from repository ${repository}, which no file of the repository Secret has`,
    );
    writeFileSync(join(secret, "openshift.repo"), `[${repository}]\nbaseurl=https://mirror.example/4.21`);
    const twice = await node({}, workspaces);
    assert.equal(
      lastLine(twice.log),
      `error: OpenShift RPMs have two sources: the Secret has repository ${repository}, and rpms-from names ${machine.rpms}`,
    );
    const { code, log } = await node({ "rpms-from": "" }, workspaces);
    assert.equal(code, 0, log);
    assert.match(log, /openshift-kubelet of https:\/\/mirror\.example\/4\.21/);
  });

  it("builds extensions on the node image", async () => {
    const extensions = () =>
      runTask("coreos-build-extensions", { params: { version: "4.21" }, workspaces: { shared } });
    const { code, log, results } = await extensions();
    assert.equal(code, 0, log);
    assert.equal((await inspect("extensions")).Labels["io.openshift.os.extensions"], "true");
    assert.deepEqual((await extensions()).results, { ...results, outcome: "kept" });
  });

  it("imports, tests and makes boot images, each once", async () => {
    const { code, log, results } = await runTask("coreos-import", { workspaces: { shared } });
    assert.equal(code, 0, log);
    const again = await runTask("coreos-import", { workspaces: { shared } });
    assert.equal(lastLine(again.log), `build ${results.build} was imported before`);
    for (const task of ["coreos-test", "coreos-boot-images"]) {
      const outcome = await runTask(task, { params: { kvm: "emulated" }, workspaces: { shared } });
      assert.equal(outcome.code, 0, outcome.log);
    }
    assert.equal(readJson<{ result: string }>("kola/reports/report.json").result, "PASS");
    const { images } = readJson<{ images: object }>(`coreos/builds/latest/${ARCHITECTURE}/meta.json`);
    const live = ["live-initramfs", "live-iso", "live-kernel", "live-rootfs"];
    assert.deepEqual(Object.keys(images).sort(), [...live, "metal", "metal4k", "openstack", "ostree", "qemu"]);
  });

  it("builds nothing after an import either, though the repository has another version for it", async () => {
    const { version: before } = readJson<{ version: string }>("images/base.json");
    await base();
    const again = await base();
    assert.deepEqual([again.results.outcome, again.results.version], ["kept", before]);
    assert.doesNotMatch(again.log, /STEP/);
    assert.equal((await node({ "rpms-from": machine.rpms })).code, 0);
  });

  it("writes release metadata where its address is known", async () => {
    const without = await runTask("cosa-generate-release-meta", { workspaces: { ws: shared } });
    assert.match(without.log, /^no release metadata:/);
    const params = { "release-stream": "next", "bucket-name": "okd-scos", "endpoint-url": "https://s3.example/" };
    const { code, log } = await runTask("cosa-generate-release-meta", { params, workspaces: { ws: shared } });
    assert.equal(code, 0, log);
    assert.match(
      readFileSync(join(shared, `coreos/builds/latest/${ARCHITECTURE}/release.json`), "utf8"),
      /"https:\/\/s3\.example\/okd-scos\/next\/builds\/9\.0\.\d+\.\d+\/[^"]+-qemu\.[^"]+\.qcow2"/,
    );
  });

  it("pushes to a registry under both tags, marked as a rehearsal", async () => {
    for (const image of ["base", "node", "extensions"]) {
      const { code, log, results } = await push(image);
      assert.equal(code, 0, log);
      assert.equal(results.reference, `${machine.registry}/okd/test-${image}@${results.digest}`);
      assert.equal(lastLine(log), SAYS);
      const moving = `4.21-${ARCHITECTURE}-rehearsal`;
      const tags = (await tagsOf(`test-${image}`)).map((tag) => tag.replace(/-at-\d+$/, "-at-TIME"));
      assert.deepEqual(tags, [moving, `${moving}-at-TIME`, `${version()}-${ARCHITECTURE}-rehearsal`]);
    }
  });

  it("pushes neither the moving tag nor the mark unless asked for", async () => {
    await push("base", { "container-image-name": "plain", "tag-latest": "false", rehearsal: "false" });
    assert.deepEqual(await tagsOf("plain"), [`${version()}-${ARCHITECTURE}`]);
  });

  it("names the tag that cannot be pushed", async () => {
    const { code, log } = await push("base", { "target-registry": "127.0.0.1:1/okd" });
    assert.equal(code, 1);
    assert.match(
      lastLine(log),
      /^error: 127\.0\.0\.1:1\/okd\/test-base:\S+ cannot be pushed: does the registry need a push secret/,
    );
  });

  it("refuses another base under a version that was imported", async () => {
    writeFileSync(join(shared, "images/base.ociarchive"), "another");
    const { code, log } = await runTask("coreos-import", { workspaces: { shared } });
    assert.equal(code, 1);
    assert.equal(
      lastLine(log),
      `error: build ${version()} was imported before with other content: name another build-version`,
    );
  });

  const base = (params: Record<string, string> = {}, workspaces: Record<string, string> = {}) =>
    runTask("coreos-build-base", {
      params: { variant: "c9s", "insecure-registries": machine.registry, ...params },
      workspaces: { shared, ...workspaces },
    });
  const node = (params: Record<string, string> = {}, workspaces: Record<string, string> = {}) =>
    runTask("coreos-build-node", {
      params: { version: "4.21", "rpms-from": machine.rpms, ...params },
      workspaces: { shared, ...workspaces },
    });
  const copyRpms = (image: string) =>
    runTask("rpm-artifacts-copy", {
      params: { image, "insecure-registries": machine.registry },
      workspaces: { ws: shared },
    });
  const push = (image: string, params: Record<string, string> = {}) =>
    runTask("cosa-push-container", {
      params: {
        "target-registry": `${machine.registry}/okd`,
        "container-image-name": `test-${image}`,
        image,
        tag: "4.21",
        "tag-latest": "true",
        "insecure-registries": machine.registry,
        rehearsal: "true",
        ...params,
      },
      workspaces: { ws: shared },
    });
  const readJson = <T>(path: string) => JSON.parse(readFileSync(join(shared, path), "utf8")) as T;
  const version = () => readJson<{ version: string }>("images/base.json").version;
  const inspect = async (image: string) =>
    JSON.parse((await run("skopeo", ["inspect", `oci-archive:${shared}/images/${image}.ociarchive`])).log) as {
      Digest: string;
      Labels: Record<string, string>;
    };
  const tagsOf = async (name: string) => {
    const answer = await fetch(`http://${machine.registry}/v2/okd/${name}/tags/list`);
    return ((await answer.json()) as { tags: string[] }).tags.sort();
  };
  const filesOfLastLayer = async (image: string) => {
    const folder = mkdtempSync(join(machine.folder, "layers-"));
    await run("skopeo", ["copy", "--quiet", `oci-archive:${shared}/images/${image}.ociarchive`, `dir:${folder}`]);
    const { layers } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
      layers: { digest: string }[];
    };
    const { log } = await run("tar", ["-tf", join(folder, layers.at(-1)!.digest.replace("sha256:", ""))]);
    rmSync(folder, { recursive: true });
    return log.split("\n").filter((path) => path !== "" && !path.endsWith("/"));
  };
});
