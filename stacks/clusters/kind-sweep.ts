import { findContainerEngine, runKind } from "../../components/clusters/kind/container-engine";
import { isOfStack, listNodes, registryOf } from "../../components/clusters/kind/containers";
import { listExpired, removeNetwork } from "../../components/clusters/kind/network";
import { removeClusters } from "../../components/clusters/kind/nodes-provider";
import { removeRegistry } from "../../components/clusters/kind/registry-provider";
import { KIND_REGISTRY_PORT, type KindSettings } from "../../components/clusters/kind/schema";
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
  await removeRegistry(registryOf(cluster), { port: cluster.registryPort });
  if (cluster.network) await removeNetwork(engine, { name: cluster.network, stack });
}

/**
 * Removes clusters that have outlived their time, with their networks and registries, whoever made them: the state of a stack may
 * be lost, as on a machine of a CI system.
 */
export async function sweepExpiredKind(now: Date, tell: (line: string) => void): Promise<void> {
  if (!(find("docker") ?? find("podman")) || !find("kind")) return;
  const engine = await findContainerEngine();
  for (const network of await listExpired(engine, now)) {
    const { name, stack } = network;
    await removeClusters(stack);
    await removeRegistry(registryOf({ network: name }), { port: KIND_REGISTRY_PORT });
    await removeNetwork(engine, network);
    tell(`${stack} has outlived its time: its cluster, registry and network are removed.`);
  }
}
