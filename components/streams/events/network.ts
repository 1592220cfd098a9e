import type { Manifest } from "../../kubernetes/object";
import { GIT_LISTENER } from "./triggers";
import { API_PORTS, LISTENER_PODS, LISTENER_PORT, renderNetworkPolicy } from "../../kubernetes/network";
import type { Place } from "../../workplace/place";

/** Who has something to say from outside of the cluster. */
export interface FromOutside {
  /** Other clusters: by which addresses they come nobody here knows, so that signatures alone decide. */
  fromAfar: boolean;
  /** Git hosts. */
  git: boolean;
}

const METRICS_PORT = 9000;

/**
 * Who may connect to EventListeners, and to whom they may: the API server, the gate and Triggers' own interceptors. Everybody else in the
 * namespace has policies in components/workplace, the gate in components/gate.
 *
 * - Pods of this namespace, and other clusters if there are any, send events to EventListeners.
 * - Git hosts connect from anywhere, through any Ingress: their signature identifies them.
 * - Prometheus may run anywhere in the cluster.
 */
export function renderNetworkPolicies({ fromAfar, git }: FromOutside, { namespace, labels }: Place): Manifest[] {
  const policy = (name: string, matchLabels: Record<string, string>, rules: { ingress: object[]; egress?: object[] }) =>
    renderNetworkPolicy({ name, namespace, labels }, { matchLabels }, rules);
  return [
    policy("event-listeners", LISTENER_PODS, {
      ingress: [
        { ...(!fromAfar && { from: [{ podSelector: {} }] }), ports: [{ port: LISTENER_PORT }] },
        { from: [{ namespaceSelector: {} }], ports: [{ port: METRICS_PORT }] },
      ],
      egress: [{ ports: API_PORTS.map((port) => ({ port })) }],
    }),
    ...(git
      ? [
          policy(
            "git-event-listener",
            { ...LISTENER_PODS, eventlistener: GIT_LISTENER },
            { ingress: [{ ports: [{ port: LISTENER_PORT }] }] },
          ),
        ]
      : []),
  ];
}
