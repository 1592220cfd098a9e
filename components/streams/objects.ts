import * as pulumi from "@pulumi/pulumi";
import type { Manifest } from "../kubernetes/object";
import { renderSccBinding } from "../platform/scc";
import { RUN_ACCOUNT } from "./run";
import { type Stream, streamName } from "./stream";

/** Where objects of ours go, and the labels that all of them carry. */
export interface Place {
  namespace: string;
  labels: Record<string, string>;
}

/** ServiceAccount that EventListeners use: it reads triggers and creates runs. */
export const LISTENER_ACCOUNT = "event-listener";

/** @param podSecurity the level that pods may have; builds need all rights */
export function renderNamespace(
  { namespace, labels }: Place,
  podSecurity: "privileged" | "baseline" = "privileged",
): Manifest {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: { ...labels, "pod-security.kubernetes.io/enforce": podSecurity },
      ...(podSecurity === "privileged" && {
        annotations: {
          "okd-streams.io/pod-security":
            "Steps that build images mount file systems and are privileged; pipelines/privileged.yaml names each of them and why.",
        },
      }),
    },
  };
}

/** Everything that an EventListener does in its namespace. Triggers' own role also has it act as any account of it. */
const LISTENER_RULES = [
  {
    apiGroups: ["triggers.tekton.dev"],
    resources: ["eventlisteners", "interceptors", "triggerbindings", "triggers", "triggertemplates"],
    verbs: ["get", "list", "watch"],
  },
  { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["tekton.dev"], resources: ["pipelineruns", "taskruns"], verbs: ["create"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
];

/** And in the cluster. Triggers' own role lets it read every Secret of every namespace, which it never does. */
const LISTENER_CLUSTER_RULES = [
  {
    apiGroups: ["triggers.tekton.dev"],
    resources: ["clusterinterceptors", "clustertriggerbindings"],
    verbs: ["get", "list", "watch"],
  },
];

/**
 * Accounts of their own for runs and for EventListeners: a step can do nothing in the cluster, whatever it builds; an
 * EventListener reads what triggers are and creates runs.
 */
export function renderAccess({ namespace, labels }: Place, openshift: boolean): Manifest[] {
  const binding = (
    name: string,
    role: string,
    subject: string,
    kind: "Role" | "ClusterRole",
    clusterWide = false,
  ): Manifest => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: clusterWide ? "ClusterRoleBinding" : "RoleBinding",
    metadata: { name, ...(!clusterWide && { namespace }), labels },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: role },
    subjects: [{ kind: "ServiceAccount", name: subject, namespace }],
  });
  const clusterName = `${namespace}-${LISTENER_ACCOUNT}`;
  return [
    renderRunAccount({ namespace, labels }),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: LISTENER_ACCOUNT, namespace, labels } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: LISTENER_ACCOUNT, namespace, labels },
      rules: LISTENER_RULES,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: clusterName, labels },
      rules: LISTENER_CLUSTER_RULES,
    },
    binding(LISTENER_ACCOUNT, LISTENER_ACCOUNT, LISTENER_ACCOUNT, "Role"),
    binding(clusterName, clusterName, LISTENER_ACCOUNT, "ClusterRole", true),
    ...(openshift
      ? [
          // Steps that build images are privileged, see pipelines/privileged.yaml.
          renderSccBinding("privileged", RUN_ACCOUNT, { namespace, labels }),
          // Triggers gives its pods a fixed user.
          renderSccBinding("nonroot-v2", LISTENER_ACCOUNT, { namespace, labels }),
        ]
      : []),
  ];
}

/** The account of runs: it has no token, a step can do nothing in the cluster. */
export function renderRunAccount({ namespace, labels }: Place): Manifest {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: RUN_ACCOUNT, namespace, labels },
    automountServiceAccountToken: false,
  };
}

/** The volume that a stream's runs on one architecture work on, one after the other. */
export function renderVolumeClaim(
  stream: Stream,
  architecture: string,
  { namespace, labels }: Place,
  defaultStorageClass: string | undefined,
): Manifest {
  return renderClaim(
    {
      name: streamName(stream, architecture),
      labels: { "okd-streams.io/stream": stream.version, "okd-streams.io/architecture": architecture },
      size: stream.storage?.size ?? "40Gi",
      storageClass: stream.storage?.storageClass ?? defaultStorageClass,
    },
    { namespace, labels },
  );
}

/** A volume for one run at a time. */
export function renderClaim(
  claim: { name: string; labels: Record<string, string>; size: string; storageClass: string | undefined },
  { namespace, labels }: Place,
): Manifest {
  const { name, size, storageClass } = claim;
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
    spec: {
      accessModes: ["ReadWriteOnce"],
      ...(storageClass && { storageClassName: storageClass }),
      resources: { requests: { storage: size } },
    },
  };
}

/** Secrets by name and key, with their values in clear. */
export type SecretInputs = Record<string, Record<string, pulumi.Input<string>>>;

/** Secrets of the stack's configuration; their values are secret in the state. */
export function renderSecrets(secrets: SecretInputs = {}, place: Place): Manifest[] {
  return Object.entries(secrets).map(([name, values]) => {
    const data = Object.entries(values).map(([key, value]) => [
      key,
      pulumi.secret(value).apply((text) => Buffer.from(text, "utf8").toString("base64")),
    ]);
    return renderSecret(name, Object.fromEntries(data) as Record<string, pulumi.Output<string>>, place);
  });
}

/**
 * A Secret of the stack's configuration; one with the key of a pull secret becomes one.
 * @param data values in base64
 */
export function renderSecret(name: string, data: Record<string, unknown>, { namespace, labels }: Place): Manifest {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels },
    type: ".dockerconfigjson" in data ? "kubernetes.io/dockerconfigjson" : "Opaque",
    data,
  };
}
