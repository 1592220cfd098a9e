import { type Finding, finding } from "./finding";
import { references } from "./references";
import type { Path, Source } from "./source";
import type { ParamSpec, ParamValue, Pipeline, PipelineTask, Task } from "./tekton";

/** Whether a Pipeline hands a Task the parameters and workspaces that it declares: all it requires, and no other. */
export function checkArguments(
  source: Source<Pipeline>,
  { task, path }: { task: PipelineTask; path: Path },
  definition: Task | undefined,
): Finding[] {
  if (!definition) {
    return [
      finding(
        source,
        [...path, "taskRef", "name"],
        `there is no Task ${task.taskRef.name}; mend the name or write that Task.`,
      ),
    ];
  }
  return [...paramFindings(source, task, path, definition), ...workspaceFindings(source, task, path, definition)];
}

interface Argument {
  name: string;
  value: ParamValue;
  path: Path;
  /** Given by a matrix: a list of which each leg gets one. */
  matrix: boolean;
}

function argumentsOf({ params, matrix }: PipelineTask, path: Path): Argument[] {
  const placed = (list: { name: string; value: ParamValue }[] | undefined, at: Path, isMatrix: boolean): Argument[] =>
    (list ?? []).map((param, index) => ({ ...param, path: [...at, index], matrix: isMatrix }));
  return [
    ...placed(params, [...path, "params"], false),
    ...placed(matrix?.params, [...path, "matrix", "params"], true),
    ...(matrix?.include ?? []).flatMap((include, index) =>
      placed(include.params, [...path, "matrix", "include", index, "params"], false),
    ),
  ];
}

function paramFindings(source: Source<Pipeline>, task: PipelineTask, path: Path, definition: Task): Finding[] {
  const given = argumentsOf(task, path);
  const declared = definition.spec.params ?? [];
  const { name: taskName } = definition.metadata;
  return [
    ...given.flatMap((argument) => {
      const param = declared.find(({ name }) => name === argument.name);
      if (!param) {
        return [
          finding(
            source,
            argument.path,
            `Task ${taskName} has no parameter ${argument.name}; do not pass it, or declare it there.`,
          ),
        ];
      }
      const wanted = argument.matrix ? "array" : (param.type ?? "string");
      const got = typeOf(argument.value, source.object.spec.params ?? []);
      return got === undefined || got === wanted
        ? []
        : [
            finding(
              source,
              argument.path,
              `parameter ${argument.name} takes ${wanted}, and gets ${got}; mend the value.`,
            ),
          ];
    }),
    ...declared
      .filter(({ name, default: value }) => value === undefined && !given.some((argument) => argument.name === name))
      .map(({ name }) =>
        finding(source, path, `Task ${taskName} requires parameter ${name}; pass it, or give it a default there.`),
      ),
  ];
}

/** Undefined where only a run can tell: the result of another task, taken as a whole. */
function typeOf(value: ParamValue, params: ParamSpec[]): "string" | "array" | "object" | undefined {
  if (typeof value !== "string") {
    return Array.isArray(value) ? "array" : "object";
  }
  const [whole] = references(value).filter(({ alone, index }) => alone && index === "*");
  if (!whole) {
    return "string";
  }
  const param = params.find(({ name }) => whole.parts[0] === "params" && name === whole.parts[1]);
  return param && (param.type ?? "array") === "object" ? "object" : param && "array";
}

/** Whether the task is skipped where an optional workspace is not there. */
function asksIfBound({ when }: PipelineTask, workspace: string): boolean {
  return references(when).some(({ parts }) => parts.join(".") === `workspaces.${workspace}.bound`);
}

function workspaceFindings(source: Source<Pipeline>, task: PipelineTask, path: Path, definition: Task): Finding[] {
  const bindings = task.workspaces ?? [];
  const declared = definition.spec.workspaces ?? [];
  const offered = source.object.spec.workspaces ?? [];
  const { name: taskName } = definition.metadata;
  return [
    ...bindings.flatMap(({ name, workspace = name }, index) => {
      const at: Path = [...path, "workspaces", index];
      const target = declared.find((candidate) => candidate.name === name);
      const origin = offered.find((candidate) => candidate.name === workspace);
      if (!target) {
        return [finding(source, at, `Task ${taskName} has no workspace ${name}; do not pass it, or declare it there.`)];
      }
      if (!origin) {
        return [finding(source, at, `this Pipeline has no workspace ${workspace}; declare it, or mend the name.`)];
      }
      return origin.optional && !target.optional && !asksIfBound(task, workspace)
        ? [
            finding(
              source,
              at,
              `workspace ${workspace} is optional here, but Task ${taskName} requires ${name}; make both alike, or run the task only when $(workspaces.${workspace}.bound).`,
            ),
          ]
        : [];
    }),
    ...declared
      .filter(({ name, optional }) => !optional && !bindings.some((binding) => binding.name === name))
      .map(({ name }) =>
        finding(source, path, `Task ${taskName} requires workspace ${name}; pass it, or make it optional there.`),
      ),
  ];
}
