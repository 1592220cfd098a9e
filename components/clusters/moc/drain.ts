import { UserError } from "../../errors";
import { Refused, type KubernetesClient, type KubeObject } from "../../kubernetes/client";
import { waitFor } from "../../openstack/wait";

/** Minutes that pods may take to leave, those among them that others must not be without. */
const PATIENCE = 15;

/**
 * Removes a node from a cluster: it is cordoned, its pods are evicted within their disruption budgets, and the node is deleted. A
 * missing node is not an error.
 *
 * @returns whether it was there
 * @throws UserError where pods stay; the node is then left as it is
 */
export async function drain(cluster: KubernetesClient, name: string): Promise<boolean> {
  const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
  const patch = { body: { spec: { unschedulable: true } }, contentType: "application/merge-patch+json" };
  if (!(await unlessAbsent(() => cluster.request("PATCH", path, patch)))) return false;
  let left: string[] = [];
  const empty = await waitFor(async () => {
    const pods = await podsToMove(cluster, name);
    left = pods.map(({ metadata }) => `${metadata.namespace!}/${metadata.name!}`);
    for (const pod of pods) await evict(cluster, pod);
    return pods.length === 0 ? true : undefined;
  }, PATIENCE);
  if (!empty) {
    throw new UserError(
      `${name} was not given back: after ${String(PATIENCE)} min it still has ${left.join(", ")}, which may not be without it or do ` +
        `not end. It takes no new pods; \`kubectl uncordon ${name}\` lets it. Where its machine is lost, \`kubectl delete node ${name}\` ` +
        `first, and give it back again.`,
    );
  }
  await unlessAbsent(() => cluster.request("DELETE", path, {}));
  return true;
}

/** Pods of a DaemonSet and those of the node itself go with it. */
async function podsToMove(cluster: KubernetesClient, node: string): Promise<KubeObject[]> {
  const query = { fieldSelector: `spec.nodeName=${node}` };
  const { items } = (await cluster.request("GET", "/api/v1/pods", { query })) as { items: KubeObject[] };
  return items.filter(({ metadata, status }) => {
    const owners = (metadata.ownerReferences ?? []) as { kind: string }[];
    const stays = owners.some(({ kind }) => kind === "DaemonSet" || kind === "Node");
    const hasEnded = ["Succeeded", "Failed"].includes((status as { phase?: string } | undefined)?.phase ?? "");
    return !stays && !hasEnded;
  });
}

async function evict(cluster: KubernetesClient, { metadata }: KubeObject): Promise<void> {
  const { name, namespace } = metadata;
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
  try {
    await cluster.request("POST", `/api/v1/namespaces/${namespace!}/pods/${name!}/eviction`, { body });
  } catch (error) {
    // A budget does not allow it now, or it is gone.
    if (!(error instanceof Refused) || ![404, 409, 429].includes(error.code)) throw error;
  }
}

async function unlessAbsent(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof Refused && error.code === 404) return false;
    throw error;
  }
}
