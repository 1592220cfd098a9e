import { readDocuments, writeYaml } from "../../kubernetes/yaml";

interface Kubeconfig {
  clusters: { cluster: { server: string; "tls-server-name"?: string } }[];
}

/** A kubeconfig that leads to an address and still expects the certificate of the name, for where no DNS knows the name. */
export function reachedDirectly(kubeconfig: string, address: string): string {
  const content = readDocuments(kubeconfig, "the kubeconfig of the installation")[0]!.value as Kubeconfig;
  for (const { cluster } of content.clusters) {
    const server = new URL(cluster.server);
    cluster["tls-server-name"] = server.hostname;
    server.hostname = address;
    cluster.server = server.href.replace(/\/$/, "");
  }
  return writeYaml(content);
}
