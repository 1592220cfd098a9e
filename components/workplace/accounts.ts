import type { Place } from "./place";
import type { Manifest } from "../kubernetes/object";
import { renderSccBinding } from "../openshift/scc";

/** ServiceAccount that EventListeners use: it reads triggers and creates runs. */
export const LISTENER_ACCOUNT = "event-listener";

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

/** ServiceAccount that runs use. */
export const RUN_ACCOUNT = "pipeline";

/** User that unprivileged steps run as: the volume's files have to be its own. */
export const STEP_USER = 1000;
