import { findContainerEngine, runKind } from "../../components/clusters/kind/container-engine";
import { isOfStack, listNodes } from "../../components/clusters/kind/containers";
import { KIND_REGISTRY } from "../../components/clusters/kind/containers";
import { removeRegistry } from "../../components/clusters/kind/registry-provider";
import type { KindSettings } from "../../components/clusters/kind/schema";
import { find } from "../tools/search";
import type { SweepContext } from "./cluster-kind";

/**
 * Removes a KinD cluster of the stack that its state does not know, because an `up` was killed or the state was lost. Other
 * clusters and registries are left alone, including another checkout's cluster of a different name.
 *
 * @throws UserError when the container engine does not answer
 */
export async function sweepKind(cluster: KindSettings, { stack, kubeconfig }: SweepContext): Promise<void> {
  if (!(find("docker") ?? find("podman")) || !find("kind")) return;
  const engine = await findContainerEngine();
  const nodes = await listNodes(engine, cluster.name);
  if (nodes.some((node) => isOfStack(node, stack))) {
    // kind takes the cluster out of a kubeconfig: the user's is none of our business.
    const args = ["delete", "cluster", "--name", cluster.name, "--kubeconfig", kubeconfig];
    await runKind(engine, args, { seconds: 180 });
  }
  await removeRegistry(KIND_REGISTRY, { port: cluster.registryPort });
}
