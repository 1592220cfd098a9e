import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import envPaths from "env-paths";
import { imageArchitecture } from "../components/images/architecture";
import type { ManifestSources } from "../components/platform/manifests";
import { readEphemeral, type Ephemeral } from "./ephemeral";

/** What the program knows of the machine and the folders it runs in. */
export interface Environment {
  /** The stack's name: `kind`. */
  stack: string;
  /** Of a stack that lives for a while. @default it lives until it is destroyed */
  ephemeral?: Ephemeral;
  /** The in-process preview: no cluster, registry or network may be asked. */
  preview: boolean;
  /** A preview that stands for the stack itself: what cannot be had is an error, as it is for `up`. @default false */
  whole?: boolean;
  /** A preview that waits for what it needs of the network as `up` does. @default false */
  patient?: boolean;
  /** Half-way from one who delivers the sets to the other, see `components/delivery/hands.ts`. @default false */
  switching?: boolean;
  /** Downloads and builds, safe to delete at any time. */
  cacheFolder: string;
  /** Folder to take tools, manifests and images from; when it is set nothing is downloaded. */
  offlineFolder?: string;
  /** This machine has /dev/kvm and we may open it. */
  hostHasKvm: boolean;
  /** Of this machine, as images name it: `amd64`, `arm64`. */
  architecture: string;
  /** The folder that holds Pulumi.yaml. */
  projectFolder: string;
  /** The user's kubeconfig files: those that KUBECONFIG names. @default ~/.kube/config */
  kubeconfigs: string[];
}

/** Folders of ours in the user's home, as the platform wants them. */
export interface Folders {
  /** `${XDG_CACHE_HOME:-~/.cache}/okd-streams` on every platform. */
  cache: string;
  /** What must survive: the local backend's state. `${XDG_DATA_HOME:-~/.local/share}/okd-streams` on Linux. */
  state: string;
  /** What the user owns: the passphrase file. `${XDG_CONFIG_HOME:-~/.config}/okd-streams` on Linux. */
  config: string;
}

/** The project's root: the folder that holds Pulumi.yaml. */
export const PROJECT_FOLDER = resolve(__dirname, "..");

export function folders(): Folders {
  const { data, config } = envPaths("okd-streams", { suffix: "" });
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "okd-streams");
  return { cache, state: data, config };
}

/** Where Pulumi keeps its plugins. */
export function pulumiHome(): string {
  return process.env.PULUMI_HOME || join(folders().cache, "pulumi");
}

/** Where the commands keep what they know of a stack; `destroy` removes it. */
export function workspaceFolder(stack: string): string {
  return join(folders().state, "workspaces", stack);
}

/** The file of a workspace that names the offline folder from which the stack was deployed. */
export const OFFLINE_FILE = "offline-folder";

/**
 * The environment of this process.
 * `OKD_STREAMS_OFFLINE` names the offline folder, relative to the working directory; empty for none. Without it the one
 * from which the stack was deployed is used again, as long as it is there.
 */
export function readEnvironment(
  stack: string,
  { preview = false, projectFolder = PROJECT_FOLDER }: { preview?: boolean; projectFolder?: string } = {},
): Environment {
  const { KUBECONFIG: kubeconfigs } = process.env;
  const offline = offlineFolder(stack);
  const ephemeral = readEphemeral(workspaceFolder(stack));
  return {
    stack,
    ...(ephemeral && { ephemeral }),
    preview,
    cacheFolder: folders().cache,
    ...(offline && { offlineFolder: resolve(offline) }),
    hostHasKvm: hasKvm(),
    architecture: imageArchitecture(),
    projectFolder,
    // Empty entries are none, as for kubectl; and none of them is a `~`.
    kubeconfigs: kubeconfigs
      ? kubeconfigs
          .split(delimiter)
          .filter((file) => file !== "")
          .map((file) => resolve(file))
      : [join(homedir(), ".kube", "config")],
  };
}

/** A preview shows what it can: it does not wait for a network that is slow or not there. */
const PREVIEW_DEADLINE_MS = 2_000;

/** Where manifests of the platform come from, and are kept. */
export function manifestPlaces({ offlineFolder, cacheFolder, preview, whole, patient }: Environment): ManifestSources {
  return {
    cacheFolder: join(cacheFolder, "manifests"),
    ...(preview && !whole && !patient && { deadline: PREVIEW_DEADLINE_MS }),
    ...(offlineFolder && { manifestsFolder: join(offlineFolder, "manifests") }),
  };
}

function offlineFolder(stack: string): string | undefined {
  const { OKD_STREAMS_OFFLINE: named } = process.env;
  if (named !== undefined) return named;
  const file = join(workspaceFolder(stack), OFFLINE_FILE);
  const former = existsSync(file) ? readFileSync(file, "utf8") : "";
  return existsSync(former) ? former : undefined;
}

function hasKvm(): boolean {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
