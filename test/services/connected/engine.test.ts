import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { loadImages } from "../../../components/pipelines/images";
import { offlineFolder } from "../../cluster/needs";
import { PROVING } from "../../counts";
import { inSequence } from "../../sequence";
import { lacking } from "./lacking";
import { ConnectedMachine, published } from "./world";

/** The registry that stands for all, as only the machine sees it. */
const REGISTRY_PORT = 5050;
/** Milliseconds that the engine's start may take on a busy machine. */
const LONG = 10 * 60_000;

const images = loadImages("pipelines/images.yaml");
const tagged = (name: string) => images[name]!.split("@")[0]!;

/** Images of the lab under the names that a stack asks for. */
const OWN_NAMES: [of: RegExp, published: () => string][] = [[/^lab\/registry:/, () => tagged("registry")]];

// An engine of its own is for those who want to be sure.
(PROVING ? describe : describe.skip)("an engine in the network of the official hosts", function () {
  this.timeout(LONG);
  inSequence(this);
  const lab = offlineFolder();
  let machine: ConnectedMachine;

  before(async function () {
    const reason = lacking(["images/registry.tar"]);
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    machine = new ConnectedMachine(lab);
    await machine.start(REGISTRY_PORT);
    await startRegistry();
    await pushImages();
    await startEngine();
  });
  after(async () => {
    if ((machine as ConnectedMachine | undefined) === undefined) return;
    await machine.stop();
  });

  /** Waits until a program that was started there answers. */
  async function until(name: string, command: string, ...args: string[]): Promise<void> {
    for (let tries = 0; (await machine.exec(command, args)).exitCode !== 0; tries++) {
      assert.ok(tries < 120, fs.readFileSync(path.join(machine.folder, `${name}.log`), "utf8"));
      await sleep(1_000);
    }
  }

  function startRegistry(): Promise<void> {
    const storage = { filesystem: { rootdirectory: path.join(machine.folder, "registry") } };
    const file = path.join(machine.folder, "registry.yaml");
    fs.writeFileSync(file, stringify({ version: 0.1, storage, http: { addr: `127.0.0.1:${REGISTRY_PORT}` } }));
    machine.background("registry", "docker-registry", ["serve", file]);
    return until("registry", "curl", "--fail", "--silent", `http://127.0.0.1:${REGISTRY_PORT}/v2/`);
  }

  async function pushImages(): Promise<void> {
    const lines = fs.readFileSync(path.join(lab, "images/index.txt"), "utf8").split("\n").filter(Boolean);
    const needed = lines.map((line) => line.split(" ") as [string, string]);
    for (const [reference, archive] of needed.filter(([, archive]) => archive === "registry.tar")) {
      const own = OWN_NAMES.find(([of]) => of.test(reference))?.[1]();
      const names = [own ?? published(reference), ...(reference.includes("/busybox:") ? [tagged("busybox")] : [])];
      for (const name of names.filter((it) => !it.startsWith("localhost"))) {
        const target = `docker://127.0.0.1:${REGISTRY_PORT}/${name.slice(name.indexOf("/") + 1)}`;
        const from = `docker-archive:${path.join(lab, "images", archive)}:${reference}`;
        const args = ["copy", "--quiet", "--dest-tls-verify=false", "--dest-compress-level=1", from, target];
        const { exitCode, text } = await machine.exec("skopeo", args);
        assert.equal(exitCode, 0, text);
      }
    }
  }

  function startEngine(): Promise<void> {
    const docker = execFileSync("which", ["docker"], { encoding: "utf8" }).trim();
    machine.program("docker", `#!/bin/sh\nexec ${docker} "$@"\n`);
    const clamp = path.join(lab, "bin/runc-clamp");
    const file = (name: string) => path.join(machine.folder, name);
    fs.writeFileSync(file("daemon.json"), "{}");
    machine.background("dockerd", "dockerd", [
      ...["--host", `unix://${file("docker.sock")}`, "--data-root", file("docker"), "--exec-root", file("run")],
      ...["--pidfile", file("dockerd.pid"), "--config-file", file("daemon.json")],
      // Where the machine has not every capability; it changes nothing elsewhere.
      ...["--add-runtime", `clamp=${clamp}`, "--default-runtime", "clamp"],
    ]);
    return until("dockerd", "docker", "info");
  }

  it("has the digests that the registries have written beside the tags", async () => {
    const { exitCode, text } = await machine.run("images:lock");
    assert.equal(exitCode, 1, text);
    for (const name of ["registry", "busybox"]) {
      assert.match(text, new RegExp(`^written: ${name}: docker\\.io/\\S+@sha256:[0-9a-f]{64}$`, "m"));
    }
    assert.match(text, /^fault: curl: .* answers 404$/m);
  });

  it("pulls by these digests from the official names, and containers find these", async () => {
    const { registry, busybox } = loadImages(path.join(machine.project, "pipelines/images.yaml"));
    for (const image of [registry!, busybox!]) {
      const { exitCode, text } = await machine.exec("docker", ["pull", image]);
      assert.equal(exitCode, 0, text);
    }
    const { exitCode, text } = await machine.exec("docker", ["run", "--rm", busybox!, "nslookup", "ghcr.io"]);
    assert.equal(exitCode, 0, text);
    assert.match(text, /Address:\s+198\.18\.0\.1/);
  });
});
