import { isSingleNode, type Layout } from "./layout";

/** Networks inside every OKD cluster, by the installer's defaults: what is outside must not overlap with them. */
export const CLUSTER_NETWORKS = {
  "the pods' network": "10.128.0.0/14",
  "the services' network": "172.30.0.0/16",
  "OVN-Kubernetes' own network": "100.64.0.0/16",
  "OVN-Kubernetes' network between nodes": "100.88.0.0/16",
  "OVN-Kubernetes' own addresses on each node": "169.254.0.0/16",
} as const;

/** A pull secret for public registries: the installer wants one. */
export const NO_PULL_SECRET = JSON.stringify({
  auths: { none: { auth: Buffer.from("none:none").toString("base64") } },
});

export interface InstallConfigArgs extends Layout {
  /** Name of the cluster: its API is `api.<name>.<baseDomain>`. */
  name: string;
  baseDomain: string;
  /** Network of the nodes, as `192.168.20.0/24`. */
  cidr: string;
  /** Addresses that move to a node that lives; absent on a single node. */
  virtualAddresses?: VirtualAddresses;
}

export interface VirtualAddresses {
  api: string;
  ingress: string;
}

/** What is between a cluster and the world. An installed cluster is given others by its own means. */
export interface Surroundings {
  proxy?: Proxy;
  /** Certificates, PEM, of authorities that nodes and cluster trust beside the usual ones. */
  trustBundle?: string;
  /** Repositories that are pulled from elsewhere, by digest. */
  mirrors?: { source: string; mirror: string }[];
}

/** Proxies that nodes and cluster reach the world through. */
interface Proxy {
  /** For http. */
  http?: string;
  /** For https. */
  https?: string;
  /** What is reached without. The cluster's own networks are anyway. */
  noProxy?: string[];
}

/** What the program builds for; the MOC has no other bare metal. */
export const ARCHITECTURE = "amd64";

/** install-config.yaml without the pull secret and the SSH key, which the cluster may be given others of. */
export function renderInstallConfig(args: InstallConfigArgs): Record<string, unknown> {
  const { name, baseDomain, cidr, controlPlanes, workers, virtualAddresses } = args;
  return {
    apiVersion: "v1",
    metadata: { name },
    baseDomain,
    controlPlane: { name: "master", architecture: ARCHITECTURE, replicas: controlPlanes },
    compute: [{ name: "worker", architecture: ARCHITECTURE, replicas: workers }],
    networking: {
      networkType: "OVNKubernetes",
      clusterNetwork: [{ cidr: CLUSTER_NETWORKS["the pods' network"], hostPrefix: 23 }],
      serviceNetwork: [CLUSTER_NETWORKS["the services' network"]],
      machineNetwork: [{ cidr }],
    },
    platform: isSingleNode(args) ? { none: {} } : { baremetal: baremetal(virtualAddresses!) },
  };
}

function baremetal({ api, ingress }: VirtualAddresses): object {
  return { apiVIPs: [api], ingressVIPs: [ingress] };
}

/** The parts of install-config.yaml that {@link Surroundings} are; undefined where nothing is between. */
export function renderSurroundings({ proxy, trustBundle, mirrors }: Surroundings): Record<string, unknown> | undefined {
  const { http, https, noProxy } = proxy ?? {};
  const parts = {
    ...(proxy && {
      proxy: {
        ...(http && { httpProxy: http }),
        ...(https && { httpsProxy: https }),
        ...(noProxy && { noProxy: noProxy.join(",") }),
      },
    }),
    // By itself the installer trusts it for the proxy alone.
    ...(trustBundle && { additionalTrustBundle: trustBundle, additionalTrustBundlePolicy: "Always" }),
    ...(mirrors?.length && {
      imageDigestSources: mirrors.map(({ source, mirror }) => ({ source, mirrors: [mirror] })),
    }),
  };
  return Object.keys(parts).length > 0 ? parts : undefined;
}
