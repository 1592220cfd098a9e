import { Cluster } from "./client";

/**
 * A client for the cluster of a kubeconfig (as YAML). What reads kubeconfigs is loaded only here: that takes longer
 * than a whole preview should.
 */
export async function connect(kubeconfig: string): Promise<Cluster> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return new Cluster(() => config);
}
