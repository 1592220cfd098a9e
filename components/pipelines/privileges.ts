import { RUN_PODS } from "../kubernetes/network";
import type { Manifest } from "../kubernetes/object";
import { overContext, type SecurityContext } from "../kubernetes/security-context";
import type { Pipeline, PipelineTask, Task, WorkspaceBinding } from "./tekton";

/** What a step may: in the order in which a reader asks. */
export interface TaskPrivileges {
  /** The Task's name, where the Pipeline calls it otherwise. */
  task?: string;
  /** Secrets in its Pod, mounted in whichever step, separated by blanks. */
  secrets?: string;
  /** Step → its user, what it may beyond a plain process, and the Secrets that are mounted in it. */
  steps: Record<string, string>;
}

/** Who starts what: a Pipeline or Task → where its Pods may connect to, and its Tasks. */
export type Privileges = Record<string, { egress: string[]; tasks: Record<string, TaskPrivileges> }>;

/** A run of a Pipeline or a Task, as a stack has it. */
export interface AnyRun {
  kind: string;
  metadata: { namespace?: string };
  spec: {
    pipelineRef?: { name: string };
    taskRef?: { name: string };
    params?: { name: string; value: unknown }[];
    workspaces?: WorkspaceBinding[];
  };
}

type Params = Record<string, unknown>;
type Bindings = Record<string, WorkspaceBinding>;

/**
 * What every step of a stack's runs may. Runs of one title are one entry, with all that any of them has.
 *
 * @param objects Tasks, Pipelines and NetworkPolicies of the stack, among others
 * @param runs by a title that tells one sort from another
 */
export function privilegesOf(objects: Manifest[], runs: { title: string; run: AnyRun }[]): Privileges {
  const found: Privileges = {};
  for (const { title, run } of runs) {
    const { namespace = "" } = run.metadata;
    const entry = (found[title] ??= { egress: egressOf(objects, namespace, run.spec.taskRef?.name), tasks: {} });
    const find = (kind: string, name: string) =>
      objects.find((one) => one.kind === kind && one.metadata.name === name && one.metadata.namespace === namespace);
    const given = Object.fromEntries((run.spec.params ?? []).map(({ name, value }) => [name, value]));
    const bound = Object.fromEntries((run.spec.workspaces ?? []).map((binding) => [binding.name, binding]));
    const { pipelineRef, taskRef } = run.spec;
    if (taskRef) {
      const task = find("Task", taskRef.name) as Task;
      entry.tasks[taskRef.name] = merged(entry.tasks[taskRef.name], taskPrivileges(task, given, bound));
      continue;
    }
    const { spec } = find("Pipeline", pipelineRef!.name) as Pipeline;
    const params = { ...defaultsOf(spec.params), ...given };
    for (const { name, taskRef, params: own = [], workspaces = [], when = [] } of [
      ...spec.tasks,
      ...(spec.finally ?? []),
    ]) {
      if (!when.every((one) => mayHold(one, params))) continue;
      const task = find("Task", taskRef.name) as Task;
      const values = Object.fromEntries(own.map((param) => [param.name, resolved(param.value, params)]));
      const bindings = Object.fromEntries(
        workspaces.flatMap(({ name: inner, workspace = inner }) =>
          bound[workspace] ? [[inner, bound[workspace]]] : [],
        ),
      );
      entry.tasks[name] = merged(entry.tasks[name], {
        ...(taskRef.name !== name && { task: taskRef.name }),
        ...taskPrivileges(task, values, bindings),
      });
    }
  }
  return found;
}

function taskPrivileges({ spec }: Task, given: Params, bound: Bindings): TaskPrivileges {
  const params = { ...defaultsOf(spec.params), ...given };
  const volumes = new Map(
    (spec.volumes ?? []).map((volume) => [
      volume.name,
      secretsOf(volume).map((name) => String(resolved(name, params))),
    ]),
  );
  const workspace = (name: string): string[] => {
    const binding = bound[name];
    return binding && "secret" in binding ? [binding.secret.secretName] : [];
  };
  // Tekton mounts a workspace that a step asks for in such steps alone.
  const isolated = new Set(spec.steps.flatMap(({ workspaces = [] }) => workspaces.map(({ name }) => name)));
  const everywhere = (spec.workspaces ?? [])
    .filter(({ name }) => !isolated.has(name))
    .flatMap(({ name }) => workspace(name));
  const template = spec.stepTemplate ?? {};
  const seen = spec.steps.map(({ name, workspaces = [], volumeMounts = [], env = [], securityContext = {} }) => {
    const mounts = [...(template.volumeMounts ?? []), ...volumeMounts].flatMap(
      (mount) => volumes.get(mount.name) ?? [],
    );
    const variables = [...(template.env ?? []), ...env].flatMap(secretsOf);
    const secrets = unique([
      ...everywhere,
      ...workspaces.flatMap((one) => workspace(one.name)),
      ...mounts,
      ...variables,
    ]);
    const rights = rightsOf(overContext(template.securityContext, securityContext));
    return { name, secrets, text: secrets.length > 0 ? rights + SEES + secrets.join(" ") : rights };
  });
  const secrets = unique([
    ...(spec.workspaces ?? []).flatMap(({ name }) => workspace(name)),
    ...[...volumes.values()].flat(),
    ...seen.flatMap((step) => step.secrets),
  ]);
  return {
    ...(secrets.length > 0 && { secrets: secrets.join(" ") }),
    steps: Object.fromEntries(seen.map(({ name, text }) => [name, text])),
  };
}

function rightsOf({ privileged, runAsUser, allowPrivilegeEscalation = true, capabilities }: SecurityContext): string {
  return [
    runAsUser === undefined ? "the image's user" : `user ${runAsUser}`,
    ...(privileged ? ["privileged"] : []),
    ...(capabilities?.add ?? []),
    ...(allowPrivilegeEscalation && !privileged ? ["may escalate"] : []),
  ].join(", ");
}

/** Names of Secrets anywhere in a volume or variable. */
function secretsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const named = Object.entries(value).flatMap(([key, inner]) => {
    const { secretName, name } = (inner ?? {}) as { secretName?: string; name?: string };
    if (key === "secret" || key === "secretKeyRef" || key === "secretRef") return secretName ?? name ?? [];
    return secretsOf(inner);
  });
  return named;
}

function defaultsOf(params: { name: string; default?: unknown }[] = []): Params {
  return Object.fromEntries(params.map(({ name, default: value }) => [name, value]));
}

/** A parameter's value, where it names one of another's. */
function resolved(value: unknown, params: Params): unknown {
  const [, name] = /^\$\(params\.([\w.-]+)\)$/.exec(String(value)) ?? [];
  return name === undefined ? value : params[name];
}

/** Whether a condition on parameters alone may hold: what a run leaves out for good has no Pod. */
function mayHold(when: NonNullable<PipelineTask["when"]>[number], params: Params): boolean {
  if ("cel" in when) return true;
  const value = resolved(when.input, params);
  if (typeof value !== "string" || value.includes("$(")) return true;
  return when.values.includes(value) === (when.operator === "in");
}

const SEES = "; sees ";

/** Two runs of one Task: what either has. */
function merged(known: TaskPrivileges | undefined, found: TaskPrivileges): TaskPrivileges {
  if (!known) return found;
  const together = (...lists: (string | undefined)[]) =>
    unique(lists.flatMap((list) => list?.split(" ") ?? [])).join(" ");
  const secrets = together(known.secrets, found.secrets);
  const steps = Object.entries(found.steps).map(([name, text]) => {
    const [rights = "", now] = text.split(SEES);
    const seen = together(known.steps[name]!.split(SEES)[1], now);
    return [name, seen === "" ? rights : rights + SEES + seen];
  });
  return {
    ...(known.task !== undefined && { task: known.task }),
    ...(secrets !== "" && { secrets }),
    steps: Object.fromEntries(steps) as Record<string, string>,
  };
}

interface Policy {
  podSelector: { matchLabels?: Record<string, string>; matchExpressions?: object[] };
  policyTypes: string[];
  egress?: { to?: Peer[]; ports?: { port: number; protocol?: string }[] }[];
}

interface Peer {
  ipBlock?: { cidr: string; except?: string[] };
  podSelector?: { matchLabels?: Record<string, string> };
}

function egressOf(objects: Manifest[], namespace: string, task: string | undefined): string[] {
  const labels: Record<string, string> = { ...RUN_PODS, ...(task !== undefined && { "tekton.dev/task": task }) };
  const policies = objects
    .filter(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.namespace === namespace)
    .map(({ spec }) => spec as Policy)
    .filter(
      ({ podSelector: { matchLabels = {}, matchExpressions = [] }, policyTypes }) =>
        policyTypes.includes("Egress") &&
        matchExpressions.length === 0 &&
        Object.entries(matchLabels).every(([key, value]) => labels[key] === value),
    );
  if (policies.length === 0) return ["anywhere"];
  return unique(
    policies
      .flatMap(({ egress = [] }) => egress)
      .map(({ to, ports = [] }) => {
        const names = ports.map(({ port, protocol = "TCP" }) => `${port}${protocol === "TCP" ? "" : `/${protocol}`}`);
        return `${names.join(" ")} ${to ? unique(to.map(peerText)).join(", ") : "anywhere"}`;
      }),
  );
}

function peerText({ ipBlock, podSelector }: Peer): string {
  if (podSelector) return `to ${Object.values(podSelector.matchLabels ?? {}).join(" ")}s of the namespace`;
  return ipBlock?.except ? `anywhere but ${ipBlock.except.join(" ")}` : "";
}

function unique(names: string[]): string[] {
  return [...new Set(names.filter((name) => name !== ""))].sort();
}
