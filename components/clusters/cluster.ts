import type * as pulumi from "@pulumi/pulumi";
import { UserError } from "../errors";
import type { Manifest } from "../kubernetes/object";
import { STACK } from "../kubernetes/marks";
import type { Provider } from "@pulumi/kubernetes";

/** Pools of the Machine Config Operator that every OKD cluster has; a compact or single-node cluster uses `master` alone. */
export type MachinePool = "master" | "worker";

/** What a cluster can do. Everything above the clusters asks this, never for an environment's name. */
export interface Capabilities {
  /** Architectures of the nodes as Kubernetes names them: `amd64`, `arm64` … */
  architectures: string[];
  /** Nodes have /dev/kvm: boot images and kola tests can run. */
  kvm: boolean;
  /** The default StorageClass; absent where there is none. */
  storageClass?: string;
  /** OpenShift's APIs (SecurityContextConstraints, Routes, MachineConfigs) are there. */
  openshift: boolean;
  /** The kinds of Prometheus' operator (ServiceMonitor, PrometheusRule) are there. @default false */
  monitoring?: boolean;
  /** Its version of Kubernetes, `1.30`. @default a new one: nobody was asked */
  kubernetes?: string;
  /** On OpenShift, the Machine Config Operator's pools whose nodes run pods of ours. @default worker */
  machinePools?: MachinePool[];
  /** A registry that comes with the cluster, see {@link Registry}; absent where there is none. */
  registry?: Registry;
}

/** An OCI registry to push to. */
export interface Registry {
  /** Host and port (and path prefix) as seen from pods: `kind-registry:5000`. */
  address: string;
  /** The same registry as seen by the nodes' container runtime and, beside KinD, from the host. @default address */
  pullAddress?: string;
  /** Speaks plain HTTP, or HTTPS with a certificate nobody knows. */
  insecure: boolean;
  /** Name of the dockerconfigjson Secret that may push; absent where nobody asks for credentials. */
  credentialsSecret?: string;
  /**
   * Name of the dockerconfigjson Secret that builds pull with, which may push nothing: what repositories say runs beside it.
   * @default they pull without a login
   */
  pullSecret?: string;
}

/**
 * An object that exists is taken over, so that a killed `up` converges: somebody else's namespace, which `destroy` would
 * then remove with all that is in it, must not be among them.
 *
 * @throws UserError for a namespace that others made
 */
export function requireFreeNamespaces({ foreignNamespaces = [] }: Cluster, objects: Manifest[]): void {
  for (const { kind, metadata } of objects) {
    if (kind !== "Namespace" || !foreignNamespaces.includes(metadata.name)) continue;
    throw new UserError(
      `Namespace ${metadata.name} is in the cluster already and this stack did not make it: remove it, or give it to ` +
        `the stack by the label ${STACK}=<stack>.`,
    );
  }
}

/** A Kubernetes cluster, wherever it came from. */
export interface Cluster {
  /** Provider that every Kubernetes object of the stack is made with. */
  provider: Provider;
  /** Its kubeconfig as YAML; a secret. */
  kubeconfig: pulumi.Output<string>;
  capabilities: Capabilities;
  /** Namespaces that others made: nothing of ours may take their place. @default none, as in a cluster of ours */
  foreignNamespaces?: string[];
  /**
   * The resource without which nothing in the cluster exists: objects are `deletedWith` it.
   * Absent where the cluster is not ours.
   */
  resource?: pulumi.Resource;
  /** What else the stack's user has to know, as outputs of the stack: when leases end, DNS records. @default nothing */
  outputs?: Record<string, pulumi.Input<unknown>>;
}
