import { overContext, rightsBeyond } from "../kubernetes/security-context";
import type { PlacedContainer, PodSpec } from "./containers";

/** Workloads of ours that are at the nodes' own files: `Kind/name` → why. */
export const NODE_AGENTS: Record<string, string> = {
  "DaemonSet/kvm-device-plugin":
    "offers /dev/kvm to Pods through the kubelet's socket, and is privileged on OpenShift for it.",
};

/** What a container may do beyond what an unprivileged one may; nothing for most. */
export function beyondUnprivileged({ container, pod }: Pick<PlacedContainer, "container" | "pod">): string | undefined {
  return rightsBeyond(overContext(pod.securityContext, container.securityContext)) ?? ofPod(pod);
}

function ofPod({ hostNetwork, hostPID, hostIPC, volumes = [] }: PodSpec): string | undefined {
  if (hostNetwork || hostPID || hostIPC) return "it shares the node's network or processes";
  return volumes.some((volume) => "hostPath" in volume) ? "it mounts a folder of the node" : undefined;
}
