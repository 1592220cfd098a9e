import type * as pulumi from "@pulumi/pulumi";
import type { LeaseSource } from "../../openstack/lease-provider";
import type { Surroundings } from "./install-config";
import type { IsoServer } from "./iso";
import type { Layout } from "./layout";
import type { NodeNetworkArgs } from "./network";
import type { Site } from "./site-networks";

export interface MocClusterArgs {
  /** Name of the stack, by which everything is known again; also the cluster's. */
  stack: string;
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  layout: Layout;
  nodes:
    | NodesWanted
    | { /** Uuids of leases that were granted, one for each node, control planes first. */ leases: string[] }
    | {
        /** Names or uuids of machines that the project owns, one for each node, control planes first. */
        own: string[];
        /** How long they are kept, from the first `up` on. */
        hours: number;
      };
  /** Cards to connect, each by its name, its MAC address or the physical network that it is at: a node's first that is among them. @default one that Ironic chooses */
  cards?: string[];
  network: Omit<NodeNetworkArgs, "stack" | "cloud" | "externalId" | "subnetId"> & {
    /** What leads to the cluster: DNS records, or the addresses themselves. @default records */
    dns?: "records" | "hosts";
    /** API and routes have one address of the world, by its ports. @default one each */
    sharedAddress?: boolean;
  };
  runs: { okd: OkdArgs } | { image: NodeImageArgs };
  /** Public SSH key for logging in to nodes. @default nobody can */
  sshKey?: string;
  /** What the preflight found. @default nobody was asked, as in the in-process preview */
  site?: Site;
  /** Folder on this machine for what is kept of an installation that fails. @default one for temporary files */
  record?: string;
}

/** Nodes that are claimed. */
export interface NodesWanted {
  /** How long they are kept, from the first `up` on. */
  hours: number;
  /** @default any */
  resourceClass?: string;
  /** Conditions on their properties, as `memory_mb>=65536`. */
  nodeProperties: string[];
}

export interface OkdArgs extends Surroundings {
  /** Major and minor, as `4.20`: that of the installer on PATH. */
  version: string;
  /** @default the installer's own */
  releaseImage?: string;
  baseDomain: string;
  /** JSON. @default one for public registries */
  pullSecret?: pulumi.Input<string>;
  /** Web server that nodes boot the ISO from. @default a private image in Glance */
  iso?: IsoServer;
  /** Id of Ironic's project, which that image is shared with. @default nobody's */
  ironicProject?: string;
  /** URL of a web server of the user's from which nodes that boot by iPXE get the root file system. @default OKD's own */
  bootArtifactsBaseURL?: string;
  /** Time servers of the nodes. @default those of CentOS Stream CoreOS */
  ntp?: string[];
  /** The disk that OKD is written to. @default the installer chooses */
  rootDevice?: string;
}

/** An image that brings a Kubernetes of its own. */
export interface NodeImageArgs {
  /** Id in Glance, or a URL. */
  source: string;
  /** SHA-256, of a URL. */
  checksum?: string;
  /** File of the kubeconfig of what the image brings. */
  kubeconfig: string;
}

export function renderSource(nodes: MocClusterArgs["nodes"], index: number): LeaseSource {
  if ("leases" in nodes) return { uuid: nodes.leases[index]! };
  if ("own" in nodes) return { node: nodes.own[index]!, hours: nodes.hours };
  const { hours, ...offer } = nodes;
  return { offer, hours };
}
