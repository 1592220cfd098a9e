import { UserError } from "../errors";
import { defaultClass } from "../kubernetes/marks";
import type { MachinePool } from "./cluster";
import { type KubernetesClient, Refused, Unreachable } from "../kubernetes/client";
import { connect } from "../kubernetes/connection";

/** What a running cluster says of itself. */
export interface Inspection {
  /** UID of namespace kube-system: another for every cluster, the same for a cluster's whole life. */
  identifier: string;
  /** Its version of Kubernetes, `1.30`; absent where it does not say. */
  kubernetes?: string;
  /** Architectures of the nodes, sorted; absent where the nodes may not be listed. */
  architectures?: string[];
  /** A node offers devices.kubevirt.io/kvm; absent where the nodes may not be listed. */
  kvm?: boolean;
  /** Name of the default StorageClass; absent where there is none, or they may not be listed. */
  storageClass?: string;
  /** OpenShift's API groups are served. */
  openshift: boolean;
  /** The kinds of Prometheus' operator are served. */
  monitoring?: true;
  /** Of OpenShift's nodes that take pods of anybody: the pools that they are in; absent where the nodes may not be listed. */
  machinePools?: MachinePool[];
  /** Its namespaces; absent where they may not be listed. */
  namespaces?: NamespaceMeta[];
}

export interface NamespaceMeta {
  name: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** Extended resource under which KVM is handed out: https://github.com/kubevirt/kubernetes-device-plugins */
const KVM = "devices.kubevirt.io/kvm";
const OPENSHIFT = ["security.openshift.io", "route.openshift.io", "machineconfiguration.openshift.io"];
const MONITORING = "monitoring.coreos.com";
const CONTROL_PLANE = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/** Seconds that all questions together may take. */
const PATIENCE = 20;

interface Node {
  metadata: { labels?: Record<string, string> };
  spec: { taints?: { effect: string }[] };
  status: { nodeInfo: { architecture: string }; allocatable?: Record<string, string> };
}

interface StorageClass {
  metadata: { name: string; annotations?: Record<string, string> };
}

/**
 * Asks a cluster for what it can do.
 *
 * @param origin where the kubeconfig came from, for messages
 * @throws UserError when it cannot be reached or lets nobody in
 */
export async function inspectCluster(kubeconfig: string, origin: string, seconds = PATIENCE): Promise<Inspection> {
  const client = await connect(kubeconfig);
  let deadline: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    deadline = setTimeout(() => {
      reject(new UserError(`The cluster of ${origin} did not answer within ${String(seconds)} s.`));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([ask(client), late]);
  } catch (error) {
    if (error instanceof Unreachable) {
      throw new UserError(`The cluster of ${origin} cannot be reached: ${error.message}.`);
    }
    if (error instanceof Refused) {
      const who = error.code === 401 ? "its credentials are not valid" : error.message;
      throw new UserError(`The cluster of ${origin} refused (HTTP ${String(error.code)}): ${who}.`);
    }
    throw error;
  } finally {
    clearTimeout(deadline);
  }
}

async function ask(client: KubernetesClient): Promise<Inspection> {
  const namespace = (await client.request("GET", "/api/v1/namespaces/kube-system")) as {
    metadata?: { uid?: string };
  } | null;
  const groups = (await client.request("GET", "/apis")) as { groups?: { name: string }[] } | null;
  const identifier = namespace?.metadata?.uid;
  if (identifier === undefined || !groups?.groups) {
    throw new Unreachable(
      "what answers is no API server: its namespace kube-system has no UID, or it lists no API groups",
    );
  }
  const version = await askIfAllowed<{ major: string; minor: string }>(client, "/version");
  const nodes = await listIfAllowed<Node>(client, "/api/v1/nodes");
  const classes = await listIfAllowed<StorageClass>(client, "/apis/storage.k8s.io/v1/storageclasses");
  const namespaces = await listIfAllowed<{ metadata: NamespaceMeta }>(client, "/api/v1/namespaces");
  const openshift = OPENSHIFT.every((group) => groups.groups!.some(({ name }) => name === group));
  return {
    identifier,
    // Some distributions write 30+.
    ...(version && { kubernetes: `${version.major}.${parseInt(version.minor, 10)}` }),
    ...(nodes && {
      architectures: [...new Set(nodes.map(({ status }) => status.nodeInfo.architecture))].sort(),
      kvm: nodes.some(({ status }) => (status.allocatable?.[KVM] ?? "0") !== "0"),
    }),
    storageClass: defaultClass(classes ?? [])?.metadata.name,
    openshift,
    ...(groups.groups.some(({ name }) => name === MONITORING) && { monitoring: true as const }),
    ...(openshift && nodes && { machinePools: machinePools(nodes) }),
    ...(namespaces && {
      namespaces: namespaces.map(({ metadata: { name, labels, annotations } }) => ({ name, labels, annotations })),
    }),
  };
}

/** A node that is control plane and worker alike is in pool master. */
function machinePools(nodes: Node[]): MachinePool[] {
  const open = nodes.filter(({ spec }) => !spec.taints?.some(({ effect }) => effect === "NoSchedule"));
  const pools = open.map(({ metadata: { labels = {} } }) =>
    CONTROL_PLANE.some((it) => it in labels) ? "master" : "worker",
  );
  return [...new Set(pools)].sort() as MachinePool[];
}

async function listIfAllowed<T>(client: KubernetesClient, path: string): Promise<T[] | undefined> {
  return (await askIfAllowed<{ items: T[] }>(client, path))?.items;
}

async function askIfAllowed<T>(client: KubernetesClient, path: string): Promise<T | undefined> {
  try {
    return (await client.request("GET", path)) as T;
  } catch (error) {
    if (error instanceof Refused && error.code === 403) return undefined;
    throw error;
  }
}
