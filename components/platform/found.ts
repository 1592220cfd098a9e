import { type Cluster, type KubeObject, Refused } from "../kubernetes/client";
import { KVM_DEVICE_PLUGIN, KVM_RESOURCE } from "./kvm";
import { DEFAULT_CLASS, STACK } from "../kubernetes/marks";
import { PART_NAMES, PARTS } from "./parts";
import { type Part, type PartName } from "./part";
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
export type Reader = Pick<Cluster, "get" | "list">;

/** Looks for every part of the platform in a cluster. @throws what the client throws for a cluster that is out of reach */
export async function findParts(cluster: Reader): Promise<FoundParts> {
  const parts = PART_NAMES.map(async (name) => {
    const found = name === "storage" ? findStorage(cluster) : findPart(PARTS[name], cluster);
    return [name, await found] as const;
  });
  const entries = await Promise.all([...parts, findKvm(cluster).then((found) => ["kvmDevicePlugin", found] as const)]);
  return Object.fromEntries(entries.filter(([, found]) => found !== undefined));
}

async function findPart(part: Part, cluster: Reader): Promise<Found | undefined> {
  const definition = await cluster.get({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: part.definition! },
  });
  if (definition === undefined) return undefined;
  const owner = ownerOf(definition);
  for (const source of part.versionSources) {
    const { apiVersion, kind, product, namespace, name, minimum, home = namespace } = source;
    const holder = await cluster.get({ apiVersion, kind, metadata: { name, namespace } });
    if (holder !== undefined) {
      const version = versionOf(holder, source);
      return { product, ...(version && { version }), ...(minimum && { minimum }), namespace: home, ...owner };
    }
  }
  return { product: part.title, namespace: part.namespace, ...owner };
}

/** The default StorageClass, whatever is behind it. Classes that may not be seen are the cluster's own matter too. */
async function findStorage(cluster: Reader): Promise<Found | undefined> {
  try {
    const classes = await cluster.list({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: {} });
    const found = classes.find(({ metadata: { annotations } }) => annotations?.[DEFAULT_CLASS] === "true");
    return found && { product: `StorageClass ${found.metadata.name!}`, namespace: "", ...ownerOf(found) };
  } catch (error) {
    if (error instanceof Refused && error.code === 403) return { product: "StorageClasses of its own", namespace: "" };
    throw error;
  }
}

async function findKvm(cluster: Reader): Promise<Found | undefined> {
  const metadata = { name: KVM_DEVICE_PLUGIN, namespace: KVM_DEVICE_PLUGIN };
  const plugin = await cluster.get({ apiVersion: "apps/v1", kind: "DaemonSet", metadata });
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
    if (error instanceof Refused && error.code === 403) return false;
    throw error;
  }
}

function ownerOf({ metadata: { labels, annotations } }: KubeObject): { stack?: string } {
  const stack = (annotations?.[STACK] ?? labels?.[STACK]) as string | undefined;
  return stack === undefined ? {} : { stack };
}
