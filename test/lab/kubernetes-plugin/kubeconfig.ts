import { existsSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import type { Fields } from "../../../components/kubernetes/client";
import { proxyFor } from "../../../components/proxy";

/** What the provider's settings `kubeconfig` (a path, YAML, JSON or an object), `context` and `cluster` name. */
export function readKubeConfig({ kubeconfig, context, cluster }: Fields): KubeConfig {
  const config = new KubeConfig();
  if (!kubeconfig) config.loadFromDefault();
  else if (typeof kubeconfig !== "string") config.loadFromString(JSON.stringify(kubeconfig));
  else if (existsSync(kubeconfig)) config.loadFromFile(kubeconfig);
  else config.loadFromString(kubeconfig);
  if (context) config.setCurrentContext(context as string);
  if (cluster) config.contexts = config.contexts.map((it) => ({ ...it, cluster: cluster as string }));
  // The published plugin is a Go program, which goes by the environment's proxy where the kubeconfig names none.
  config.clusters = config.clusters.map((it) => ({
    ...it,
    proxyUrl: it.proxyUrl ?? proxyFor(new URL(it.server))?.href,
  }));
  return config;
}

/** Its value, or undefined where there is nothing that can be read. */
export function fromKubeConfig<T>(settings: Fields, read: (config: KubeConfig) => T): T | undefined {
  try {
    return read(readKubeConfig(settings));
  } catch {
    return undefined;
  }
}
