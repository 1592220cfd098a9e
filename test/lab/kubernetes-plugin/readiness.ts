import { setTimeout as sleep } from "node:timers/promises";
import {
  type KubernetesClient,
  type Fields,
  groupOf,
  type KubeObject,
  label,
  NotReady,
  type Patience,
  Unreachable,
} from "../../../components/kubernetes/client";
import { troublesOf } from "../../../components/kubernetes/troubles";

/** What an object still lacks; undefined when it is ready. */
type Lack = string | undefined;
type Check = (object: KubeObject, cluster: Pick<KubernetesClient, "list">) => Lack | Promise<Lack>;
type Condition = { type: string; status: string; reason?: string; message?: string };

const conditions = (object: KubeObject) => (object.status?.conditions ?? []) as Condition[];
const condition = (object: KubeObject, type: string): Condition | undefined =>
  conditions(object).find((it) => it.type.toLowerCase() === type.toLowerCase());
const told = (type: string, it?: Condition): string =>
  it ? [`${type}=${it.status}`, it.reason, it.message].filter(Boolean).join(" ") : `no condition ${type} yet`;

function lacks(object: KubeObject, type: string, wanted = "True"): Lack {
  const it = condition(object, type);
  return it?.status.toLowerCase() === wanted.toLowerCase() ? undefined : told(type, it);
}

function failOn(object: KubeObject, type: string, failed: (it: Condition) => boolean): void {
  const it = condition(object, type);
  if (it && failed(it)) throw new NotReady(`${label(object)} failed: ${told(type, it)}`, object);
}

/** `have` counts that must all reach `want` once the controller has seen the present generation. */
function rollout({ metadata, status }: KubeObject, want: number, have: Record<string, number | undefined>): Lack {
  if ((status?.observedGeneration ?? 0) < metadata.generation) return "not seen by its controller yet";
  const short = Object.entries(have).find(([, count = 0]) => count < want);
  return short && `${String(short[1] ?? 0)} of ${String(want)} ${short[0]}`;
}

/** By `group/Kind`: how the published plugin judges it, much simplified. Other kinds are ready once they exist. */
const CHECKS: Record<string, Check | undefined> = {
  "apps/Deployment": (object) => {
    const { replicas = 0, updatedReplicas = 0, availableReplicas } = (object.status ?? {}) as Record<string, number>;
    const have = { "replicas updated": updatedReplicas, "replicas available": availableReplicas };
    const lack = rollout(object, object.spec.replicas as number, have);
    if (lack) failOn(object, "Progressing", (it) => it.reason === "ProgressDeadlineExceeded");
    return lack ?? (replicas > updatedReplicas ? "old replicas still stop" : undefined);
  },
  "apps/StatefulSet": (object) => {
    const { updateStrategy, replicas } = object.spec as Fields;
    const partly = updateStrategy?.type === "OnDelete" || updateStrategy?.rollingUpdate?.partition;
    const { updatedReplicas, readyReplicas } = (object.status ?? {}) as Record<string, number>;
    const have = { "replicas ready": readyReplicas, ...(!partly && { "replicas updated": updatedReplicas }) };
    return rollout(object, replicas as number, have);
  },
  "apps/DaemonSet": (object) => {
    const status = (object.status ?? {}) as Record<string, number>;
    const have = { "pods updated": status.updatedNumberScheduled, "pods available": status.numberAvailable };
    return rollout(object, status.desiredNumberScheduled ?? 0, have);
  },
  "batch/Job": (object) => {
    failOn(object, "Failed", (it) => it.status === "True");
    return object.spec.suspend ? undefined : lacks(object, "Complete");
  },
  "/Pod": (object) => {
    const { phase, message = "" } = (object.status ?? {}) as Record<string, string>;
    if (phase === "Failed") throw new NotReady(`${label(object)} failed: ${message}`, object);
    return phase === "Succeeded" ? undefined : lacks(object, "Ready");
  },
  "/Service": async ({ metadata: { name, namespace }, spec, status }, cluster) => {
    if (spec.type === "ExternalName") return undefined;
    if (spec.type === "LoadBalancer" && !status?.loadBalancer?.ingress?.length) return "no load balancer address yet";
    if (spec.clusterIP === "None" || !Object.keys((spec.selector ?? {}) as Fields).length) return undefined;
    const slices = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: { namespace } };
    const found = await cluster.list(slices, `kubernetes.io/service-name=${name ?? ""}`);
    const endpoints = found.flatMap((it) => (it.endpoints ?? []) as Fields[]);
    const ready = endpoints.some((it) => it.conditions?.ready !== false);
    return ready ? undefined : "no ready pod that its selector finds";
  },
  "apiextensions.k8s.io/CustomResourceDefinition": (object) => {
    failOn(object, "NamesAccepted", (it) => it.status === "False");
    return lacks(object, "Established");
  },
};

/** `pulumi.com/waitFor`: one expression, or a JSON array of expressions that must all hold. */
export function waitFor(object: KubeObject, annotation: string): Lack {
  const expressions = annotation.startsWith("[") ? (JSON.parse(annotation) as string[]) : [annotation];
  return expressions.map((it) => lackOf(object, it)).find(Boolean);
}

function lackOf(object: KubeObject, expression: string): Lack {
  const [, type, state] = /^condition=([^=]+)(?:=(.+))?$/.exec(expression) ?? [];
  if (type) return lacks(object, type, state);
  const [, path, wanted] = /^jsonpath=\{?\.?([\w.[\]-]+)\}?(?:=(.+))?$/.exec(expression) ?? [];
  if (!path) throw new NotReady(`pulumi.com/waitFor: this stand-in cannot read "${expression}"`, object);
  const keys = path.split(/[.[\]]+/).filter(Boolean);
  const found = keys.reduce<unknown>((at, key) => (at as Fields | undefined)?.[key], object);
  const holds = wanted === undefined ? found !== undefined : String(found) === wanted;
  if (holds) return undefined;
  return `${path} is ${JSON.stringify(found) ?? "not set"}${wanted ? `, awaited: ${wanted}` : ""}`;
}

/** What an object lacks by its kind's rule, or by its `pulumi.com/waitFor`. */
export function lackIn(object: KubeObject, cluster: Pick<KubernetesClient, "list">): Lack | Promise<Lack> {
  const annotations = (object.metadata.annotations ?? {}) as Record<string, string | undefined>;
  if (annotations["pulumi.com/skipAwait"] === "true") return undefined;
  const custom = annotations["pulumi.com/waitFor"];
  return custom ? waitFor(object, custom) : CHECKS[`${groupOf(object)}/${object.kind}`]?.(object, cluster);
}

/** Why the pods of a workload do not run, or are not even made. */
export async function podTroubles(cluster: Pick<KubernetesClient, "list">, object: KubeObject): Promise<string> {
  const { metadata, spec } = object;
  const refused = condition(object, "ReplicaFailure");
  const reasons = refused?.status === "True" ? [[refused.reason, refused.message].filter(Boolean).join(": ")] : [];
  const labels = Object.entries((spec?.selector?.matchLabels ?? {}) as Record<string, string>);
  if (labels.length > 0) {
    const selector = labels.map(([key, value]) => `${key}=${value}`).join();
    const pods = { apiVersion: "v1", kind: "Pod", metadata: { namespace: metadata.namespace } };
    reasons.push(...troublesOf(await cluster.list(pods, selector).catch(() => [])));
  }
  return reasons
    .slice(0, 3)
    .map((reason) => `; pod: ${reason}`)
    .join("");
}

/** Waits until the object is ready. @throws NotReady with the last state seen */
export async function awaitReady(
  cluster: KubernetesClient,
  created: KubeObject,
  patience: Patience,
): Promise<KubeObject> {
  const { deadline, signal, tell } = patience;
  for (let live = created, pause = 100; ; pause = Math.min(pause * 1.5, 2_000)) {
    const lack = await lackIn(live, cluster);
    if (!lack) return live;
    if (Date.now() + pause > deadline) {
      const message = `${label(live)} was not ready in time: ${lack}${await podTroubles(cluster, live)}`;
      throw new NotReady(message, live);
    }
    if (pause > 500) tell(`waiting: ${lack}${await podTroubles(cluster, live)}`);
    await sleep(pause, undefined, { signal });
    const seen = await cluster.get(live).catch((error: unknown) => {
      if (error instanceof Unreachable) return live; // the API server restarts
      throw error;
    });
    if (!seen) throw new NotReady(`${label(live)} was deleted while it was awaited`, live);
    live = seen;
  }
}
