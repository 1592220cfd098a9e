import { proxiedFetch } from "../../components/fetch";

/** A host that the published tools, manifests and images come from. */
export interface Host {
  url: string;
  /** What comes from it, as the user reads it. */
  serves: string;
}

export const officialHosts: Host[] = [
  { url: "https://get.pulumi.com", serves: "Pulumi and its Kubernetes plugin" },
  { url: "https://github.com", serves: "kind" },
  { url: "https://infra.tekton.dev", serves: "Tekton's manifests" },
  { url: "https://raw.githubusercontent.com", serves: "Argo CD's manifests" },
  { url: "https://registry-1.docker.io/v2/", serves: "the KinD node image" },
  { url: "https://ghcr.io/v2/", serves: "Tekton's images" },
  { url: "https://quay.io/v2/", serves: "Argo CD's and OKD's images" },
];

export interface Reachability extends Host {
  reachable: boolean;
}

/**
 * Asks every host once, all at the same time. Any answer but a refusal counts as reachable: registries answer 401 to strangers,
 * proxies in between 403, 407 or 5xx.
 * @param deadline milliseconds for all of them together
 */
export function reach(hosts: Host[] = officialHosts, deadline = 4_000): Promise<Reachability[]> {
  const signal = AbortSignal.timeout(deadline);
  return Promise.all(
    hosts.map(async (host) => {
      const status = await proxiedFetch(host.url, { method: "HEAD", redirect: "manual", signal }).then(
        (response) => response.status,
        () => 0,
      );
      return { ...host, reachable: status > 0 && status < 500 && status !== 403 && status !== 407 };
    }),
  );
}
