import { z } from "zod";
import { UserError } from "../errors";
import { isOlder } from "../versions";
import type { Manifest } from "./object";

const label = z
  .string()
  .regex(
    /^([a-z0-9][a-z0-9.-]*\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/,
    "a label or taint, such as example.org/builds",
  );
const value = z.string().regex(/^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/, "letters, digits, dots and dashes");

const toleration = z.strictObject({
  key: label.describe("the taint's key"),
  value: value.min(1).optional().describe("its value; without it any"),
  effect: z.enum(["NoSchedule", "NoExecute"]).optional().describe("its effect; without it any"),
});

/** What a stack says of the nodes that builds run on. */
export const buildNodesSettings = z
  .strictObject({
    nodeSelector: z
      .record(label, value)
      .default({})
      .describe(
        "labels of these nodes; what is no build (releases, the gate, what composes, tests of clusters) never runs there",
      ),
    tolerations: z.array(toleration).default([]).describe("taints that builds put up with, which keep all others off"),
    hostUsers: z
      .boolean()
      .default(true)
      .describe(
        "false: a build's Pods have a user namespace of their own, in which root is nobody of the node's; Kubernetes 1.33 or newer, and a container runtime that can",
      ),
  })
  .describe(
    "Nodes that are set apart for what runs others' programs: the builds of streams, layers, RPMs, payloads, operators and pull requests.",
  );

/** Nodes that builds run on. */
export type BuildNodes = z.output<typeof buildNodesSettings>;

const ARCHITECTURE = "kubernetes.io/arch";

/** The first version of Kubernetes in which every API server keeps `hostUsers`; an older one may drop it unsaid. */
const USER_NAMESPACES_SINCE = "1.33";

/** @throws UserError where Pods are to have user namespaces, and the cluster's Kubernetes may not give them any */
export function requireUserNamespaces(nodes: BuildNodes | undefined, { kubernetes }: { kubernetes?: string }): void {
  if (nodes?.hostUsers !== false || kubernetes === undefined || !isOlder(kubernetes, USER_NAMESPACES_SINCE)) return;
  throw new UserError(
    `builds.hostUsers is false, but the cluster's Kubernetes is ${kubernetes}: Pods have user namespaces of their own from ` +
      `${USER_NAMESPACES_SINCE} on. Upgrade the cluster, or leave builds.hostUsers out.`,
  );
}

/** Where a build's Pods run, for the pod template of its run. */
export function buildPods(architecture: string, nodes?: BuildNodes): Record<string, unknown> {
  const { nodeSelector = {}, tolerations = [], hostUsers = true } = nodes ?? {};
  return {
    nodeSelector: { ...nodeSelector, [ARCHITECTURE]: architecture },
    ...(tolerations.length > 0 && {
      tolerations: tolerations.map(({ key, value, effect }) => ({
        key,
        ...(value === undefined ? { operator: "Exists" } : { operator: "Equal", value }),
        ...(effect && { effect }),
      })),
    }),
    ...(!hostUsers && { hostUsers }),
  };
}

/** Where all other Pods run: on no node that bears all labels of those that are set apart. Empty where none are. */
export function otherPods({ nodeSelector = {} }: Partial<BuildNodes> = {}): { affinity?: object } {
  const nodeSelectorTerms = Object.entries(nodeSelector).map(([key, value]) => ({
    matchExpressions: [{ key, operator: "NotIn", values: [value] }],
  }));
  if (nodeSelectorTerms.length === 0) return {};
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } };
}

/** Where an object has the Pods that it makes, in the words of its kind; PipelineRuns say it themselves. */
const PODS: Record<string, string[]> = {
  Deployment: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
  EventListener: ["spec", "resources", "kubernetesResource", "spec", "template", "spec"],
};

/** An object of which no Pod goes to nodes that are set apart for builds. */
export function offBuildNodes(object: Manifest, nodes?: BuildNodes): Manifest {
  const more = otherPods(nodes);
  if (!more.affinity) return object;
  const path = PODS[object.kind];
  if (path) return changed(object, path, more) as Manifest;
  if (object.kind !== "TriggerTemplate") return object;
  // What it starts as a TaskRun is a program of ours, which has keys.
  const { resourcetemplates, ...spec } = object.spec as { resourcetemplates: Manifest[] };
  const runs = resourcetemplates.map((run) =>
    run.kind === "TaskRun" ? changed(run, ["spec", "podTemplate"], more) : run,
  );
  return { ...object, spec: { ...spec, resourcetemplates: runs } };
}

function changed(node: object | undefined, [key, ...rest]: string[], more: object): object {
  if (key === undefined) return { ...node, ...more };
  return { ...node, [key]: changed((node as Record<string, object> | undefined)?.[key], rest, more) };
}
