import { removeClusters } from "./nodes-provider";
import { KIND_REGISTRY } from "./containers";
import { removeRegistry } from "./registry-provider";

/**
 * Removes what a stack's state may not know because an `up` was killed while it made it: the stack's clusters, and the
 * registry where no cluster uses it any more. For the end of a `destroy`.
 *
 * @param port port of the registry on this machine
 * @returns names of the clusters
 */
export async function removeKindLeftovers(stack: string, port: number): Promise<string[]> {
  const clusters = await removeClusters(stack);
  await removeRegistry(KIND_REGISTRY, { port });
  return clusters;
}
