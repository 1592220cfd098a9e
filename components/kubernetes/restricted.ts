/**
 * What a Pod says to run at Kubernetes' pod-security level `restricted`.
 *
 * @param openshift users and groups are given by OpenShift, not by us
 */
export function restrictedPod(openshift: boolean): object {
  return {
    runAsNonRoot: true,
    ...(!openshift && { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 }),
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** What its containers say; they write to volumes only. */
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
