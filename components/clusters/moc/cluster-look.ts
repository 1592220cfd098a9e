import { Refused, Unreachable, type KubernetesClient, type KubeObject } from "../../kubernetes/client";

/** How far a cluster is, by its own API. */
export interface ClusterLook {
  /** The rendezvous host's part is done, but for its own restart. */
  bootstrapped: boolean;
  /** Names of nodes that have joined, and whether they are ready. */
  nodes: Map<string, boolean>;
  /** All of the version's operators are there and at rest. */
  available: boolean;
  /** In the words of ClusterVersion: what it does or what keeps it. */
  doing: string;
}

/** No API took the kubeconfig, and why. */
export interface NoCluster {
  noCluster: string;
}

/** Milliseconds for an answer. */
const PATIENCE = 5_000;

interface Condition {
  type: string;
  status: string;
  message?: string;
}

export async function lookAtCluster(cluster: KubernetesClient): Promise<ClusterLook | NoCluster> {
  try {
    const [nodes, bootstrap, version] = await Promise.all([
      get(cluster, "/api/v1/nodes"),
      get(cluster, "/api/v1/namespaces/kube-system/configmaps/bootstrap"),
      get(cluster, "/apis/config.openshift.io/v1/clusterversions/version"),
    ]);
    const conditions = (version?.status?.conditions ?? []) as Condition[];
    const is = (type: string, status: string) => conditions.some((it) => it.type === type && it.status === status);
    const saying = (type: string) => conditions.find((it) => it.type === type && it.status === "True")?.message;
    return {
      bootstrapped: bootstrap?.data?.status === "complete",
      nodes: new Map(((nodes?.items ?? []) as KubeObject[]).map((node) => [node.metadata.name!, isReady(node)])),
      available: is("Available", "True") && !is("Failing", "True") && is("Progressing", "False"),
      doing: saying("Failing") ?? saying("Progressing") ?? "",
    };
  } catch (error) {
    // What answers in other words than JSON is none.
    const none = error instanceof Unreachable || error instanceof Refused || error instanceof SyntaxError;
    if (none) return { noCluster: error.message };
    throw error;
  }
}

/** What a failed installation is looked into with. */
export async function describeCluster(cluster: KubernetesClient): Promise<Record<string, unknown>> {
  const paths = {
    nodes: "/api/v1/nodes",
    clusterVersion: "/apis/config.openshift.io/v1/clusterversions/version",
    clusterOperators: "/apis/config.openshift.io/v1/clusteroperators",
    signingRequests: "/apis/certificates.k8s.io/v1/certificatesigningrequests",
  };
  const found = Object.entries(paths).map(async ([name, path]) => [
    name,
    await get(cluster, path).catch((error: unknown) => (error as Error).message),
  ]);
  return Object.fromEntries(await Promise.all(found)) as Record<string, unknown>;
}

async function get(cluster: KubernetesClient, path: string): Promise<KubeObject | undefined> {
  try {
    return (await cluster.request("GET", path, { timeout: PATIENCE })) as KubeObject;
  } catch (error) {
    if (error instanceof Refused && error.code === 404) return undefined;
    throw error;
  }
}

function isReady({ status }: KubeObject): boolean {
  const conditions = (status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
  return conditions.some((it) => it.type === "Ready" && it.status === "True");
}
