import type { Manifest } from "../../kubernetes/object";
import { GIT_LISTENER } from "./triggers";
import type { Place } from "../../workplace/place";

/** Who has something to say from outside of the cluster. */
export interface FromOutside {
  /** Other clusters: by which addresses they come nobody here knows, so that signatures alone decide. */
  fromAfar: boolean;
  /** Git hosts. */
  git: boolean;
}

/** Labels that Tekton Triggers gives the pods of EventListeners, and a port for events, one for metrics. */
const LISTENER_PODS = { "app.kubernetes.io/managed-by": "EventListener" };
const LISTENER_PORTS = { events: 8080, metrics: 9000 };

/**
 * Who may connect to the namespace's pods: nobody unless a policy says so. The gate has policies of its own (components/gate).
 *
 * - Pods of this namespace, and other clusters if there are any, send events to EventListeners.
 * - Git hosts connect from anywhere, through any Ingress: their signature identifies them.
 * - Prometheus may run anywhere in the cluster.
 */
export function renderNetworkPolicies({ fromAfar, git }: FromOutside, { namespace, labels }: Place): Manifest[] {
  const policy = (name: string, podLabels: Record<string, string>, ingress: object[]): Manifest => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace, labels },
    spec: {
      podSelector: Object.keys(podLabels).length > 0 ? { matchLabels: podLabels } : {},
      policyTypes: ["Ingress"],
      ingress,
    },
  });
  return [
    policy("default-deny-ingress", {}, []),
    policy("event-listeners", LISTENER_PODS, [
      { ...(!fromAfar && { from: [{ podSelector: {} }] }), ports: [{ port: LISTENER_PORTS.events }] },
      { from: [{ namespaceSelector: {} }], ports: [{ port: LISTENER_PORTS.metrics }] },
    ]),
    ...(git
      ? [
          policy("git-event-listener", { ...LISTENER_PODS, eventlistener: GIT_LISTENER }, [
            { ports: [{ port: LISTENER_PORTS.events }] },
          ]),
        ]
      : []),
  ];
}
