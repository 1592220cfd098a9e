import assert from "node:assert/strict";
import { gateObjects } from "../../../components/gate/gate";
import { renderGate } from "../../../components/gate/objects";
import type { Manifest } from "../../../components/kubernetes/object";
import { type RenderEventsArgs, renderEvents } from "../../../components/streams/events/events";
import { planStream } from "../../../components/streams/scos/plan";
import { BASE_NODE, KIND, LIBRARY, SETTINGS } from "./samples";

const NAMESPACE = "okd-coreos";
const PLACE = { namespace: NAMESPACE, labels: { "okd-streams.io/stack": "kind" } };
type Labels = Record<string, string>;

/** Pods of the namespace by the labels that policies know them by: our own, Triggers' and Tekton's. */
const PODS: Record<string, Labels> = {
  gate: { "app.kubernetes.io/name": "gate" },
  "el-builds": { "app.kubernetes.io/managed-by": "EventListener", eventlistener: "builds" },
  "el-git": { "app.kubernetes.io/managed-by": "EventListener", eventlistener: "git" },
  "a run": { "app.kubernetes.io/managed-by": "tekton-pipelines" },
  "a job": PLACE.labels,
};
/** Who is none of them. */
const OTHERS = ["a pod of another namespace", "the world"];
const PORTS = [8080, 8443, 9000, 22];

/** Who may connect to whom at which ports; all who are not here may not. */
const FLOWS: Record<string, Record<string, number[]>> = {
  gate: { "el-builds": [8080], "el-git": [8080] },
  "el-builds": { gate: [8080, 8443], "el-builds": [8080, 9000], "el-git": [8080, 9000] },
  "el-git": { gate: [8080, 8443], "el-builds": [8080, 9000], "el-git": [8080, 9000] },
  "a run": { gate: [8080], "el-builds": [8080, 9000], "el-git": [8080, 9000] },
  "a job": { gate: [8080], "el-builds": [8080, 9000], "el-git": [8080, 9000] },
  "a pod of another namespace": { gate: [8080], "el-builds": [9000], "el-git": [8080, 9000] },
  "the world": { gate: [8080], "el-git": [8080] },
};

interface Peer {
  podSelector?: { matchLabels?: Labels };
  namespaceSelector?: { matchLabels?: Labels };
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port: number }[];
}
interface Policy {
  podSelector: { matchLabels?: Labels };
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

const selects = ({ matchLabels = {} }: { matchLabels?: Labels }, labels: Labels): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value);

/** What NetworkPolicies say of a connection, as Kubernetes reads them: both ends have to allow it. */
function allows(policies: Policy[], from: string, to: string, port: number): boolean {
  const peer = (one: Peer, name: string): boolean => {
    if (name === "the world") return false;
    if (one.namespaceSelector) {
      assert.deepEqual(one, { namespaceSelector: {} }, "this test knows all namespaces only");
      return true;
    }
    return name in PODS && selects(one.podSelector!, PODS[name]!);
  };
  const end = (direction: "Ingress" | "Egress", pod: string, other: string): boolean => {
    const [rules, peers] = direction === "Ingress" ? (["ingress", "from"] as const) : (["egress", "to"] as const);
    const own = policies.filter(
      ({ podSelector, policyTypes }) =>
        policyTypes.includes(direction) && pod in PODS && selects(podSelector, PODS[pod]!),
    );
    return (
      own.length === 0 ||
      own.some((policy) =>
        (policy[rules] ?? []).some(
          (rule) =>
            (rule.ports?.some((one) => one.port === port) ?? true) &&
            (rule[peers]?.some((one) => peer(one, other)) ?? true),
        ),
      )
    );
  };
  return end("Egress", from, to) && end("Ingress", to, from);
}

function policiesOf(git: boolean): Policy[] {
  const settings = SETTINGS;
  const args = {
    ...{ place: PLACE, settings, capabilities: KIND, library: LIBRARY, layers: [] },
    streams: [{ stream: BASE_NODE, plan: planStream(BASE_NODE, KIND, settings) }],
    ...{ expireAfterHours: 48, reconcileSeconds: 60, replicas: 2, git: { enabled: git, pullRequests: git } },
  } satisfies RenderEventsArgs;
  const gate = renderGate(
    gateObjects({ ...PLACE, image: "node:24", target: "r:5000/okd", streams: [], eventListener: "http://el-builds" }),
  );
  return [...renderEvents(args), ...gate].flatMap(({ kind, spec }: Manifest) =>
    kind === "NetworkPolicy" ? [spec as Policy] : [],
  );
}

describe("NetworkPolicies of a stack with events", () => {
  it("let those connect who have something to say, and nobody else", () => {
    const policies = policiesOf(true);
    for (const from of [...Object.keys(PODS), ...OTHERS]) {
      const flows = Object.keys(PODS).flatMap((to) => {
        const open = PORTS.filter((port) => allows(policies, from, to, port));
        return open.length > 0 ? [[to, open]] : [];
      });
      assert.deepEqual(Object.fromEntries(flows), FLOWS[from], from);
    }
  });

  it("let nobody tell events from outside where no Git host is listened to", () => {
    const policies = policiesOf(false);
    const open = Object.keys(PODS).filter((to) => PORTS.some((port) => allows(policies, "the world", to, port)));
    assert.deepEqual(open, ["gate"]);
  });
});
