import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTools } from "./machine";
import { run, sharedScripts, tasks } from "./task";

const CALL = `set -euo pipefail
fail() { echo "error: $*" >&2; exit 1; }
. "$1"
DEVICE=$2
require_kvm
echo writable`;

describe("the check of /dev/kvm", () => {
  let folder: string;

  before(function () {
    requireTools(this, "setpriv");
    if (process.getuid?.() !== 0) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-kvm-"));
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "kvm.sh"), sharedScripts["kvm.sh"]!);
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  const check = async (device: string) => {
    const user = ["--reuid=1000", "--regid=1000", "--clear-groups"];
    const { code, log } = await run("setpriv", [...user, "bash", "-c", CALL, "call", `${folder}/kvm.sh`, device]);
    return [code, log.trim()];
  };

  it("tells a device that is not there from one that steps cannot write, and says what to do", async function () {
    assert.deepEqual(await check(join(folder, "none")), [
      1,
      `error: no ${folder}/none: the run has to add devices.kubevirt.io/kvm to this step, or kvm has to be emulated or none`,
    ]);
    const device = join(folder, "kvm");
    // as null is: what opens it does not matter
    if ((await run("mknod", ["--mode=0660", device, "c", "1", "3"])).code !== 0) this.skip();
    assert.deepEqual(await check(device), [
      1,
      `error: ${device} is root:root 660, which user 1000 cannot write: give it mode 0666 on the nodes, or set device_ownership_from_security_context = true in their containerd (a new KinD cluster has it), or kvm to emulated or none`,
    ]);
    chmodSync(device, 0o666);
    assert.deepEqual(await check(device), [0, "writable"]);
  });

  it("is made by every step that boots machines, and by one before any long build", () => {
    const steps = tasks.filter(({ spec }) => spec.steps.some(({ script = "" }) => script.includes("require_kvm")));
    assert.deepEqual(steps.map(({ metadata }) => metadata.name).sort(), [
      "coreos-boot-images",
      "coreos-check-kvm",
      "coreos-test",
      "cosa-build-baseos",
      "cosa-build-extensions",
      "cosa-buildextend",
      "cosa-test",
    ]);
  });
});
