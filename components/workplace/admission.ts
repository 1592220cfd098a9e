import type { Capabilities } from "../clusters/cluster";
import { UserError } from "../errors";
import { isOlder } from "../versions";
import { celLiteral } from "../kubernetes/cel";
import type { Manifest } from "../kubernetes/object";
import type { WorkspaceBinding } from "../pipelines/tekton";
import type { Place } from "./place";

/** An account that starts runs, and what it starts; all else is refused to it. */
export interface Starter {
  /** ServiceAccount of the workplace. */
  account: string;
  runs: StartedRun[];
}

/** A run as it is rendered; `$(…)` in its name and in values of parameters stands for what is known when it is started. */
export interface StartedRun {
  kind: string;
  metadata: { name?: string };
  spec: {
    params?: { name: string; value: unknown }[];
    workspaces?: WorkspaceBinding[];
    [field: string]: unknown;
  };
}

/** The first version of Kubernetes that serves ValidatingAdmissionPolicies as `v1`. */
const SINCE = "1.30";

/**
 * @param what needs it, for the sentence: `events.enabled is true`
 * @throws UserError where the cluster's Kubernetes has no ValidatingAdmissionPolicies
 */
export function requireAdmissionPolicies({ kubernetes }: Pick<Capabilities, "kubernetes">, what: string): void {
  if (kubernetes === undefined || !isOlder(kubernetes, SINCE)) return;
  throw new UserError(
    `${what}, but the cluster's Kubernetes is ${kubernetes}: the policy that holds what starts runs by itself needs ` +
      `${SINCE} or newer. Upgrade the cluster, or start runs by hand.`,
  );
}

/**
 * Limits accounts to the runs that the stack renders for them: the same Pipeline or Task, accounts, pod templates, volumes, Secrets
 * and parameters, apart from what the rendered runs leave open. Users and other accounts are not affected.
 *
 * Where a cluster's Tekton adds a `default-pod-template` to every run, the runs differ from the rendered ones and are refused.
 */
export function renderAdmission(starters: Starter[], { namespace, labels }: Place): Manifest[] {
  const name = `${namespace}-started-runs`;
  const metadata = { name, labels };
  const userOf = (account: string) => `system:serviceaccount:${namespace}:${account}`;
  const runs = starters.flatMap(({ account, runs }) => runs.map((run) => literalOf(run, userOf(account))));
  const variables = runs.map((expression, index) => ({ name: `run${index}`, expression }));
  const all = { name: "runs", expression: `[${variables.map((variable) => `variables.${variable.name}`).join(", ")}]` };
  return [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata,
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ["tekton.dev"],
              apiVersions: ["v1"], // other versions of a run are converted before
              operations: ["CREATE", "UPDATE"],
              resources: ["pipelineruns", "taskruns"],
            },
          ],
        },
        matchConditions: [
          {
            name: "accounts-that-start-runs",
            expression: `request.userInfo.username in ${celLiteral(starters.map(({ account }) => userOf(account)))}`,
          },
        ],
        variables: [...variables, all, ...CHECKS.map(({ name, expression }) => ({ name, expression }))],
        validations: CHECKS.flatMap(({ name, message }) =>
          message === undefined ? [] : [{ expression: `variables.${name}.size() > 0`, message, reason: "Forbidden" }],
        ),
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    },
  ];
}

/** Each with a message leaves of the rendered runs those that are like the one that is started; none may be left with none. */
const CHECKS: { name: string; expression: string; message?: string }[] = [
  { name: "params", expression: "has(object.spec.params) ? object.spec.params : []" },
  { name: "workspaces", expression: "has(object.spec.workspaces) ? object.spec.workspaces : []" },
  {
    name: "named",
    expression:
      "variables.runs.filter(run, run.user == request.userInfo.username && run.kind == object.kind && " +
      "object.metadata.name.matches(run.name))",
    message: "this account starts no run of that name",
  },
  {
    name: "alike",
    expression:
      "variables.named.filter(run, run.spec.all(field, field in object.spec) && object.spec.all(field, " +
      "field in ['params', 'workspaces'] || (field in run.spec && object.spec[field] == run.spec[field])))",
    message:
      "its Pipeline or Task, account, pod template, step specs, timeout or another field is not as the stack has it",
  },
  {
    name: "told",
    expression:
      "variables.alike.filter(run, size(variables.params) == size(run.params) + size(run.open) && " +
      "variables.params.filter(param, !(param.name in run.open)) == run.params && " +
      "variables.params.all(param, !(param.name in run.open) || " +
      "(type(param.value) == string && param.value.matches(run.open[param.name]))))",
    message: "its parameters are not as the stack has them",
  },
  {
    name: "bound",
    expression:
      "variables.told.filter(run, size(variables.workspaces) == size(run.workspaces) + size(run.claims) && " +
      "variables.workspaces.filter(workspace, !has(workspace.volumeClaimTemplate)) == run.workspaces && " +
      "variables.workspaces.filter(workspace, has(workspace.volumeClaimTemplate)).all(workspace, " +
      "run.claims.exists(claim, claim.name == workspace.name && " +
      "workspace.all(field, field in ['name', 'volumeClaimTemplate']) && " +
      // Its size is told in other words once Kubernetes has read it, and is nothing to hold.
      "workspace.volumeClaimTemplate.spec.all(field, field == 'resources' || " +
      "(field in claim.spec && workspace.volumeClaimTemplate.spec[field] == claim.spec[field])))))",
    message: "its volumes, Secrets or ConfigMaps are not as the stack has them",
  },
];

/** A rendered run, as the checks read it. */
function literalOf({ kind, metadata, spec }: StartedRun, user: string): string {
  const { params = [], workspaces = [], ...rest } = spec;
  const isOpen = ({ value }: { value: unknown }) => typeof value === "string" && value.includes("$(");
  const open = params.filter(isOpen).map(({ name, value }) => [name, patternOf(String(value), ".*")]);
  const claims = workspaces.flatMap((workspace) => {
    if (!("volumeClaimTemplate" in workspace)) return [];
    const { resources, ...claim } = workspace.volumeClaimTemplate.spec;
    return [{ name: workspace.name, spec: claim }];
  });
  return celLiteral({
    user,
    kind,
    name: patternOf(metadata.name ?? "", "[-a-z0-9.]+"),
    spec: rest,
    params: params.filter((param) => !isOpen(param)),
    open: Object.fromEntries(open),
    workspaces: workspaces.filter((workspace) => !("volumeClaimTemplate" in workspace)),
    claims,
  });
}

/** A regular expression of all texts that a rendered one may become. @param open stands for each `$(…)` */
function patternOf(text: string, open: string): string {
  const parts = text.split(/\$\([^)]*\)/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return `^${parts.join(open)}$`;
}
