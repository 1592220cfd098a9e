import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { proves } from "../counts";
import { Factory } from "./factory";
import { offlineFolder, skipUnless } from "./needs";

/** Two clusters at a time, each with Tekton, on the engine of this machine. */
describe("ephemeral stacks", function () {
  this.timeout("20m");
  let factory: Factory;

  before(function () {
    skipUnless(this, {
      bin: ["kind", "kubectl", "pulumi", "pulumi-resource-kubernetes", "pulumi-resource-pulumi-nodejs"],
      manifests: ["tekton-pipelines", "tekton-triggers", "tekton-interceptors"],
    });
    factory = new Factory(offlineFolder(), {
      platform: { argoCd: { mode: "none" } },
      events: { enabled: false, git: { enabled: false } },
      releases: [],
    });
  });
  after(async () => {
    if (!factory) return;
    await factory.run("sweep");
    factory.close();
  });

  /** An ephemeral stack, until it says something. */
  function begin(until: RegExp): Promise<{ stack: string; child: ChildProcess }> {
    const args = ["--import", "tsx", "stacks/commands/main.ts", "ephemeral", "kind", "--run", "coreos", "4.21"];
    const child = spawn(process.execPath, args, { env: factory.environment, stdio: ["ignore", "pipe", "pipe"] });
    return new Promise((done, failed) => {
      let text = "";
      const hear = (chunk: Buffer) => {
        text += chunk.toString();
        const [stack] = /kind-[0-9a-f]{6}/.exec(text) ?? [];
        if (stack && until.test(text)) done({ stack, child });
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.on("close", () => failed(new Error(`it ended before it said ${String(until)}: ${text}`)));
    });
  }

  /** Everything that bears an ephemeral stack's name. */
  async function traces(): Promise<string[]> {
    const of = async (...args: string[]) => (await factory.exec("docker", args)).stdout.split("\n");
    const listed = await Promise.all([
      of("ps", "--all", "--format", "{{.Names}}"),
      of("network", "ls", "--format", "{{.Name}}"),
      of("volume", "ls", "--format", "{{.Name}}"),
    ]);
    const data = path.join(factory.home, "data", "okd-streams");
    const files = ["workspaces", "kubeconfigs"].flatMap((folder) => fs.readdirSync(path.join(data, folder)));
    const state = fs.readdirSync(path.join(data, "pulumi"), { recursive: true, withFileTypes: true });
    const names = state.filter((it) => it.isFile()).map((it) => it.name);
    return [...listed.flat(), ...files, ...names].filter((name) => /kind-[0-9a-f]{6}/.test(name));
  }

  proves("stand side by side; of one that is killed half-way nothing is left after the sweep", async () => {
    const report = path.join(factory.home, "report");
    const whole = factory.run("ephemeral", "kind", "--run", "coreos", "4.21", "--out", report);
    const { stack, child } = await begin(/KindRegistry cluster-registry created/);
    child.kill("SIGKILL");

    const { exitCode, text } = await whole;
    assert.equal(exitCode, 0, text);
    assert.match(fs.readFileSync(path.join(report, "report.html"), "utf8"), /coreos 4\.21 succeeded/);
    assert.ok(fs.readdirSync(report, { recursive: true, encoding: "utf8" }).some((it) => it.endsWith(".log")));

    const left = await traces();
    for (const thing of ["control-plane", "registry"]) assert.ok(left.includes(`${stack}-${thing}`), left.join());
    assert.deepEqual(
      left.filter((it) => !it.includes(stack)),
      [],
    );
    const swept = await factory.succeeds("sweep");
    assert.match(swept.text, new RegExp(`${stack} was left behind: it is removed`));
    assert.deepEqual(await traces(), []);
  });
});
