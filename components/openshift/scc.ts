import type { Manifest } from "../kubernetes/object";
import type { SecurityContext } from "../kubernetes/security-context";

/** SecurityContextConstraints of OpenShift, from the one that every account has to the one that allows everything. */
export type Scc = "restricted-v2" | "nonroot-v2" | "anyuid" | "privileged";

/** Workloads whose pods name their account themselves. */
const WORKLOADS = ["DaemonSet", "Deployment", "Job", "StatefulSet"];

interface PodSpec {
  serviceAccountName?: string;
  securityContext?: SecurityContext;
  containers?: { securityContext?: SecurityContext }[];
  initContainers?: { securityContext?: SecurityContext }[];
  volumes?: Record<string, unknown>[];
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
}

/** The least of the constraints that lets such pods in, as they are written. */
export function leastScc(pod: PodSpec): Scc {
  const containers = [...(pod.initContainers ?? []), ...(pod.containers ?? [])].map((it) => it.securityContext ?? {});
  const reachesTheNode =
    pod.hostNetwork || pod.hostPID || pod.hostIPC || pod.volumes?.some((volume) => "hostPath" in volume);
  const asks = ({ privileged, allowPrivilegeEscalation, capabilities }: SecurityContext) =>
    privileged === true || allowPrivilegeEscalation === true || (capabilities?.add ?? []).length > 0;
  if (reachesTheNode || containers.some(asks)) return "privileged";
  const users = [pod.securityContext ?? {}, ...containers].map(({ runAsUser }) => runAsUser);
  if (users.includes(0)) return "anyuid";
  // `restricted-v2` gives users and groups out of its namespace's range, and refuses any other.
  const isFixed = pod.securityContext?.fsGroup !== undefined || users.some((user) => user !== undefined);
  return isFixed ? "nonroot-v2" : "restricted-v2";
}

/** Lets one account use constraints, in its own namespace only. */
export function renderSccBinding(
  scc: Scc,
  account: string,
  { namespace, labels }: { namespace: string; labels: Record<string, string> },
): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: `${account}-${scc}`, namespace, labels },
    // Made by OpenShift for each of its own constraints.
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `system:openshift:scc:${scc}` },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  };
}

/** What the accounts of workloads need beyond what every account may. */
export function renderSccBindings(objects: Manifest[], labels: Record<string, string>): Manifest[] {
  const bindings = new Map<string, Manifest>();
  for (const { kind, metadata, spec } of objects) {
    const pod = spec?.template?.spec as PodSpec | undefined;
    if (!WORKLOADS.includes(kind) || !pod) continue;
    const scc = leastScc(pod);
    const { namespace = "default" } = metadata;
    const account = pod.serviceAccountName ?? "default";
    if (scc === "restricted-v2") continue;
    bindings.set(`${namespace}/${account}/${scc}`, renderSccBinding(scc, account, { namespace, labels }));
  }
  return [...bindings.values()];
}
