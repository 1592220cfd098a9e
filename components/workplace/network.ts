import {
  API_PORTS,
  dnsRules,
  LISTENER_PODS,
  LISTENER_PORT,
  renderNetworkPolicy,
  RUN_PODS,
} from "../kubernetes/network";
import type { Manifest } from "../kubernetes/object";
import type { Place } from "./place";

/** Web servers, git's among them, and registries. */
const WEB_PORTS = [80, 443];

/** Where machines of clouds find their credentials. */
const LINK_LOCAL = "169.254.0.0/16";

export interface NetworkArgs {
  openshift: boolean;
  /** Texts with all addresses that the workplace's runs and programs are told; of a port that is in none, nothing is asked. */
  told: string[];
  /** Programs that run as Tasks and ask the API server. @default none */
  programs?: string[];
  /** Runs ask API servers, of clusters that only a Secret names. @default false */
  clusters?: boolean;
}

/**
 * Who may connect to whom in a workplace: nobody, unless a policy says so. A policy of the cluster's owner may add what the stack's
 * settings do not name, as a repository of RPMs on a port of its own.
 *
 * - Every Pod asks for names.
 * - Runs ask web servers anywhere, and the ports that their parameters name, but for link-local addresses; nobody asks them. Tests of
 *   clusters ask API servers besides.
 * - Programs, in Jobs and in the Tasks that are named, ask the API server besides, and tell EventListeners.
 */
export function renderNetwork(
  { namespace, labels }: Place,
  { openshift, told, programs = [], clusters = false }: NetworkArgs,
): Manifest[] {
  const ports = listed([...WEB_PORTS, ...portsOf(told), ...(clusters ? API_PORTS : [])]);
  const policy = (name: string, podSelector: object, rules: { ingress?: object[]; egress: object[] }) =>
    renderNetworkPolicy({ name, namespace, labels }, podSelector, rules);
  const listeners = { to: [{ podSelector: { matchLabels: LISTENER_PODS } }], ports: [{ port: LISTENER_PORT }] };
  const asking = [{ ports: listed([...API_PORTS, ...WEB_PORTS, ...portsOf(told)]) }, listeners];
  return [
    policy("default-deny", {}, { ingress: [], egress: dnsRules(openshift) }),
    policy(
      "runs",
      { matchLabels: RUN_PODS },
      {
        egress: [
          {
            to: [
              { ipBlock: { cidr: "0.0.0.0/0", except: [LINK_LOCAL] } },
              { ipBlock: { cidr: "::/0" } },
              // Some networks take no Pod for an address.
              { namespaceSelector: {} },
            ],
            ports,
          },
          listeners,
        ],
      },
    ),
    policy(
      "jobs",
      { matchExpressions: [{ key: "batch.kubernetes.io/job-name", operator: "Exists" }] },
      { egress: asking },
    ),
    ...programs.map((task) =>
      policy(`task-${task}`, { matchLabels: { ...RUN_PODS, "tekton.dev/task": task } }, { egress: asking }),
    ),
  ];
}

function listed(ports: number[]): { port: number }[] {
  return [...new Set(ports)].sort((a, b) => a - b).map((port) => ({ port }));
}

const HOST_AND_PORT =
  /(?:^|\/\/|[@\s"'=,])(?:(?:[a-z0-9-]+\.)*[a-z0-9-]+|\[[0-9a-f:]+\]):(\d{2,5})(?=[/\s"',?#\\]|$)/gi;

/** Ports that texts name in addresses: `http://host:3000/…`, `host:5000/path`; those of git and SSH by their schemes. */
export function portsOf(texts: string[]): number[] {
  const ports = texts.flatMap((text) => [
    ...[...text.matchAll(HOST_AND_PORT)].map(([, port]) => Number(port)),
    ...(/\bgit:\/\//.test(text) ? [9418] : []),
    ...(/\bssh:\/\/|(?:^|[\s"'=,])[\w.-]+@[\w.-]+:(?!\d+(?:\/|$))/.test(text) ? [22] : []),
  ]);
  return [...new Set(ports)].filter((port) => port < 65_536);
}
