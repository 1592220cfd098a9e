import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ARCHITECTURE, makeSources, requireTools } from "./machine";
import { run, runTask, sharedScripts } from "./task";

const TODAY = new Date().toISOString().slice(0, 10).replaceAll("-", "");

describe("what package repositories have", function () {
  this.timeout(180_000);
  let folder: string;

  before(function () {
    requireTools(this, "curl", "git", "jq", "python3");
    folder = mkdtempSync(join(tmpdir(), "okd-streams-packages-"));
    writeFileSync(join(folder, "packages.sh"), sharedScripts["packages.sh"]!);
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Makes a repository of this machine's architecture say that it has something. @returns its address */
  function repository(name: string, index: string): string {
    const repodata = join(folder, name, ARCHITECTURE, "os/repodata");
    mkdirSync(repodata, { recursive: true });
    writeFileSync(join(repodata, "repomd.xml"), index);
    return `file://${folder}/${name}/$basearch/os`;
  }
  async function offered(...texts: string[]): Promise<string[][]> {
    const files = texts.map((text, index) => {
      const file = join(folder, `${index}.repo`);
      writeFileSync(file, text);
      return file;
    });
    const call = [
      "-euo",
      "pipefail",
      "-c",
      '. "$1"; shift; offered "$@"',
      "call",
      join(folder, "packages.sh"),
      ...files,
    ];
    const env = { HOME: folder, https_proxy: "http://127.0.0.1:1" };
    const { code, log } = await run("bash", call, env);
    assert.equal(code, 0, log);
    return log.split("\n").filter(Boolean).map((line) => line.split(" ")); // prettier-ignore
  }

  it("is a sum of each repository's index, whatever the day, and another one when a package is", async () => {
    const [one, other] = [repository("one", "a"), repository("other", "b")];
    const text = `[one]\nname=x\nbaseurl=${one}/\nenabled=0\n\n[other]\nbaseurl = ${other} https://mirror.invalid/\n`;
    const before = await offered(text, `# nothing\n`);
    assert.deepEqual(
      before.map(([name]) => name),
      ["one", "other"],
    );
    for (const [, sum] of before) assert.match(sum!, /^[0-9a-f]{64}$/);
    assert.deepEqual(await offered(text), before);
    repository("other", "c");
    const after = await offered(text);
    assert.deepEqual(after[0], before[0]);
    assert.notEqual(after[1]![1], before[1]![1]);
    assert.deepEqual(await offered(), []);
  });

  it("is not known of one that does not say: it counts as another one each day", async () => {
    const text = `[gone]\nbaseurl=file://${folder}/nowhere\n[list]\nmirrorlist=https://mirrors.invalid/\n[away]\nbaseurl=https://me:secret@mirror.invalid/\n`;
    const days = await offered(text);
    assert.deepEqual(days, [
      ["away", TODAY, "mirror.invalid"],
      ["gone", TODAY, ""],
      ["list", TODAY, "-"],
    ]);
  });

  it("is asked of the variant's repositories in both sources and of the Secret's, and of none in a rehearsal", async () => {
    await makeSources(join(folder, "sources"), "registry.example/busybox:1");
    const shared = mkdtempSync(join(folder, "shared-"));
    const secret = join(folder, "secret");
    mkdirSync(secret);
    writeFileSync(join(secret, "ose.repo"), `[ose]\nbaseurl=${repository("ose", "d")}\n`);
    const prepare = async (params: Record<string, string>) => {
      const url = (name: string) => `file://${folder}/sources/${name}.git`;
      const { code, log } = await runTask("coreos-prepare", {
        params: {
          ...{ version: "4.21", variant: "c10s", "base-repository": url("rhel-coreos-config"), "base-branch": "main" },
          ...{ "node-repository": url("os"), "node-branch": "release-4.21", ...params },
        },
        workspaces: { shared, "yum-repositories": secret },
        env: { CPUINFO: join(folder, "cpuinfo") },
      });
      assert.equal(code, 0, log);
      return { log, packages: readFileSync(join(shared, "sources/packages"), "utf8") };
    };
    writeFileSync(join(folder, "cpuinfo"), "flags: abm avx avx2 bmi1 bmi2 f16c fma movbe xsave\n");
    const { log, packages } = await prepare({});
    assert.match(packages, /^ose [0-9a-f]{64}$/m);
    assert.match(
      log,
      /^warning: .+ another day are not kept: c10s-baseos \(composes\.stream\.centos\.org\), c10s-nfv \(.+\), c10s-sig-cloud-okd \(mirror\.stream\.centos\.org\)$/m,
    );
    assert.doesNotMatch(packages, /c9s/);
    assert.equal((await prepare({ rehearsal: "true" })).packages, "");
  });
});
