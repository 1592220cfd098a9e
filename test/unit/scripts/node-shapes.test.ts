import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type Machine, requireBuilds, startMachine } from "./machine";
import { lastLine, run, runTask } from "./task";

// One base, and on it the node image of every shape that openshift/os has had; 4.18 is one-stage.test.ts's.
describe("node image and extensions in every shape of openshift/os", function () {
  this.timeout(400_000);
  let machine: Machine;
  let shared: string;

  const prepare = (branch: string, version: string) =>
    runTask("coreos-prepare", {
      params: {
        version,
        variant: "c10s",
        "base-repository": `${machine.sources}/rhel-coreos-config.git`,
        "base-branch": "main",
        "node-repository": `${machine.sources}/os.git`,
        "node-branch": branch,
        "rpms-from": machine.rpms,
      },
      workspaces: { shared },
    });
  const build = (image: "node" | "extensions", version: string, force = "false") =>
    runTask(`coreos-build-${image}`, {
      params: { version, "rpms-from": machine.rpms, force },
      workspaces: { shared },
    });
  const labels = async (image: string) => {
    const { log } = await run("skopeo", ["inspect", `oci-archive:${shared}/images/${image}.ociarchive`]);
    return (JSON.parse(log) as { Labels: Record<string, string> }).Labels;
  };

  before(async function () {
    requireBuilds(this);
    machine = await startMachine();
    shared = mkdtempSync(join(machine.folder, "shared-"));
    const prepared = await prepare("release-4.21", "4.21");
    assert.equal(prepared.code, 0, prepared.log);
    const held = await runTask("coreos-hold-bases", { params: { variant: "c10s" }, workspaces: { shared } });
    assert.equal(held.code, 0, held.log);
    const base = await runTask("coreos-build-base", {
      params: { variant: "c10s", "insecure-registries": machine.registry },
      workspaces: { shared },
    });
    assert.equal(base.code, 0, base.log);
    const rpms = await runTask("rpm-artifacts-copy", {
      params: { image: machine.rpms, "insecure-registries": machine.registry },
      workspaces: { ws: shared },
    });
    assert.equal(rpms.code, 0, rpms.log);
  });
  after(() => machine?.stop());

  const shapes: [string, string, string][] = [
    ["4.21", "release-4.21", "rhel-9.6-server-ose-4.21"],
    ["5.0 of May", "release-5.0-in-may", "rhel-10.2-server-ose-5.0"],
    ["5.0 of June", "release-5.0", "rhel-10.2-server-ose-5.0"],
  ];
  for (const [what, branch, repository] of shapes) {
    it(`are built of ${what}, with the class that the Machine Config Operator reads`, async () => {
      const version = what.split(" ")[0]!;
      const prepared = await prepare(branch, version);
      assert.equal(prepared.code, 0, prepared.log);
      const source = JSON.parse(readFileSync(join(shared, "sources/node.json"), "utf8")) as { repository: string };
      assert.equal(source.repository, repository);
      for (const image of ["node", "extensions"] as const) {
        const { code, log, results } = await build(image, version);
        assert.equal(code, 0, log);
        assert.equal(results.outcome, "built");
        assert.equal((await labels(image))["io.openshift.os.streamclass"], "centos-10");
        assert.equal((await build(image, version)).results.outcome, "kept");
      }
    });
  }

  it("take RPMs with the names of public spec files, which the sources' own filter hides", async () => {
    const rpms = join(shared, "rpms");
    for (const file of readdirSync(rpms).filter((name) => name.startsWith("ose-"))) {
      const name = file.replace(/^ose-(aws-|azure-|gcp-)?/, "").replace("-image", "");
      renameSync(join(rpms, file), join(rpms, name));
    }
    const { code, log } = await build("node", "5.0", "true");
    assert.equal(code, 0, log);
    assert.match(log, /^ecr-credential-provider-4\.0\.0-rehearsal\.noarch\.rpm$/m);
  });

  it("need every repository that they are told", async () => {
    const { code, log } = await runTask("coreos-build-extensions", {
      params: { version: "5.0", force: "true" },
      workspaces: { shared },
    });
    assert.equal(code, 1);
    assert.match(log, /Unknown repo: 'rhel-10\.2-server-ose-5\.0'/);
    assert.notEqual(lastLine(log), "");
  });
});
