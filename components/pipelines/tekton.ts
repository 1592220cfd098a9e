import { z } from "zod";
import type { Manifest } from "../kubernetes/object";

// The fields of Tekton v1 that pipelines here may use; an unknown one is a slip of the pen until it is added.
// Source: tektoncd/pipeline pkg/apis/pipeline/v1. What belongs to Kubernetes' containers is left to the API server.

const kubernetes = z.record(z.string(), z.unknown());
const value = z.union([z.string(), z.array(z.string()), z.record(z.string(), z.string())]);
const param = z.strictObject({ name: z.string(), value });

const paramSpec = z.strictObject({
  name: z.string(),
  type: z.enum(["string", "array", "object"]).optional(),
  description: z.string().optional(),
  properties: z.record(z.string(), z.strictObject({ type: z.literal("string").optional() })).optional(),
  default: value.optional(),
  enum: z.array(z.string()).optional(),
});

const resultSpec = z.strictObject({
  name: z.string(),
  type: z.enum(["string", "array", "object"]).optional(),
  description: z.string().optional(),
  properties: z.record(z.string(), z.strictObject({ type: z.literal("string").optional() })).optional(),
  value: value.optional(),
});

const when = z.union([
  z.strictObject({ input: z.string(), operator: z.enum(["in", "notin"]), values: z.array(z.string()) }),
  z.strictObject({ cel: z.string() }),
]);

const computeResources = z.strictObject({
  requests: z.record(z.string(), z.string()).optional(),
  limits: z.record(z.string(), z.string()).optional(),
});

const container = {
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  workingDir: z.string().optional(),
  env: z.array(z.looseObject({ name: z.string() })).optional(),
  envFrom: z.array(kubernetes).optional(),
  computeResources: computeResources.optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).optional(),
  volumeDevices: z.array(kubernetes).optional(),
  imagePullPolicy: z.string().optional(),
  securityContext: kubernetes.optional(),
};

const workspaceUsage = z.strictObject({ name: z.string(), mountPath: z.string() });

const step = z.strictObject({
  ...container,
  name: z.string(),
  displayName: z.string().optional(),
  script: z.string().optional(),
  timeout: z.string().optional(),
  workspaces: z.array(workspaceUsage).optional(),
  results: z.array(resultSpec).optional(),
  when: z.array(when).optional(),
  onError: z.string().optional(),
  stdoutConfig: z.strictObject({ path: z.string() }).optional(),
  stderrConfig: z.strictObject({ path: z.string() }).optional(),
});

const sidecar = z.strictObject({
  ...container,
  name: z.string(),
  script: z.string().optional(),
  workspaces: z.array(workspaceUsage).optional(),
  ports: z.array(kubernetes).optional(),
  readinessProbe: kubernetes.optional(),
  livenessProbe: kubernetes.optional(),
  startupProbe: kubernetes.optional(),
  lifecycle: kubernetes.optional(),
  restartPolicy: z.string().optional(),
});

const taskSpec = z.strictObject({
  displayName: z.string().optional(),
  description: z.string(),
  params: z.array(paramSpec).optional(),
  workspaces: z
    .array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        mountPath: z.string().optional(),
        readOnly: z.boolean().optional(),
        optional: z.boolean().optional(),
      }),
    )
    .optional(),
  results: z.array(resultSpec).optional(),
  stepTemplate: z.strictObject(container).optional(),
  steps: z.array(step).min(1),
  sidecars: z.array(sidecar).optional(),
  volumes: z.array(z.looseObject({ name: z.string() })).optional(),
});

const pipelineTask = z.strictObject({
  name: z.string(),
  displayName: z.string().optional(),
  description: z.string().optional(),
  taskRef: z.strictObject({ name: z.string(), kind: z.literal("Task").optional() }),
  params: z.array(param).optional(),
  matrix: z
    .strictObject({
      params: z.array(param).optional(),
      include: z.array(z.strictObject({ name: z.string().optional(), params: z.array(param).optional() })).optional(),
    })
    .optional(),
  workspaces: z
    .array(z.strictObject({ name: z.string(), workspace: z.string().optional(), subPath: z.string().optional() }))
    .optional(),
  when: z.array(when).optional(),
  runAfter: z.array(z.string()).optional(),
  retries: z.int().optional(),
  timeout: z.string().optional(),
  onError: z.enum(["stopAndFail", "continue"]).optional(),
});

const pipelineSpec = z.strictObject({
  displayName: z.string().optional(),
  description: z.string(),
  params: z.array(paramSpec).optional(),
  workspaces: z
    .array(z.strictObject({ name: z.string(), description: z.string().optional(), optional: z.boolean().optional() }))
    .optional(),
  tasks: z.array(pipelineTask).min(1),
  finally: z.array(pipelineTask).optional(),
  results: z.array(resultSpec.extend({ value })).optional(),
});

/** What a file may hold beside `apiVersion`, `kind` and `metadata`, and the version it must have. */
export const KINDS: Record<string, { apiVersion: string; fields: z.ZodType; clusterScoped?: true }> = {
  Task: { apiVersion: "tekton.dev/v1", fields: z.strictObject({ spec: taskSpec }) },
  Pipeline: { apiVersion: "tekton.dev/v1", fields: z.strictObject({ spec: pipelineSpec }) },
  TriggerBinding: { apiVersion: "triggers.tekton.dev/v1beta1", fields: z.strictObject({ spec: kubernetes }) },
  TriggerTemplate: { apiVersion: "triggers.tekton.dev/v1beta1", fields: z.strictObject({ spec: kubernetes }) },
  Trigger: { apiVersion: "triggers.tekton.dev/v1beta1", fields: z.strictObject({ spec: kubernetes }) },
  EventListener: { apiVersion: "triggers.tekton.dev/v1beta1", fields: z.strictObject({ spec: kubernetes }) },
  Interceptor: { apiVersion: "triggers.tekton.dev/v1alpha1", fields: z.strictObject({ spec: kubernetes }) },
  ClusterInterceptor: {
    apiVersion: "triggers.tekton.dev/v1alpha1",
    fields: z.strictObject({ spec: kubernetes }),
    clusterScoped: true,
  },
  ConfigMap: { apiVersion: "v1", fields: z.strictObject({ data: z.record(z.string(), z.string()) }) },
};

export type TaskSpec = z.infer<typeof taskSpec>;
export type PipelineSpec = z.infer<typeof pipelineSpec>;
export type PipelineTask = z.infer<typeof pipelineTask>;
export type Step = z.infer<typeof step>;
export type Sidecar = z.infer<typeof sidecar>;
export type ParamSpec = z.infer<typeof paramSpec>;
export type ParamValue = z.infer<typeof value>;

export type Task = Manifest & { kind: "Task"; spec: TaskSpec };
export type Pipeline = Manifest & { kind: "Pipeline"; spec: PipelineSpec };

/** A run of a Pipeline. It has a name or a `generateName`. */
export interface PipelineRun {
  apiVersion: "tekton.dev/v1";
  kind: "PipelineRun";
  metadata: {
    name?: string;
    generateName?: string;
    namespace: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: {
    pipelineRef: { name: string };
    params: { name: string; value: ParamValue }[];
    workspaces: WorkspaceBinding[];
    timeouts: { pipeline: string; tasks?: string; finally?: string };
    taskRunTemplate: { serviceAccountName: string; podTemplate?: Record<string, unknown> };
    taskRunSpecs?: TaskRunSpec[];
  };
}

/** What a run says of one task of its Pipeline. */
export interface TaskRunSpec {
  pipelineTaskName: string;
  stepSpecs?: { name: string; computeResources: z.infer<typeof computeResources> }[];
  /** Takes the place of the run's, field by field. */
  podTemplate?: { nodeSelector: Record<string, string> };
}

export type WorkspaceBinding =
  | { name: string; persistentVolumeClaim: { claimName: string } }
  | { name: string; volumeClaimTemplate: { spec: Record<string, unknown> } }
  | { name: string; secret: { secretName: string } }
  | { name: string; configMap: { name: string } }
  | { name: string; emptyDir: Record<string, never> };
