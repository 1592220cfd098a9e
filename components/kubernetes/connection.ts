import { KubernetesClient } from "./client";
import { loadKubeConfig } from "./credentials";

/** A client for the cluster of a kubeconfig (as YAML). */
export async function connect(kubeconfig: string): Promise<KubernetesClient> {
  const config = await loadKubeConfig(kubeconfig);
  return new KubernetesClient(() => config);
}
