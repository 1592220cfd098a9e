import type { Registry } from "../../../components/clusters/cluster";
import { forwardToPod, type Forward } from "../../../components/kubernetes/forward";
import { IN_CLUSTER, REGISTRY_PODS } from "../../../components/platform/registry";

/** How this machine reaches a registry that the stack made: beside KinD by a port of this machine, in a cluster through its API server. */
export async function reachRegistry(
  { address, pullAddress = address }: Registry,
  kubeconfig: string,
): Promise<Forward> {
  if (address === IN_CLUSTER.address) return forwardToPod(kubeconfig, REGISTRY_PODS);
  return { address: pullAddress, close: () => undefined };
}
