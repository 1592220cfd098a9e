import assert from "node:assert/strict";
import { lastLine, run, sharedScripts } from "./task";

const HEAD = 'set -euo pipefail\nfail() { echo "error: $*" >&2; exit 1; }\n';
const roomy = (command: string) => run("bash", ["-c", `${HEAD}${sharedScripts["room.sh"]}\n${command}\necho after`]);

describe("roomy, of the scripts that Tasks share", () => {
  it("says in the end that there was no room, after what the command itself says", async () => {
    const { code, log } = await roomy("roomy bash -c 'echo begun; echo x > /dev/full'");
    assert.equal(code, 1);
    assert.match(log, /^begun$/m);
    assert.match(lastLine(log), /^error: the volume, or the node's disk, is full: .*No space left on device$/);
  });

  it("adds nothing to another failure, and ends with it", async () => {
    const { code, log } = await roomy("roomy bash -c 'echo why >&2; exit 3'");
    assert.equal(code, 1);
    assert.equal(log.trim(), "why");
  });

  it("lets through what succeeds, whatever it says", async () => {
    const { code, log } = await roomy("roomy bash -c 'echo no space left on device >&2'");
    assert.equal(code, 0);
    assert.equal(lastLine(log), "after");
  });
});
