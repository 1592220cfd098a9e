import { type Manifest } from "../kubernetes/object";

/** Where objects of ours go, and the labels that all of them carry. */
export interface Place {
  namespace: string;
  labels: Record<string, string>;
}

/** Level that pods of a namespace may have: builds mount file systems and need all rights. */
export type PodSecurity = "privileged" | "baseline";

export function renderNamespace({ namespace, labels }: Place, podSecurity: PodSecurity): Manifest {
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
