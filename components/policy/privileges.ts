import type { PlacedContainer, PodSpec } from "./containers";

/** Workloads of ours that are at the nodes' own files: `Kind/name` → why. */
export const NODE_AGENTS: Record<string, string> = {
  "DaemonSet/kvm-device-plugin":
    "offers /dev/kvm to Pods through the kubelet's socket, and is privileged on OpenShift for it.",
};

/** What a container may do beyond what an unprivileged one may; nothing for most. */
export function isPrivileged({ container, pod }: Pick<PlacedContainer, "container" | "pod">): string | undefined {
  const own = container.securityContext ?? {};
  const { privileged, allowPrivilegeEscalation, runAsUser, capabilities } = { ...pod.securityContext, ...own };
  const added = capabilities?.add ?? [];
  if (privileged === true) return "it is privileged";
  if (added.length > 0) return `it adds ${added.join(", ")}`;
  if (String(runAsUser) === "0") return "it runs as root";
  if (allowPrivilegeEscalation === true) return "it may gain privileges";
  return ofPod(pod);
}

function ofPod({ hostNetwork, hostPID, hostIPC, volumes = [] }: PodSpec): string | undefined {
  if (hostNetwork || hostPID || hostIPC) return "it shares the node's network or processes";
  return volumes.some((volume) => "hostPath" in volume) ? "it mounts a folder of the node" : undefined;
}
