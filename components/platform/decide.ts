import type { Mode, PartName, PlatformSettings } from "./part";
import type { PartSettings } from "./schema";
import { KVM_RESOURCE } from "./kvm";
import { UserError } from "../errors";
import type { Found, FoundParts } from "./found";
import type { Manifests } from "./manifests";
import { PART_NAMES, PARTS } from "./parts";
import { exactVersion, isOlder } from "../versions";

/** What a stack does about a part. */
export type Decision =
  | { action: "install" }
  | { action: "use"; version?: string; namespace: string }
  | { action: "none" }
  | { action: "refuse"; reason: string };

export interface PartsToDecide {
  parts: PlatformSettings;
  /** What the cluster has; absent where it was not asked. */
  found?: FoundParts;
  /** Class of volumes that the cluster or its stack names. */
  storageClass?: string;
  stack: string;
}

/** What to do about each part. @throws UserError where a part can neither be installed nor used */
export function decideParts(args: PartsToDecide): Record<PartName, Decision> {
  const decisions = PART_NAMES.map((name) => {
    const there = name === "storage" ? storageThere(args) : partThere(name, args);
    const decision = decide(name, args.parts[name], there, args.stack);
    if (decision.action === "refuse") throw new UserError(decision.reason);
    return [name, decision] as const;
  });
  return Object.fromEntries(decisions) as Record<PartName, Decision>;
}

/**
 * For a cluster that is new, with nothing of the platform in it: before it is made.
 * @throws UserError where what has to be installed is not at hand
 */
export function requireManifests(parts: PlatformSettings, manifests: Manifests, stack: string): void {
  for (const [name, { action }] of Object.entries(decideParts({ parts, stack }))) {
    const missing = manifests[name as PartName]?.missing;
    if (action === "install" && missing !== undefined) throw new UserError(missing);
  }
}

/** What is to be used counts as there where nobody was asked. */
function partThere(name: PartName, { parts, found }: PartsToDecide): Found | undefined {
  if (found) return found[name];
  const { title, namespace } = PARTS[name];
  return parts[name].mode === "use" ? { product: title, namespace } : undefined;
}

/** A class that the stack names will do; and where nobody was asked, clusters have a default one. */
function storageThere({ found, storageClass }: PartsToDecide): Found | undefined {
  if (found?.storage) return found.storage;
  if (storageClass !== undefined) return { product: `StorageClass ${storageClass}`, namespace: "" };
  return found ? undefined : { product: "a default StorageClass", namespace: "" };
}

/**
 * Decides between what the stack asks for and what the cluster has. A part that this stack did not install is used as it is or not
 * at all: never changed, never deleted.
 *
 * @param found what the cluster has of the part; `undefined`: nothing
 * @param stack name of the stack, which tells its own parts from others'
 */
export function decide(name: PartName, settings: PartSettings, found: Found | undefined, stack: string): Decision {
  const { title, version: standard, minimum } = PARTS[name];
  const key = `platform.${name}`;
  const { mode } = settings;
  const version = exactVersion(settings.version ?? standard);
  if (mode === "none") return { action: "none" };

  const own = found !== undefined && found.stack === stack;
  if (mode === "use" && found === undefined) {
    return refuse(`${key}.mode is use, but the cluster has no ${title}: install it there, or set the mode to install`);
  }
  if (mode === "use" && own) {
    return refuse(
      `${key}.mode is use, but the cluster's ${title} is this stack's own: set the mode to install or auto`,
    );
  }
  if (found === undefined || own) {
    if (minimum && isOlder(version, minimum)) {
      return refuse(`${key}.version is ${version}, but at least ${minimum} is needed`);
    }
    return { action: "install" };
  }

  const there = `the cluster has ${found.product}${found.version === undefined ? "" : ` ${found.version}`} already`;
  const owner = found.stack === undefined ? "" : ` (of stack ${found.stack})`;
  if (mode === "install") {
    return refuse(`${key}.mode is install, but ${there}${owner}: set the mode to auto or use, or remove it there`);
  }
  const needed = found.minimum ?? minimum;
  if (needed && found.version !== undefined && isOlder(found.version, needed)) {
    return refuse(`${key}: ${there}${owner}, but at least ${needed} is needed: update it there`);
  }
  if (needed && found.version === undefined && mode === "auto") {
    return refuse(
      `${key}: ${there}${owner}, of a version that cannot be told: set the mode to use if it is ${needed} or newer`,
    );
  }
  return { action: "use", version: found.version, namespace: found.namespace };
}

function refuse(reason: string): Decision {
  return { action: "refuse", reason: `${reason}.` };
}

/**
 * Decides about the device plugin.
 *
 * @param kvm nodes have /dev/kvm
 * @param found who offers {@link KVM_RESOURCE} in the cluster; `undefined`: nobody
 */
export function decideKvm(mode: Mode, kvm: boolean, found: Found | undefined, stack: string): KvmDecision {
  const foreign = found !== undefined && found.stack !== stack;
  const key = "platform.kvmDevicePlugin";
  if (mode === "use" && !foreign) {
    return {
      action: "refuse",
      reason: `${key} is use, but no node offers ${KVM_RESOURCE}: set it to auto or install.`,
    };
  }
  if (mode === "install" && foreign) {
    return {
      action: "refuse",
      reason: `${key} is install, but nodes offer ${KVM_RESOURCE} already: set it to auto or use.`,
    };
  }
  if (mode === "none" || (mode === "auto" && !kvm)) return { action: "none" };
  return { action: foreign ? "use" : "install" };
}

export type KvmDecision = { action: "install" | "use" | "none" } | { action: "refuse"; reason: string };
