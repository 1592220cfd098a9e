import * as pulumi from "@pulumi/pulumi";
import type { Manifest } from "../kubernetes/object";
import { renderSccBinding } from "../openshift/scc";
import { RUN_ACCOUNT } from "../streams/scos/run";
import { type Stream, streamName } from "../streams/scos/stream";

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

/**
 * What an EventListener does in its namespace. Triggers' own role also has it act as any account of it.
 * @param creates resources of Tekton that its Triggers create
 */
const listenerRules = (creates: string[]) => [
  {
    apiGroups: ["triggers.tekton.dev"],
    resources: ["eventlisteners", "interceptors", "triggerbindings", "triggers", "triggertemplates"],
    verbs: ["get", "list", "watch"],
  },
  { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["tekton.dev"], resources: creates, verbs: ["create"] },
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
 * Accounts of their own for runs and for the EventListener of our events: a step can do nothing in the cluster, whatever
 * it builds; an EventListener reads what triggers are and creates runs.
 */
export function renderAccess(place: Place, openshift: boolean): Manifest[] {
  return [
    renderRunAccount(place),
    ...renderListenerAccess(LISTENER_ACCOUNT, ["pipelineruns"], place, openshift),
    // Steps that build images are privileged, see pipelines/privileged.yaml.
    ...(openshift ? [renderSccBinding("privileged", RUN_ACCOUNT, place)] : []),
  ];
}

/** An EventListener's account. @param creates resources of Tekton that its Triggers create */
export function renderListenerAccess(account: string, creates: string[], place: Place, openshift: boolean): Manifest[] {
  const name = `${place.namespace}-${account}`;
  const metadata = { name, labels: place.labels };
  return [
    ...renderNamespacedAccess(account, listenerRules(creates), place),
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules: LISTENER_CLUSTER_RULES },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: account, namespace: place.namespace }],
    },
    // Triggers gives its pods a fixed user.
    ...(openshift ? [renderSccBinding("nonroot-v2", account, place)] : []),
  ];
}

/** An account that may do in its namespace what the rules say. */
export function renderNamespacedAccess(name: string, rules: object[], { namespace, labels }: Place): Manifest[] {
  const metadata = { name, namespace, labels };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}

/** Where Kubernetes gives a pod the token of its account. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** By what a program asks Kubernetes as its pod's account. */
export const ACCOUNT_ENVIRONMENT = { TOKEN_FILE: `${ACCOUNT}/token`, NODE_EXTRA_CA_CERTS: `${ACCOUNT}/ca.crt` };

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
      ...storageOf(stream, defaultStorageClass),
    },
    { namespace, labels },
  );
}

/** Size and class of a volume; absent: the cluster's default class. */
interface Storage {
  size: string;
  storageClass: string | undefined;
}

/** What the volumes of a stream's runs are. */
export function storageOf({ storage }: Stream, defaultStorageClass: string | undefined): Storage {
  return { size: storage?.size ?? "40Gi", storageClass: storage?.storageClass ?? defaultStorageClass };
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
