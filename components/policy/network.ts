import { LISTENER_PODS } from "../kubernetes/network";
import { isOurs, type PolicyObject, type Violation } from "./rule";

type Labels = Record<string, string>;

/** Services and EventListeners whose Pods anybody may connect to. */
export function listenersWithoutPolicy(objects: PolicyObject[]): Violation[] {
  const policies = objects.filter(({ kind, spec }) => kind === "NetworkPolicy" && judgesIngress(spec as PolicySpec));
  return objects.flatMap((object) => {
    const pods = podsBehind(object);
    if (!pods) return [];
    const held = policies.some(
      ({ metadata, spec }) =>
        metadata?.namespace === object.metadata?.namespace && selects((spec as PolicySpec).podSelector, pods),
    );
    return held ? [] : [{ object, path: "", found: "no NetworkPolicy says who may connect to it" }];
  });
}

/** Namespaces of ours in which a Pod that no policy selects may connect to anybody, or anybody to it. */
export function openNamespaces(objects: PolicyObject[]): Violation[] {
  const denying = objects
    .filter(({ kind, spec }) => kind === "NetworkPolicy" && deniesBothWays(spec as PolicySpec))
    .map(({ metadata }) => metadata?.namespace);
  return objects
    .filter((object) => object.kind === "Namespace" && isOurs(object) && !denying.includes(object.metadata?.name))
    .map((object) => ({ object, path: "", found: "no NetworkPolicy selects all its Pods in both directions" }));
}

function deniesBothWays({ podSelector, policyTypes = [] }: PolicySpec): boolean {
  return selects(podSelector, {}) && ["Ingress", "Egress"].every((type) => policyTypes.includes(type));
}

interface PolicySpec {
  podSelector?: { matchLabels?: Labels; matchExpressions?: unknown[] };
  policyTypes?: string[];
  ingress?: unknown;
}

/** Labels of the Pods that listen; nothing where none of this cluster do. */
function podsBehind({ apiVersion, kind, metadata, spec }: PolicyObject): Labels | undefined {
  if (kind === "Service" && apiVersion === "v1") return (spec as { selector?: Labels } | undefined)?.selector;
  if (kind !== "EventListener") return undefined;
  // As Triggers labels them.
  return { ...LISTENER_PODS, eventlistener: metadata?.name ?? "" };
}

/** As the API server completes it: without types it is about ingress. */
function judgesIngress({ policyTypes }: PolicySpec): boolean {
  return policyTypes === undefined || policyTypes.includes("Ingress");
}

function selects(
  { matchLabels = {}, matchExpressions = [] }: NonNullable<PolicySpec["podSelector"]> = {},
  pods: Labels,
): boolean {
  return matchExpressions.length === 0 && Object.entries(matchLabels).every(([key, value]) => pods[key] === value);
}
