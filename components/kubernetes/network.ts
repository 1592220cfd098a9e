import type { Manifest } from "./object";

/** Labels that Tekton Triggers gives the Pods of EventListeners, and the port for events. */
export const LISTENER_PODS = { "app.kubernetes.io/managed-by": "EventListener" };
export const LISTENER_PORT = 8080;

/** Labels that Tekton gives the Pods of runs. */
export const RUN_PODS = { "app.kubernetes.io/managed-by": "tekton-pipelines" };

/** Where API servers listen behind `kubernetes.default`; networks judge a packet by that, not by the Service's 443. */
export const API_PORTS = [443, 6443, 8443];

/** Asking for names. OVN judges by the Pod that a Service leads to, and those of OpenShift's DNS listen on 5353. */
export function dnsRules(openshift: boolean): object[] {
  const openshiftDns = {
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "openshift-dns" } } }],
    ports: [{ port: 5353, protocol: "UDP" }, { port: 5353 }],
  };
  return [{ ports: [{ port: 53, protocol: "UDP" }, { port: 53 }] }, ...(openshift ? [openshiftDns] : [])];
}

/** A NetworkPolicy in the directions that it has rules for; an empty list of rules lets nobody through. */
export function renderNetworkPolicy(
  metadata: Manifest["metadata"],
  podSelector: object,
  rules: { ingress?: object[]; egress?: object[] },
): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata,
    spec: {
      podSelector,
      policyTypes: [...(rules.ingress ? ["Ingress"] : []), ...(rules.egress ? ["Egress"] : [])],
      // The API server keeps no empty list: with one each apply would be a change.
      ...Object.fromEntries(Object.entries(rules).filter(([, list]) => list.length > 0)),
    },
  };
}
