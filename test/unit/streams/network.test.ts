import assert from "node:assert/strict";
import { gateObjects } from "../../../components/gate/gate";
import { renderGate } from "../../../components/gate/objects";
import type { Manifest } from "../../../components/kubernetes/object";
import { type RenderEventsArgs, renderEvents } from "../../../components/streams/events/events";
import { portsOf, renderNetwork } from "../../../components/workplace/network";
import { renderPipelineRun } from "../../../components/streams/scos/run";
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
  "a run": { "app.kubernetes.io/managed-by": "tekton-pipelines", "tekton.dev/task": "coreos-build-base" },
  "a run that asks": { "app.kubernetes.io/managed-by": "tekton-pipelines", "tekton.dev/task": "request-build" },
  "a job": { ...PLACE.labels, "batch.kubernetes.io/job-name": "build-4-20-29400000" },
  "a stranger in the namespace": {},
};
/** Who is none of them. The API server is outside of all Pods, as the world is. */
const OTHERS = ["a pod of another namespace", "the world"];
const PORTS = [22, 53, 80, 443, 5000, 6443, 8080, 8443, 9000];

const TO_LISTENERS = { "el-builds": [8080], "el-git": [8080] };
/** The stack's registry is at 5000. */
const WEB = [53, 80, 443, 5000];
const API = [53, 443, 6443, 8443];
/** Who may connect to whom at which ports; all who are not here may not. */
const FLOWS: Record<string, Record<string, number[]>> = {
  gate: { ...TO_LISTENERS, "a pod of another namespace": [53, 5000], "the world": [53, 5000] },
  "el-builds": { gate: [8443], "a pod of another namespace": API, "the world": API },
  "el-git": { gate: [8443], "a pod of another namespace": API, "the world": API },
  "a run": { ...TO_LISTENERS, "a pod of another namespace": WEB, "the world": WEB },
  "a run that asks": {
    ...TO_LISTENERS,
    "a pod of another namespace": [53, 80, 443, 5000, 6443, 8443],
    "the world": [53, 80, 443, 5000, 6443, 8443],
  },
  "a job": {
    ...TO_LISTENERS,
    "a pod of another namespace": [53, 80, 443, 5000, 6443, 8443],
    "the world": [53, 80, 443, 5000, 6443, 8443],
  },
  "a stranger in the namespace": { "a pod of another namespace": [53], "the world": [53] },
  "a pod of another namespace": { gate: [8080], "el-builds": [9000], "el-git": [8080, 9000] },
  "the world": { gate: [8080], "el-git": [8080] },
};

interface Peer {
  ipBlock?: { cidr: string; except?: string[] };
  podSelector?: { matchLabels?: Labels };
  namespaceSelector?: { matchLabels?: Labels };
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port: number }[];
}
interface Policy {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string }[];
}

const selects = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean => {
  assert.ok(
    matchExpressions.every(({ operator }) => operator === "Exists"),
    "this test knows Exists only",
  );
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key }) => key in labels)
  );
};

/** What NetworkPolicies say of a connection, as Kubernetes reads them: both ends have to allow it. */
function allows(policies: Policy[], from: string, to: string, port: number): boolean {
  const peer = (one: Peer, name: string): boolean => {
    if (one.ipBlock) return name === "the world" || one.ipBlock.cidr === "0.0.0.0/0";
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
  const runs = args.streams.map(({ stream, plan }) =>
    renderPipelineRun(stream, { ...PLACE, plan, settings, architecture: "amd64" }),
  );
  const network = renderNetwork(PLACE, {
    openshift: false,
    told: [JSON.stringify(runs)],
    programs: ["request-build"],
  });
  return [...network, ...renderEvents(args), ...gate].flatMap(({ kind, spec }: Manifest) =>
    kind === "NetworkPolicy" ? [spec as Policy] : [],
  );
}

describe("NetworkPolicies of a stack with events", () => {
  it("let those connect who have something to say, and nobody else", () => {
    const policies = policiesOf(true);
    for (const from of [...Object.keys(PODS), ...OTHERS]) {
      const flows = [...Object.keys(PODS), ...OTHERS].flatMap((to) => {
        if (OTHERS.includes(from) && OTHERS.includes(to)) return [];
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

describe("ports that a run is told of", () => {
  const cases: [text: string, ports: number[]][] = [
    ["kind-registry:5000/okd", [5000]],
    ["https://s3.example:9000/", [9000]],
    ['{"value":"http://172.18.0.1:41234/rhel-coreos-config.git"}', [41234]],
    ["a=one.example:5001 b=two.example:5002", [5001, 5002]],
    ["git://git.example/os", [9418]],
    ["ssh://git@git.example/os", [22]],
    ["git@git.example:me/os.git", [22]],
    ["http://[2001:db8::1]:3128/x", [3128]],
    ["https://github.com/openshift/os", []],
    ["quay.io/okd/scos-content:4.21-x86_64", []],
    ["quay.io/okd/scos-release@sha256:0123456789abcdef", []],
    ["2026-11-30T12:34:56Z", []],
  ];
  for (const [text, ports] of cases) {
    it(`of ${text} are ${ports.join(", ") || "none"}`, () => assert.deepEqual(portsOf([text]), ports));
  }
});

describe("NetworkPolicies on OpenShift", () => {
  it("let every Pod ask the Pods of its DNS, which listen elsewhere", () => {
    const [deny] = renderNetwork(PLACE, { openshift: true, told: [] });
    const { podSelector, policyTypes, ingress, egress } = deny!.spec as Policy;
    assert.deepEqual([podSelector, policyTypes, ingress], [{}, ["Ingress", "Egress"], undefined]);
    assert.deepEqual(
      egress!.map(({ ports }) => ports!.map(({ port }) => port)),
      [
        [53, 53],
        [5353, 5353],
      ],
    );
  });
});
