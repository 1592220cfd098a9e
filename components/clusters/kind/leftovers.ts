import { removeClusters } from "./nodes-provider";
import { KIND_REGISTRY } from "./containers";
import { removeRegistry } from "./registry-provider";

/**
 * Removes what an `up` made before it was killed, and the stack's state may not know: the stack's clusters, and the registry once
 * no cluster uses it. Runs at the end of a `destroy`.
 *
 * @param port port of the registry on this machine
 * @returns names of the removed clusters
 */
export async function removeKindLeftovers(stack: string, port: number): Promise<string[]> {
  const clusters = await removeClusters(stack);
  await removeRegistry(KIND_REGISTRY, { port });
  return clusters;
}
