import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { normalized } from "../../../components/image-reference";
import { loadImages } from "../../../components/pipelines/images";
import { Library } from "../../../components/pipelines/library";
import { manifestAddresses } from "../../../components/platform/manifests";
import { loadConfiguration } from "../../../stacks/configuration/load";
import { hostsOf, imageSources, manifestSources, runSources, toolSources } from "../../../stacks/tools/hosts";
import { offlineFolder } from "../../cluster/needs";
import { PROVING } from "../../counts";
import { inSequence } from "../../sequence";
import { lacking } from "./lacking";
import { ConnectedMachine, published } from "./world";

/** The registry that stands for all, as only the machine sees it. */
const REGISTRY_PORT = 5050;
/** Milliseconds that a deployment may take on a busy machine. */
const LONG = 25 * 60_000;

const images = loadImages("pipelines/images.yaml");
const tagged = (name: string) => images[name]!.split("@")[0]!;

/** Archives of the lab whose images a stack asks for, and those that it asks for under names of the project's own list. */
const ARCHIVES = ["kind-node.tar", "registry.tar", "programs.tar", "storage.tar", "tekton.tar", "argo-cd.tar"];
const OWN_NAMES: [of: RegExp, name: string][] = [
  [/^lab\/kind-node:/, "kind-node"],
  [/^lab\/registry:/, "registry"],
  [/\/lab\/nodejs:/, "node"],
  [/\/lab\/busybox:/, "busybox"],
];

// An engine of its own, images of gigabytes and a cluster are for those who want to be sure.
(PROVING ? describe : describe.skip)("npm start the connected way, to a deployed stack", function () {
  this.timeout(LONG);
  inSequence(this);
  const lab = offlineFolder();
  let machine: ConnectedMachine;

  before(async function () {
    const reason = lacking(ARCHIVES.map((archive) => `images/${archive}`));
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    machine = new ConnectedMachine(lab);
    await machine.start(REGISTRY_PORT);
    setUp();
    await startRegistry();
    await pushImages();
    await startEngine();
  });
  after(async () => {
    if ((machine as ConnectedMachine | undefined) === undefined) return;
    await machine.run("destroy", "kind");
    await machine.stop();
  });

  /** What somebody has to set behind a network that looks into TLS; and no registry of packages has the images of two parts. */
  function setUp(): void {
    const stack = path.join(machine.project, "stacks/Pulumi.kind.yaml");
    const settings = parse(fs.readFileSync(stack, "utf8")) as { config: Record<string, unknown> };
    const certificates = { hostPath: path.join(machine.folder, "certificate.pem"), readOnly: true };
    settings.config["okd-streams:cluster"] = {
      type: "kind",
      mounts: [{ ...certificates, containerPath: "/etc/ssl/certs/ca-certificates.crt" }],
    };
    settings.config["okd-streams:platform"] = { kvmDevicePlugin: "none", tektonDashboard: { mode: "none" } };
    fs.writeFileSync(stack, stringify(settings));
  }

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

  /** Puts images of the lab there, under the names that manifests and the project's list have. */
  async function pushImages(): Promise<void> {
    const lines = fs.readFileSync(path.join(lab, "images/index.txt"), "utf8").split("\n").filter(Boolean);
    const needed = lines.map((line) => line.split(" ") as [string, string]);
    for (const [reference, archive] of needed.filter(([, archive]) => ARCHIVES.includes(archive))) {
      const own = OWN_NAMES.filter(([of]) => of.test(reference)).map(([, name]) => tagged(name));
      // What the list of the project has is asked for by that name alone; a shell is Tekton's too.
      const names = [...own, ...(own.length === 0 || own.includes(tagged("busybox")) ? [published(reference)] : [])];
      for (const name of names.map(normalized)) {
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
    for (const [, name] of OWN_NAMES) {
      assert.match(text, new RegExp(`^written: ${name}: docker\\.io/\\S+@sha256:[0-9a-f]{64}$`, "m"));
    }
    assert.match(text, /^fault: curl: .* answers 404$/m);
  });

  it("has an engine that pulls by these digests, and containers that find the official names", async () => {
    const { busybox } = loadImages(path.join(machine.project, "pipelines/images.yaml"));
    const { exitCode, text } = await machine.exec("docker", ["run", "--rm", busybox!, "nslookup", "ghcr.io"]);
    assert.equal(exitCode, 0, text);
    assert.match(text, /Address:\s+198\.18\.0\.1/);
  });

  it("ends with a stack of the official hosts", async () => {
    machine.forget();
    const { exitCode, text } = await machine.run("start", "--yes");
    assert.equal(exitCode, 0, text);
    assert.match(text, /Tekton Pipelines/);
  });

  it("has asked for nothing but what README lets through", () => {
    // Docker looks up the name that it calls its registry by, and asks another; kind's nodes, whether they are in Docker Desktop;
    // CoreDNS, by a name of digits, whether it asks itself.
    const nobody = [/^NAME docker\.io$/, /^NAME host\.docker\.internal$/, /^NAME \d+\.\d+$/];
    const kind = loadConfiguration(process.cwd(), "kind");
    const library = new Library({ folder: "pipelines" });
    const tools = Object.values(toolSources("linux-amd64")).flat();
    const manifests = manifestSources(manifestAddresses(kind.platform, { cacheFolder: "/nowhere" }));
    const builds = runSources("builds", kind, library);
    const hosts = hostsOf([...tools, ...manifests, ...imageSources(kind, library.images), ...builds]);
    const lines = machine.asked.filter((line) => !nobody.some((name) => name.test(line)));
    const asked = lines.map((line) => (line.startsWith("NAME ") ? line : new URL(line.split(" ")[1]!).host));
    assert.deepEqual(
      [...new Set(asked)].filter((host) => !hosts.includes(host)),
      [],
    );
  });

  it("changes nothing another time", async () => {
    const { exitCode, text } = await machine.run("up", "kind", "--expect-no-changes");
    assert.equal(exitCode, 0, text);
  });
});
