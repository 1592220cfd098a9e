import { join } from "node:path";
import type { Cluster } from "../../components/clusters/cluster";
import { readImageArchives } from "../../components/clusters/kind/image-archives";
import { KindCluster } from "../../components/clusters/kind/kind";
import type { KindSettings } from "../../components/clusters/kind/schema";
import type { ClusterContext } from "./cluster-kind";

/** A KinD cluster as the configuration has it; a new one has no part of the platform. */
export async function create(
  { type, registryPort, ...shape }: KindSettings,
  { environment: { stack, hostHasKvm, architecture, offlineFolder, ephemeral }, images }: ClusterContext,
): Promise<{ cluster: Cluster }> {
  const cluster = new KindCluster("cluster", {
    ...shape,
    stack,
    ...(ephemeral && { until: ephemeral.until }),
    kvm: hostHasKvm,
    architecture,
    registry: { port: registryPort, image: images.registry! },
    defaultNodeImage: images["kind-node"]!,
    ...(offlineFolder && { imageArchives: await readImageArchives(join(offlineFolder, "images")) }),
  });
  return { cluster };
}
