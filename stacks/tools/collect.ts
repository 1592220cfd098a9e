import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { probeContainerEngine } from "../../components/clusters/kind/container-engine";
import { isPortFree } from "../../components/clusters/kind/port";
import { namedProxies } from "../../components/proxy";
import { folders, PROJECT_FOLDER } from "../environment";
import { hostLacksOfV3 } from "./cpu-level";
import type { ContainerEngine, Facts, Port, Tool } from "./facts";
import { inspectOffline } from "./offline";
import { run } from "./run";
import { find } from "./search";
import { versionIn } from "./versions";

/** A port that the stack will publish, and the containers that may hold it already. */
export interface WantedPort {
  port: number;
  use: string;
  containers: RegExp;
}

export interface Collect {
  /** The offline folder in use. */
  offline?: string;
  ports?: WantedPort[];
}

/** The script behind `npm run lab`. */
export const LAB: string = path.join(PROJECT_FOLDER, "test", "lab", "lab");

/** The offline folder that `npm run lab -- build` makes unless told otherwise. */
export function labFolder(): string {
  return process.env.LAB || path.join(folders().cache, "lab");
}

const GIB = 1024 ** 3;

/** Looks at the machine; asks nothing over the network. */
export async function collect({ offline, ports = [] }: Collect): Promise<Facts> {
  const [engine, kind, kubectl, pulumi, go] = await Promise.all([
    containerEngine(),
    tool("kind", ["version"], offline),
    tool("kubectl", ["version", "--client"], offline),
    tool("pulumi", ["version"], offline),
    tool("go", ["version"], offline),
  ]);
  const debian = isDebian();
  const lab = labFolder();
  return {
    os: process.platform,
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    debian,
    root: process.getuid?.() === 0,
    cpus: os.cpus().length,
    memoryGiB: os.totalmem() / GIB,
    freeGiB: Math.min(freeGiB(folders().cache), freeGiB("/var/lib/docker")),
    kvm: kvm(),
    lacksOfV3: hostLacksOfV3(),
    node: process.versions.node,
    engine,
    kind,
    kubectl,
    pulumi,
    go,
    kubernetesPlugin: kubernetesPlugin(offline),
    dynamicProvider: find("pulumi-resource-pulumi-nodejs")?.path,
    ports: await Promise.all(ports.map((wanted) => portFact(wanted, engine))),
    inotify: await inotify(engine),
    offline: offline ? (inspectOffline(offline) ?? { folder: offline, missing: ["the folder itself"] }) : undefined,
    lab: offline === lab ? undefined : inspectOffline(lab),
    proxies: namedProxies(),
    missingPackages: debian && !offline ? await missingPackages() : [],
  };
}

async function tool(name: string, args: string[], offline?: string): Promise<Tool | undefined> {
  const found = find(name, offline);
  if (!found) return undefined;
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const { code, stdout } = await run(found.path, args, { env });
  return { ...found, version: code === 0 ? versionIn(stdout) : undefined };
}

async function containerEngine(): Promise<ContainerEngine | undefined> {
  const findings = await Promise.all([probeContainerEngine("docker"), probeContainerEngine("podman")]);
  for (const finding of findings) {
    if (finding.state !== "ready") continue;
    const { name, version, cgroupVersion } = finding.engine;
    return { name, running: true, version, cgroup: cgroupVersion };
  }
  const silent = findings.find(({ state }) => state === "silent");
  return silent && { name: silent.name, running: false };
}

/** The plugin on PATH. The stand-in's launcher is a script, the published plugin is a binary. */
export function kubernetesPlugin(offline?: string): Facts["kubernetesPlugin"] {
  const found = find("pulumi-resource-kubernetes", offline);
  if (!found) return undefined;
  const start = Buffer.alloc(2);
  const file = fs.openSync(found.path, "r");
  fs.readSync(file, start, 0, 2, 0);
  fs.closeSync(file);
  return { path: found.path, standIn: start.toString() === "#!" };
}

/** A port that a container of this stack holds is as good as free. */
async function portFact({ port, use, containers }: WantedPort, engine: ContainerEngine | undefined): Promise<Port> {
  if (await isPortFree(port)) return { port, use, holder: "nobody" };
  if (!engine?.running) return { port, use, holder: "unknown" };
  const args = ["ps", "--filter", `publish=${port}`, "--format", "{{.Names}}"];
  const { stdout } = await run(engine.name, args);
  const names = stdout.split("\n").filter(Boolean);
  return { port, use, holder: names.length > 0 && names.every((it) => containers.test(it)) ? "ours" : "somebody" };
}

/** A limit that several KinD clusters exhaust: https://kind.sigs.k8s.io/docs/user/known-issues/ */
async function inotify(engine: ContainerEngine | undefined): Promise<Facts["inotify"]> {
  const file = "/proc/sys/fs/inotify/max_user_instances";
  if (!engine?.running || !fs.existsSync(file)) return undefined;
  const { stdout } = await run(engine.name, ["ps", "--quiet", "--filter", "label=io.x-k8s.kind.cluster"]);
  return { limit: Number(fs.readFileSync(file, "utf8")), nodes: stdout.split("\n").filter(Boolean).length };
}

/** What `lab deps` would add; nothing where the lab does not say. */
async function missingPackages(): Promise<string[]> {
  const { code, stdout } = await run("bash", [LAB, "deps", "--list"]);
  return code === 0 ? stdout.split(/\s+/).filter(Boolean) : [];
}

function isDebian(): boolean {
  const release = fs.existsSync("/etc/os-release") ? fs.readFileSync("/etc/os-release", "utf8") : "";
  return /^ID(_LIKE)?=.*\bdebian\b/m.test(release);
}

function kvm(): Facts["kvm"] {
  if (!fs.existsSync("/dev/kvm")) return "no";
  try {
    fs.accessSync("/dev/kvm", fs.constants.R_OK | fs.constants.W_OK);
    return "yes";
  } catch {
    return "locked";
  }
}

/** GiB free where a folder is, or will be made. */
function freeGiB(folder: string): number {
  let existing = path.resolve(folder);
  while (!fs.existsSync(existing) && path.dirname(existing) !== existing) existing = path.dirname(existing);
  const { bavail, bsize } = fs.statfsSync(existing);
  return (bavail * bsize) / GIB;
}
