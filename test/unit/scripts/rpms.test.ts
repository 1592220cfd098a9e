import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { ARCHITECTURE, find, makeSources, requireTools, startEmptyRegistry } from "./machine";
import { lastLine, run, runTask } from "./task";

interface Row {
  name: string;
  repository: string;
  branch: string;
  spec: string;
  tools?: Record<string, string>;
  commit?: string;
}

/** The project's own rows, as a stream of a version gives them to a run, with the sources of the rehearsal. */
const rowsOf = (version: string, sources: string): Row[] =>
  (parse(readFileSync("pipelines/rpms/data/rpms.yaml", "utf8")) as Row[]).map((row) => ({
    ...row,
    repository: row.repository.replace("https://github.com/openshift", sources),
    branch: row.branch.replace("{version}", version),
    // every spec of the rehearsal needs what Enterprise Linux lacks
    tools: { goversioninfo: "example.invalid/goversioninfo@v1.0.0" },
  }));

// The order is that of runs: each test goes on with the registry of the one before.
describe("okd-rpms", function () {
  this.timeout(120_000);
  let folder: string;
  let registry: Awaited<ReturnType<typeof startEmptyRegistry>>;
  let rows: Row[];
  let first: { image: string; outcome: string }[];

  before(async function () {
    requireTools(this, "git", "skopeo", "jq", "python3", "rpmbuild", "createrepo_c", "setpriv");
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-rpms-"));
    registry = await startEmptyRegistry(folder);
    await makeSources(join(folder, "sources"), "registry.example/busybox:1");
    rows = rowsOf("5.0", `file://${folder}/sources`).filter(({ name }) => /clients|kubelet|ecr/.test(name));
    await run("chmod", ["755", folder]);
  });
  after(() => {
    registry?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const build = async (row: Row, params: Record<string, string> = {}) => {
    const { code, log, results } = await runTask("rpm-build", {
      params: { row: JSON.stringify(row), version: "5.0", ...common(), ...params },
    });
    return { code, log, last: lastLine(log), ...(results as { image: string; outcome: string; commit: string }) };
  };
  const repository = async (images: string[]) => {
    const outcome = await runTask("rpm-repository", {
      params: { images, version: "5.0", rehearsal: "true", ...common() },
    });
    assert.equal(outcome.code, 0, outcome.log);
    return outcome.results as { image: string; outcome: string };
  };
  const common = () => ({
    repository: `${registry.address}/okd/okd-rpms`,
    "insecure-registries": registry.address,
  });
  const files = async (image: string): Promise<string> => {
    const out = mkdtempSync(join(folder, "files-"));
    const { code, log } = await runTask("rpm-artifacts-copy", {
      params: { image, "insecure-registries": registry.address },
      workspaces: { ws: out },
    });
    assert.equal(code, 0, log);
    return join(out, "rpms");
  };
  const rpm = async (...args: string[]) => (await run("rpm", ["-qp", ...args])).log.trim().split("\n").sort();

  it("builds each row of its spec file, as a user without rights", async () => {
    first = [];
    for (const row of rows) {
      const built = await build(row);
      assert.equal(built.code, 0, built.log);
      assert.equal(built.outcome, "built");
      assert.match(built.image, /\/okd\/okd-rpms@sha256:[0-9a-f]{64}$/);
      first.push(built);
    }
  });

  it("puts them into one repository, with what they need of each other and what the node image asks for", async () => {
    const made = await repository(first.map(({ image }) => image));
    assert.equal(made.outcome, "built");
    const rpms = await files(made.image);
    const names = (await run("find", [rpms, "-name", "*.rpm", "-printf", "%f\n"])).log.trim().split("\n").sort();
    assert.deepEqual(
      names.map((name) => name.replace(/-\d{12}\.git[0-9a-f]{7}/, "")),
      [
        "ecr-credential-provider-5.0.0.noarch.rpm",
        "ecr-credential-provider-doc-5.0.0.noarch.rpm",
        "openshift-1.35.2.noarch.rpm",
        "openshift-clients-5.0.0.noarch.rpm",
        "openshift-clients-redistributable-5.0.0.noarch.rpm",
        "openshift-kubelet-1.35.2.noarch.rpm",
      ],
    );
    const kubelet = join(rpms, names.at(-1)!);
    const full = names[2]!.replace(/^openshift-|\.noarch\.rpm$/g, "");
    assert.ok((await rpm("--requires", kubelet)).includes(`openshift = ${full}`));
    const provider = await rpm("--provides", join(rpms, names[0]!));
    assert.ok(provider.includes("ose-aws-ecr-image-credential-provider = 5.0.0"), provider.join("; "));
    assert.ok(existsSync(join(rpms, "repodata/repomd.xml")));
    const tags = `http://${registry.address}/v2/okd/okd-rpms/tags/list`;
    const { tags: known } = (await (await fetch(tags)).json()) as { tags: string[] };
    assert.equal(known.filter((tag) => tag.startsWith("key-")).length, rows.length + 1);
    assert.ok(known.includes(`5.0-${ARCHITECTURE}-rehearsal`));
  });

  it("builds nothing when run again, and one when one commit has changed", async () => {
    const again = [];
    for (const row of rows) again.push(await build(row));
    assert.deepEqual(
      again.map(({ outcome, image }) => ({ outcome, image })),
      first.map(({ image }) => ({ outcome: "kept", image })),
    );
    assert.match(again[0]!.log, /^kept: built before by rpm-build-run$/m);
    assert.equal((await repository(first.map(({ image }) => image))).outcome, "kept");

    const moved = join(folder, "moved");
    const identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
    await run("git", ["clone", "--quiet", "--branch=release-5.0", `${folder}/sources/oc.git`, moved], { HOME: folder });
    const { code, log } = await run(
      "git",
      ["-C", moved, ...identity, "commit", "--quiet", "--allow-empty", "--message=x"],
      { HOME: folder },
    );
    assert.equal(code, 0, log);
    const changed = [];
    // A tag that is called the same, at the commit of before, is not the branch.
    const tag = ["-C", moved, "tag", "release-5.0", "HEAD~1"];
    assert.equal((await run("git", tag, { HOME: folder })).code, 0);
    const push = ["-C", moved, "push", "--quiet", "origin", "refs/heads/release-5.0", "refs/tags/release-5.0"];
    assert.equal((await run("git", push, { HOME: folder })).code, 0);
    for (const row of rows) changed.push(await build(row));
    assert.deepEqual(
      changed.map(({ outcome }, index) => [rows[index]!.name, outcome]),
      rows.map(({ name }) => [name, name === "openshift-clients" ? "built" : "kept"]),
    );
    assert.equal((await repository(changed.map(({ image }) => image))).outcome, "built");
  });

  it("takes the commit that a row names, which was built before its branch moved on", async () => {
    const clients = rows.find(({ name }) => name === "openshift-clients")!;
    const { log } = await run("git", ["-C", `${folder}/sources/oc.git`, "rev-parse", "refs/heads/release-5.0~1"], {
      HOME: folder,
    });
    const { outcome, commit } = await build({ ...clients, commit: log.trim() });
    assert.deepEqual([outcome, commit], ["kept", log.trim()]);
  });

  it("builds anew where it is told to, and where images of steps are others", async () => {
    const row = rows.find(({ name }) => name === "ecr-credential-provider")!;
    assert.equal((await build(row, { force: "true" })).outcome, "built");
    assert.equal((await build(row, { images: "others" })).outcome, "built");
  });

  it("says in one sentence what cannot be built", async () => {
    const [row] = rows;
    const refused: [Partial<Row>, RegExp][] = [
      [{ branch: "release-9.9" }, /^error: openshift-kubelet: branch release-9\.9 of \S+ cannot be found$/],
      [
        { spec: "other.spec" },
        /^error: openshift-kubelet: \S+ has no other\.spec at [0-9a-f]{40}; it has: openshift\.spec$/,
      ],
      [
        { commit: "0".repeat(40) },
        /^error: openshift-kubelet: commit 0{40} of \S+ cannot be fetched: .*not our ref 0{40}$/,
      ],
      [
        { name: "openshift-other" },
        /^error: openshift\.spec made no RPM openshift-other; it made: openshift-1\.35\.2\S+ openshift-kubelet-\S+$/,
      ],
    ];
    for (const [change, message] of refused) {
      const { code, last, image } = await build({ ...row!, ...change });
      assert.deepEqual([code, image], [1, undefined]);
      assert.match(last, message);
    }
  });

  it("does not take a registry that does not answer for one without the RPMs", async () => {
    const { code, last } = await build(rows[0]!, { repository: "127.0.0.1:1/okd/okd-rpms" });
    assert.equal(code, 1);
    assert.match(
      last,
      /^error: the registry does not say whether 127\.0\.0\.1:1\/okd\/okd-rpms:key-[0-9a-f]{64} is there: /,
    );
  });
});
