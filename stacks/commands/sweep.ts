import type { Configuration } from "../configuration/schema";
import { find } from "../tools/search";

/** Name of the registry's container, as `KindCluster` has it. */
const REGISTRY = "kind-registry";

/**
 * Removes a KinD cluster of the stack that the state does not know: an `up` that was killed made it, or the state was
 * lost. Clusters and registries of others are left alone.
 * @throws UserError when the container engine does not answer
 */
export async function sweep(stack: string, { cluster }: Configuration): Promise<void> {
  if (cluster.type !== "kind" || !(find("docker") ?? find("podman")) || !find("kind")) return;
  const [nodes, registry] = await Promise.all([
    import("../../components/clusters/kind-provider"),
    import("../../components/clusters/kind-registry-provider"),
  ]);
  const { name, registryPort } = cluster;
  await nodes.provider.delete!("", { name, stack });
  await registry.provider.delete!(REGISTRY, { clusterName: name, port: registryPort });
}
