import * as assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { reason, run } from "../../../components/clusters/tool";

describe("run", () => {
  it("gives input to the tool and its output back", async () => {
    assert.equal(await run("cat", [], { input: "text\n" }), "text\n");
  });

  it("adds to the environment", async () => {
    assert.equal(await run("sh", ["-c", 'echo "$ADDED"'], { env: { ADDED: "value" } }), "value\n");
  });

  it("fails with the tool's words", async () => {
    await assert.rejects(run("sh", ["-c", "echo why >&2; exit 3"]), {
      name: "ToolFailed",
      exitCode: 1,
      message: "`sh echo why >&2; exit 3` failed: why.",
    });
  });

  it("fails with the exit code where the tool says nothing", async () => {
    await assert.rejects(run("false", []), { message: "`false` failed: it ended with 1." });
  });

  it("ends a tool that takes too long, even where its children hold its output open", async () => {
    await assert.rejects(run("sh", ["-c", "sleep 3 & sleep 3"], { seconds: 0.2 }), {
      message: "`sh sleep 3 & sleep 3` failed: no result within 0.2 s.",
    });
  });

  it("leaves no tool running that took too long", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "okd-streams-test-"));
    const file = path.join(folder, "pid");
    await assert.rejects(run("sh", ["-c", `echo $$ >${file}; exec sleep 60`], { seconds: 0.5 }));
    const pid = Number(readFileSync(file, "utf8"));
    rmSync(folder, { recursive: true });
    while (isRunning(pid)) await sleep(20);
  });

  it("names a tool that is not there", async () => {
    await assert.rejects(run("no-such-tool", []), {
      name: "UserError",
      exitCode: 3,
      message: "no-such-tool is not on PATH: `npm run doctor` says how to get it.",
    });
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("reason", () => {
  const cases: [what: string, stderr: string, expected: string][] = [
    ["nothing", "\n", ""],
    ["the last line", "some\nwords\n", "words"],
    ["an error before what follows", "Error: no such image\nSee help.\n", "no such image"],
    [
      "the engine's words inside kind's",
      "Creating cluster ...\n" +
        'ERROR: failed to create cluster: command "docker run --name \\"c\\" node:1" failed with error: exit status 125\n' +
        "Command Output: 0123\n" +
        "docker: Error response from daemon: Bind for 127.0.0.1:8080 failed: port is already allocated.\n" +
        "Run 'docker run --help' for more information\n",
      "Bind for 127.0.0.1:8080 failed: port is already allocated",
    ],
    [
      "kind's words without the command",
      'ERROR: failed to init node with kubeadm: command "docker exec --privileged \\"c\\" kubeadm" failed with error: exit status 1\n',
      "failed to init node with kubeadm: exit status 1",
    ],
  ];
  for (const [what, stderr, expected] of cases) {
    it(`is ${what}`, () => {
      assert.equal(reason(stderr), expected);
    });
  }
});
