import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConcurrentUpdateError, StackNotFoundError } from "@pulumi/pulumi/automation";
import { hasEnded, StartedEngines } from "../../../stacks/commands/engine/identity";
import { EngineProcess } from "../../../stacks/commands/engine/process";

/** Programs that stand where `pulumi` does, and act as it does in one respect. */
describe("the engine's process", () => {
  let folder: string, said: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"));
    said = "";
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  function engine(script: string): EngineProcess {
    const file = path.join(folder, "pulumi");
    fs.writeFileSync(file, `#!/bin/bash\n${script}\n`, { mode: 0o755 });
    return new EngineProcess(new StartedEngines(folder), file, null, (text) => (said += text));
  }
  const isAlive = (file: string) => {
    try {
      process.kill(Number(fs.readFileSync(path.join(folder, file), "utf8")), 0);
      return true;
    } catch {
      return false;
    }
  };
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(20);
  }

  it("never asks anybody", async () => {
    const { stdout } = await engine('echo "$@ $PULUMI_AUTOMATION_API $EXTRA"').run(["up"], folder, { EXTRA: "1" });
    assert.equal(stdout, "up --non-interactive true 1\n");
  });

  it("has errors that the SDK knows", async () => {
    const fails = (text: string) => engine(`echo "${text}" >&2; exit 255`).run(["up"], folder, {});
    await assert.rejects(fails("error: no stack named 'kind' found"), StackNotFoundError);
    await assert.rejects(fails("error: the stack is currently locked by 1 lock(s)"), ConcurrentUpdateError);
    await assert.rejects(fails("error: other"), { name: "CommandError", message: "error: other" });
  });

  it("keeps the data that it prints out of the log", async () => {
    await engine("echo secret").run(["stack", "export"], folder, {});
    await engine("echo progress").run(["up"], folder, {});
    assert.equal(said, "$ pulumi stack export\n$ pulumi up\nprogress\n");
  });

  it("is asked once to stop, and ends what is under way", async () => {
    const stop = new AbortController();
    const asked = engine(`trap 'echo stopping; exit 3' INT\necho ready >${folder}/ready\nwhile :; do sleep 0.05; done`);
    const run = asked.run(["up"], folder, {}, undefined, undefined, stop.signal);
    await until(() => fs.existsSync(path.join(folder, "ready")));
    stop.abort();
    await assert.rejects(run, { name: "CommandError", message: "stopping" });
    assert.equal(asked.wasKilled, false);
  });

  const plugin = `set -m\nsleep 100 & echo $! >${"$0"}.plugin`;

  it("leaves nothing running when it is ended at once", async () => {
    const ended = engine(`${plugin}\nwait`);
    const run = ended.run(["up"], folder, {});
    await until(() => fs.existsSync(path.join(folder, "pulumi.plugin")) && isAlive("pulumi.plugin"));
    await ended.kill();
    await assert.rejects(run);
    assert.equal(ended.wasKilled, true);
    await until(() => !isAlive("pulumi.plugin"));
  });

  it("takes its plugins along when somebody kills it", async () => {
    const killed = engine(`${plugin}\nkill -9 $$`);
    await assert.rejects(killed.run(["up"], folder, {}), {
      name: "UserError",
      message: "The engine was killed in the middle of its work: the same command again goes on from there.",
    });
    await until(() => !isAlive("pulumi.plugin"));
  });

  it("is remembered as long as it may hold a lock: while it works, and when it was killed", async () => {
    const started = new StartedEngines(folder);
    const file = path.join(folder, "pulumi");
    fs.writeFileSync(file, `#!/bin/bash\necho $$ >${file}.pid\n[ "$1" != up ] || kill -9 $$\n`, { mode: 0o755 });
    const engine = new EngineProcess(started, file, null, () => undefined);
    const last = () => Number(fs.readFileSync(`${file}.pid`, "utf8"));
    await engine.run(["stack"], folder, {});
    assert.equal(started.find(last()), undefined);
    await assert.rejects(engine.run(["up"], folder, {}));
    const killed = started.find(last())!;
    assert.equal(await hasEnded(killed), true);
  });

  it("has not ended while it works, nor where that cannot be seen; another program with its number is another", async () => {
    const started = new StartedEngines(folder);
    await started.remember(process.pid, "mark");
    const self = started.find(process.pid)!;
    assert.equal(await hasEnded(self), false);
    assert.equal(await hasEnded({ ...self, namespace: "pid:[1]", began: "1" }), false);
    assert.equal(await hasEnded({ ...self, began: "1" }), true);
    assert.equal(await hasEnded({ ...self, boot: "another" }), true);
  });
});
