import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { imageArchitecture } from "../../components/images/architecture";
import { namedProxies } from "../../components/proxy";
import { folders, PROJECT_FOLDER } from "../environment";
import { collectLocal, type WantedHere } from "./collect-local";
import { hostLacksOfV3 } from "./cpu-level";
import type { Facts, Tool } from "./facts";
import { freeBytes } from "./free";
import { inspectOffline } from "./offline";
import { run } from "./run";
import { find } from "./search";
import { versionIn } from "./versions";

export interface Collect {
  /** The offline folder in use. */
  offline?: string;
  /** What the stack has on this machine. @default nothing */
  wanted?: WantedHere;
}

/** The script behind `npm run lab`. */
export const LAB: string = path.join(PROJECT_FOLDER, "test", "lab", "lab");

/** The offline folder that `npm run lab -- build` makes unless told otherwise. */
export function labFolder(): string {
  return process.env.LAB || path.join(folders().cache, "lab");
}

const GIB = 1024 ** 3;

/** Looks at the machine; asks nothing over the network. */
export async function collect({ offline, wanted }: Collect): Promise<Facts> {
  const [{ dataFolder, ...local }, kind, kubectl, pulumi, go] = await Promise.all([
    collectLocal(wanted),
    tool("kind", ["version"], offline),
    tool("kubectl", ["version", "--client"], offline),
    tool("pulumi", ["version"], offline),
    tool("go", ["version"], offline),
  ]);
  const debian = isDebian();
  const lab = labFolder();
  return {
    os: process.platform,
    architecture: imageArchitecture(),
    debian,
    root: process.getuid?.() === 0,
    cpus: os.cpus().length,
    memoryGiB: os.totalmem() / GIB,
    freeGiB: Math.min(...[folders().cache, dataFolder].flatMap((folder) => (folder ? [freeBytes(folder) / GIB] : []))),
    kvm: kvm(),
    lacksOfV3: hostLacksOfV3(),
    node: process.versions.node,
    ...local,
    kind,
    kubectl,
    pulumi,
    go,
    kubernetesPlugin: kubernetesPlugin(offline),
    dynamicProvider: find("pulumi-resource-pulumi-nodejs")?.path,
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
