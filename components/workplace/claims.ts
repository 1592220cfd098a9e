import type { Cluster } from "../clusters/cluster";
import { ClaimsReleased } from "./claims-released";
import { KubernetesObject, type Manifest } from "../kubernetes/object";
import { type Place } from "./place";
import type * as pulumi from "@pulumi/pulumi";

/** Size and class of a volume; absent: the cluster's default class. */
export interface Storage {
  size: string;
  storageClass: string | undefined;
}

/** A volume for one run at a time. */
export function renderClaim(
  claim: { name: string; labels: Record<string, string> } & Storage,
  { namespace, labels }: Place,
): Manifest {
  const { name } = claim;
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name,
      namespace,
      labels: { ...labels, ...claim.labels },
      // Most classes bind a claim when its first pod comes: Pulumi would wait for that in vain.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: renderClaimSpec(claim),
  };
}

/** What a claim says of its volume, for a run too that makes its own. */
export function renderClaimSpec({ size, storageClass }: Storage): Record<string, unknown> {
  return {
    accessModes: ["ReadWriteOnce"],
    ...(storageClass && { storageClassName: storageClass }),
    resources: { requests: { storage: size } },
  };
}

/** Creates the claims that a stack has in a namespace, and go with it; those that it has no longer can be removed. */
export function createClaims(
  claims: Manifest[],
  {
    name,
    namespace,
    cluster,
    parent,
  }: { name: string; namespace: pulumi.Resource; cluster: Cluster; parent: pulumi.Resource },
): void {
  const { kubeconfig, provider } = cluster;
  const options = { parent, deletedWith: namespace };
  const released = new ClaimsReleased(
    `${name}/claims-released`,
    { kubeconfig, namespace: name, claims },
    { ...options, dependsOn: [namespace] },
  );
  for (const claim of claims) {
    new KubernetesObject(claim, { ...options, provider, dependsOn: [namespace, released] });
  }
}
