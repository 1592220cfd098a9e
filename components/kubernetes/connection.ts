import { Cluster } from "./client";
import { loadKubeConfig } from "./credentials";

/** A client for the cluster of a kubeconfig (as YAML). */
export async function connect(kubeconfig: string): Promise<Cluster> {
  const config = await loadKubeConfig(kubeconfig);
  return new Cluster(() => config);
}
