import { UserError } from "../errors";
import { type KubernetesClient, type KubeObject, Refused } from "../kubernetes/client";
import { KVM_DEVICE_PLUGIN, KVM_RESOURCE } from "./kvm";
import { defaultClass, STACK } from "../kubernetes/marks";
import { PART_NAMES, PARTS } from "./parts";
import type { Mode, Part, PartName } from "./part";
import { versionOf } from "./versions";

/** A part as a cluster has it. */
export interface Found {
  /** What brought it: `Tekton Pipelines`, `OpenShift Pipelines` … */
  product: string;
  /** Absent where it cannot be told. */
  version?: string;
  /** Oldest usable version of that product, where its numbers are not the part's. */
  minimum?: string;
  namespace: string;
  /** The stack of this project that installed it; absent where somebody else did. */
  stack?: string;
}

/** By part; what the cluster does not have is absent. */
export type FoundParts = Partial<Record<PartName | "kvmDevicePlugin", Found>>;

/** The client's reading half. */
export type Reader = Pick<KubernetesClient, "get" | "list">;

/** What a stack says of each part: of one that it does without nobody is asked. */
export type Wanted = Record<PartName, { mode: Mode }> & { kvmDevicePlugin: Mode };

/**
 * Looks in the cluster for the platform's parts that a stack uses.
 *
 * @param wanted @default every part
 * @throws UserError where the user may not look, naming the setting that makes it unnecessary; the client's own error for a
 *   cluster that is out of reach
 */
export async function findParts(cluster: Reader, wanted?: Wanted): Promise<FoundParts> {
  const names = PART_NAMES.filter((name) => wanted?.[name].mode !== "none");
  const parts = names.map(async (name) => {
    const found = name === "storage" ? findStorage(cluster) : findPart(name, cluster, wanted?.[name].mode);
    return [name, await found] as const;
  });
  const kvm = wanted?.kvmDevicePlugin === "none" ? undefined : findKvm(cluster);
  const entries = await Promise.all([...parts, (async () => ["kvmDevicePlugin", await kvm] as const)()]);
  return Object.fromEntries(entries.filter(([, found]) => found !== undefined));
}

async function findPart(name: PartName, cluster: Reader, mode: Mode = "auto"): Promise<Found | undefined> {
  const part: Part = PARTS[name];
  const metadata = { name: part.definition! };
  const definition = await cluster
    .get({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata })
    .catch((error: unknown) => {
      if (!isForbidden(error)) throw error;
      if (mode === "use") return FORBIDDEN;
      throw new UserError(
        `The cluster does not let you look for ${part.title} (${error.message}): set platform.${name}.mode to use if it is there, or to none.`,
      );
    });
  if (definition === undefined) return undefined;
  const owner = definition === FORBIDDEN ? {} : ownerOf(definition);
  for (const source of part.versionSources) {
    const { apiVersion, kind, product, namespace, name: holderName, minimum, home = namespace } = source;
    const ref = { apiVersion, kind, metadata: { name: holderName, namespace } };
    // A version that may not be seen is one that cannot be told.
    const holder = await cluster.get(ref).catch((error: unknown) => {
      if (!isForbidden(error)) throw error;
      return undefined;
    });
    if (holder !== undefined) {
      const version = versionOf(holder, source);
      return { product, ...(version && { version }), ...(minimum && { minimum }), namespace: home, ...owner };
    }
  }
  return { product: part.title, namespace: part.namespace, ...owner };
}

/** Stands for a definition that the user may not see, of a part that the stack says is there. */
const FORBIDDEN: KubeObject = { apiVersion: "", kind: "", metadata: {} };

function isForbidden(error: unknown): error is Refused {
  return error instanceof Refused && error.code === 403;
}

/** The default StorageClass, whatever is behind it. Classes that may not be seen are the cluster's own matter too. */
async function findStorage(cluster: Reader): Promise<Found | undefined> {
  try {
    const classes = await cluster.list({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: {} });
    const found = defaultClass(classes);
    return found && { product: `StorageClass ${found.metadata.name!}`, namespace: "", ...ownerOf(found) };
  } catch (error) {
    if (isForbidden(error)) return { product: "StorageClasses of its own", namespace: "" };
    throw error;
  }
}

async function findKvm(cluster: Reader): Promise<Found | undefined> {
  const metadata = { name: KVM_DEVICE_PLUGIN, namespace: KVM_DEVICE_PLUGIN };
  const plugin = await cluster.get({ apiVersion: "apps/v1", kind: "DaemonSet", metadata }).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
    return undefined;
  });
  const owner = plugin && ownerOf(plugin);
  if (!owner?.stack && !(await offersKvm(cluster))) return undefined;
  return { product: KVM_RESOURCE, namespace: KVM_DEVICE_PLUGIN, ...owner };
}

async function offersKvm(cluster: Reader): Promise<boolean> {
  try {
    const nodes = await cluster.list({ apiVersion: "v1", kind: "Node", metadata: {} });
    return nodes.some(({ status }) => Number(status?.allocatable?.[KVM_RESOURCE] ?? 0) > 0);
  } catch (error) {
    // Who may not see nodes is told by cluster.kvm.
    if (isForbidden(error)) return false;
    throw error;
  }
}

function ownerOf({ metadata: { labels, annotations } }: KubeObject): { stack?: string } {
  const stack = (annotations?.[STACK] ?? labels?.[STACK]) as string | undefined;
  return stack === undefined ? {} : { stack };
}
