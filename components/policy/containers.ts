import { overContext, type SecurityContext } from "../kubernetes/security-context";
import type { PolicyObject } from "./rule";

/** A container, or a step of Tekton's, with its place in an object. */
export interface PlacedContainer {
  object: PolicyObject;
  path: string;
  container: Container;
  /** What its neighbours share with it. */
  pod: PodSpec;
  /** The Task that it is a step of; absent for a container of a Pod. */
  task?: string;
}

export interface Container {
  name?: string;
  image?: string;
  env?: { name: string; value?: string }[];
  securityContext?: SecurityContext;
  resources?: Resources;
  computeResources?: Resources;
}

export interface Resources {
  requests?: Record<string, unknown>;
  limits?: Record<string, unknown>;
}

export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  volumes?: Record<string, unknown>[];
  securityContext?: SecurityContext;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
}

interface TaskSpec {
  steps?: Container[];
  sidecars?: Container[];
  stepTemplate?: Container;
  volumes?: Record<string, unknown>[];
}

interface PipelineSpec {
  tasks?: { name: string; taskSpec?: TaskSpec }[];
  finally?: { name: string; taskSpec?: TaskSpec }[];
}

/** Where a kind has its Pods' specification. */
const POD_SPECS: Record<string, string[]> = {
  Pod: ["spec"],
  ...Object.fromEntries(
    ["Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job"].map((kind) => [kind, ["spec", "template", "spec"]]),
  ),
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
  EventListener: ["spec", "resources", "kubernetesResource", "spec", "template", "spec"],
};

/** Every container that an object describes. */
export function containersOf(object: PolicyObject): PlacedContainer[] {
  const place = POD_SPECS[object.kind];
  const pod = place?.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
  if (place && pod) return ofPod(object, pod as PodSpec, place.join("."));
  // Triggers makes its Pod, of one container at least, with what is said of it here.
  if (place && object.kind === "EventListener") return ofPod(object, { containers: [{}] }, place.join("."));
  const spec = (object.spec ?? {}) as TaskSpec & PipelineSpec & { taskSpec?: TaskSpec; pipelineSpec?: PipelineSpec };
  if (!object.apiVersion.startsWith("tekton.dev/")) return [];
  const name = object.metadata?.name ?? "";
  switch (object.kind) {
    case "Task":
    case "ClusterTask":
      return ofTask(object, spec, name, "spec");
    case "StepAction":
      return [{ object, path: "spec", container: object.spec as Container, pod: {}, task: name }];
    case "Pipeline":
      return ofPipeline(object, spec, "spec");
    case "TaskRun":
      return ofTask(object, spec.taskSpec ?? {}, name, "spec.taskSpec");
    case "PipelineRun":
      return ofPipeline(object, spec.pipelineSpec ?? {}, "spec.pipelineSpec");
    default:
      return [];
  }
}

function ofPod(object: PolicyObject, pod: PodSpec, path: string): PlacedContainer[] {
  return (["initContainers", "containers"] as const).flatMap((field) =>
    (pod[field] ?? []).map((container) => ({ object, path: at(path, field, container), container, pod })),
  );
}

/** Steps with what the template gives them; Tekton applies it to steps only. */
function ofTask(object: PolicyObject, spec: TaskSpec, task: string, path: string): PlacedContainer[] {
  const { steps = [], sidecars = [], stepTemplate = {}, volumes = [] } = spec;
  const resources = stepTemplate.computeResources ?? stepTemplate.resources;
  const pod = { volumes };
  return [
    ...steps.map((step) => ({
      ...{ object, path: at(path, "steps", step), pod, task },
      container: {
        ...stepTemplate,
        ...step,
        securityContext: overContext(stepTemplate.securityContext, step.securityContext),
        computeResources: merged(resources, step.computeResources ?? step.resources),
      },
    })),
    ...sidecars.map((container) => ({ object, path: at(path, "sidecars", container), container, pod, task })),
  ];
}

function merged(template: Resources = {}, own: Resources = {}): Resources {
  return {
    requests: { ...template.requests, ...own.requests },
    limits: { ...template.limits, ...own.limits },
  };
}

function ofPipeline(object: PolicyObject, spec: PipelineSpec, path: string): PlacedContainer[] {
  return (["tasks", "finally"] as const).flatMap((field) =>
    (spec[field] ?? []).flatMap(({ name, taskSpec }) =>
      taskSpec ? ofTask(object, taskSpec, name, `${path}.${field}[${name}].taskSpec`) : [],
    ),
  );
}

function at(path: string, field: string, { name = "?" }: Container): string {
  return `${path}.${field}[${name}]`;
}

/** The objects, and those that TriggerTemplates among them make. */
export function withInner(objects: PolicyObject[]): PolicyObject[] {
  return objects.flatMap((object) => {
    const templates = (object.spec?.resourcetemplates ?? []) as PolicyObject[];
    const namespace = object.metadata?.namespace;
    const inner = templates.map((it) => ({ ...it, metadata: { ...(namespace && { namespace }), ...it.metadata } }));
    return [object, ...inner];
  });
}
