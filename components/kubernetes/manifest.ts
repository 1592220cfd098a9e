import { UserError } from "../errors";
import { type Manifest, objectName } from "./object";
import { readDocuments } from "./yaml";

/** What an object is to the others: objects of one phase may be created side by side, phases in this order. */
export type Phase = "namespaces" | "definitions" | "configuration" | "workloads" | "webhooks" | "customResources";

export const PHASES: readonly Phase[] = [
  "namespaces",
  "definitions",
  "configuration",
  "workloads",
  "webhooks",
  "customResources",
];

const PHASE_OF_KIND: Readonly<Record<string, Phase>> = {
  Namespace: "namespaces",
  CustomResourceDefinition: "definitions",
  Pod: "workloads",
  ReplicaSet: "workloads",
  Deployment: "workloads",
  StatefulSet: "workloads",
  DaemonSet: "workloads",
  Job: "workloads",
  CronJob: "workloads",
  HorizontalPodAutoscaler: "workloads",
  PodDisruptionBudget: "workloads",
  // What the API server asks before it takes an object refuses all of them until the workload behind it answers.
  ValidatingWebhookConfiguration: "webhooks",
  MutatingWebhookConfiguration: "webhooks",
  ValidatingAdmissionPolicy: "webhooks",
  ValidatingAdmissionPolicyBinding: "webhooks",
  APIService: "webhooks",
};

// Groups that every API server has; gateway.networking.k8s.io and others of that look come from CustomResourceDefinitions.
const BUILT_IN_GROUPS = new Set([
  "",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

const CLUSTER_SCOPED = new Set([
  "APIService",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
]);

export function groupOf({ apiVersion }: Pick<Manifest, "apiVersion">): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/** Whether the object is of a kind that every API server has. */
export function isBuiltIn(manifest: Pick<Manifest, "apiVersion">): boolean {
  return BUILT_IN_GROUPS.has(groupOf(manifest));
}

/** Whether an object of a built-in kind belongs to no namespace. */
export function isClusterScoped(manifest: Pick<Manifest, "apiVersion" | "kind">): boolean {
  return isBuiltIn(manifest) && CLUSTER_SCOPED.has(manifest.kind);
}

/** The phase of an object; what is neither in the table nor of a built-in group is a custom resource. */
export function phaseOf(manifest: Pick<Manifest, "apiVersion" | "kind">): Phase {
  if (!isBuiltIn(manifest)) return "customResources";
  return PHASE_OF_KIND[manifest.kind] ?? "configuration";
}

/** The objects by phase; within a phase they keep their order. */
export function splitPhases(manifests: readonly Manifest[]): Record<Phase, Manifest[]> {
  const phases = Object.fromEntries(PHASES.map((phase) => [phase, [] as Manifest[]])) as Record<Phase, Manifest[]>;
  for (const manifest of manifests) phases[phaseOf(manifest)].push(manifest);
  return phases;
}

/**
 * The objects in a text of one or more documents, in order and as kubectl reads them. Empty documents, null fields (which the API
 * treats as absent, and as empty among labels and data) and fields that the API server decides (`status`, `creationTimestamp`) are dropped; a list is replaced by its
 * items.
 *
 * @param source where the text comes from, for messages
 * @throws UserError that names source and document for anything that is not YAML or not a Kubernetes object
 */
export function parseManifests(text: string, source: string): Manifest[] {
  return readDocuments(text, source).flatMap(({ value, where }) => objectsOf(value, where));
}

function objectsOf(value: unknown, where: string): Manifest[] {
  if (!isFields(value)) throw new UserError(`${where} is not a Kubernetes object but a ${shapeOf(value)}`);
  for (const field of ["apiVersion", "kind"]) {
    if (typeof value[field] !== "string" || value[field] === "")
      throw new UserError(`${where} is not a Kubernetes object: it has no ${field}`);
  }
  if ("items" in value) return itemsOf(value, where);
  if (!isFields(value.metadata) || typeof value.metadata.name !== "string") {
    throw new UserError(`${where} (${String(value.kind)}) has no metadata.name`);
  }
  const texts = [...TEXTS.ofAll, ...(isBuiltIn(value as Manifest) ? TEXTS.ofBuiltIn : [])];
  const manifest = clean(value, `${where} (${String(value.kind)} ${value.metadata.name})`, texts) as Manifest;
  delete manifest.status;
  delete manifest.metadata.creationTimestamp;
  // The API server drops it, so it would never be the same; true is another matter.
  if (manifest.kind === "CustomResourceDefinition" && manifest.spec?.preserveUnknownFields === false) {
    delete manifest.spec.preserveUnknownFields;
  }
  return [manifest];
}

/** To kubectl whatever has `items` is a list, and items that do not say what they are, are what its kind says. */
function itemsOf({ apiVersion, kind, items }: Record<string, unknown>, where: string): Manifest[] {
  if (items !== null && !Array.isArray(items)) {
    throw new UserError(`${where} (${String(kind)}) has items that are no list but a ${shapeOf(items)}`);
  }
  const kindOfItems = String(kind).replace(/List$/, "");
  return (items ?? []).flatMap((item: unknown, index) => {
    const typed = isFields(item) && !item.apiVersion && !item.kind ? { ...item, apiVersion, kind: kindOfItems } : item;
    return objectsOf(typed, `${where}, item ${index + 1}`);
  });
}

/**
 * The objects without repetitions: files that are installed together may both bring a Namespace.
 *
 * @throws UserError where two objects of the same name differ
 */
export function withoutRepetitions(manifests: readonly Manifest[], source: string): Manifest[] {
  const known = new Map<string, string>();
  return manifests.filter((manifest) => {
    const key = `${groupOf(manifest)} ${manifest.kind} ${objectName(manifest)}`;
    const text = JSON.stringify(manifest);
    const before = known.get(key);
    if (before !== undefined && before !== text) {
      throw new UserError(`${source} has two different objects ${manifest.kind} ${objectName(manifest)}`);
    }
    known.set(key, text);
    return before === undefined;
  });
}

/** Fields of the API that hold texts by any name: of a null there the API server makes an empty one, as Go does. */
const TEXTS = {
  ofAll: ["labels", "annotations"],
  ofBuiltIn: ["data", "binaryData", "stringData", "matchLabels", "nodeSelector"],
};

/** A value without nulls, with numbers that survive the way to the API server. */
function clean(value: unknown, where: string, texts: string[], name = ""): unknown {
  if (typeof value === "bigint") {
    // The limits in schemas are floats to the API server too.
    if (where.includes("(CustomResourceDefinition ")) return Number(value);
    throw new UserError(
      `${where} has the number ${value}, which has too many digits to be deployed as it is: quote it`,
    );
  }
  if (Array.isArray(value)) return value.map((item) => clean(item, where, texts));
  if (!isFields(value)) return value;
  const entries = Object.entries(value).map(
    ([key, field]) => [key, texts.includes(name) ? (field ?? "") : field] as const,
  );
  const kept = entries.filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([key, field]) => [key, clean(field, where, texts, key)]));
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shapeOf(value: unknown): string {
  return Array.isArray(value) ? "list" : value === null ? "null" : typeof value;
}
