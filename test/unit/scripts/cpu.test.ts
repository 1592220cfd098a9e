import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ARCHITECTURE } from "./machine";
import { run, sharedScripts, tasks } from "./task";

const CALL = `set -euo pipefail
fail() { echo "error: $*" >&2; exit 1; }
. "$1/cpu.sh"
CPUINFO=$1/cpuinfo
require_cpu "$2"
echo fine`;
const V3 = "fpu sse4_2 movbe avx f16c fma bmi1 avx2 bmi2 xsave abm";

describe("the check of the CPU", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-cpu-"));
    writeFileSync(join(folder, "cpu.sh"), sharedScripts["cpu.sh"]!);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const check = async (flags: string, variant: string) => {
    writeFileSync(join(folder, "cpuinfo"), `flags\t\t: ${flags}\nflags\t\t: ${flags}\n`);
    const { code, log } = await run("bash", ["-c", CALL, "call", folder, variant]);
    return [code, log.trim()];
  };

  it("refuses Stream 10 where x86-64-v3 is not there, in a sentence; Stream 9 runs on any", async function () {
    if (ARCHITECTURE !== "x86_64") this.skip();
    const older = V3.replace(" avx2", "").replace("movbe ", "");
    assert.deepEqual(await check(older, "c10s"), [
      1,
      "error: this node's CPU lacks avx2 movbe of x86-64-v3, which c10s needs: build on a node that has it (an emulated one with cpu max), or a version up to 4.20 on c9s",
    ]);
    assert.deepEqual(await check(older, "c9s"), [0, "fine"]);
    assert.deepEqual(await check(V3, "c10s"), [0, "fine"]);
  });

  it("comes before anything is built: in the Task that all others wait for", () => {
    const steps = tasks.filter(({ spec }) => spec.steps.some(({ script = "" }) => script.includes("require_cpu")));
    assert.deepEqual(
      steps.map(({ metadata }) => metadata.name),
      ["coreos-prepare"],
    );
  });
});
