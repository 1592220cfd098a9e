import { type Finding, finding } from "./finding";
import { type Reference, references } from "./references";
import type { Path, Source } from "./source";
import type { Step, Task, TaskSpec } from "./tekton";
import { contextFault, paramFault, TASK_CONTEXT } from "./variables";

/** Whether a Task's references resolve, and whether it uses what it declares. */
export function checkTask(source: Source<Task>): Finding[] {
  const { spec } = source.object;
  const all = references(spec, ["spec"]);
  return [
    ...all.flatMap((reference) => {
      const message = fault(reference, spec);
      return message ? [finding(source, reference.path, message)] : [];
    }),
    ...unusedParams(source, all),
    ...unwrittenResults(source, all),
    ...twins(source),
  ];
}

function fault(reference: Reference, spec: TaskSpec): string | undefined {
  const { text, path, parts } = reference;
  if (path[1] === "params") {
    return `${text} stands in a parameter's default, where Tekton resolves nothing; write the value out.`;
  }
  const [root, name, field] = parts;
  switch (root) {
    case "params":
      return path.at(-1) === "script"
        ? `${text} stands in a script, where its value becomes code; hand it over through env.`
        : paramFault(reference, spec.params ?? []);
    case "context":
      return contextFault(reference, TASK_CONTEXT);
    case "workspaces":
      return workspaceFault(reference, spec);
    case "results":
      return parts.length === 3 && field === "path" && spec.results?.some((result) => result.name === name)
        ? undefined
        : `${text} is not the path of a declared result; declare ${name ?? "it"} under results and write $(results.${name ?? "name"}.path).`;
    case "step":
      return stepResultFault(reference, spec);
    case "steps":
      return stepFault(reference, spec);
    case "credentials":
    case "artifacts":
      return parts.length === 2 && name === "path" ? undefined : `${text} is not known; write $(${root}.path).`;
    default:
      return `${text} is no variable of a Task; write $$(…) if it is meant literally.`;
  }
}

function workspaceFault({ text, parts: [, name, field, ...more] }: Reference, spec: TaskSpec): string | undefined {
  if (!spec.workspaces?.some((workspace) => workspace.name === name)) {
    return `${text} refers to no declared workspace; declare ${name ?? "it"} under workspaces, or mend the name.`;
  }
  return field !== undefined && ["path", "bound", "claim", "volume"].includes(field) && more.length === 0
    ? undefined
    : `${text} asks a workspace for what it has not; it has path, bound, claim and volume.`;
}

function stepResultFault({ text, path, parts: [, kind, name, field] }: Reference, spec: TaskSpec): string | undefined {
  const step = path[1] === "steps" ? spec.steps[path[2] as number] : undefined;
  return kind === "results" && field === "path" && step?.results?.some((result) => result.name === name)
    ? undefined
    : `${text} is not the path of a result that this step declares; declare it under the step's results.`;
}

function stepFault({ text, parts: [, name, field, ...more] }: Reference, spec: TaskSpec): string | undefined {
  if (field === "exitCode" && more.join() === "path") {
    return spec.steps.some((step) => `step-${step.name}` === name)
      ? undefined
      : `${text} refers to no step of this Task; write $(steps.step-NAME.exitCode.path).`;
  }
  const step = spec.steps.find((candidate) => candidate.name === name);
  return field === "results" && step?.results?.some((result) => result.name === more[0])
    ? undefined
    : `${text} refers to no result of a step of this Task; declare it under that step's results.`;
}

function unusedParams(source: Source<Task>, all: Reference[]): Finding[] {
  return (source.object.spec.params ?? []).flatMap(({ name }, index) =>
    all.some(({ parts, path }) => parts[0] === "params" && parts[1] === name && path[1] !== "params")
      ? []
      : [finding(source, ["spec", "params", index], `parameter ${name} is used nowhere; use it or delete it.`)],
  );
}

function unwrittenResults(source: Source<Task>, all: Reference[]): Finding[] {
  return (source.object.spec.results ?? []).flatMap((result, index) =>
    result.value !== undefined || all.some(({ parts }) => parts[0] === "results" && parts[1] === result.name)
      ? []
      : [
          finding(
            source,
            ["spec", "results", index],
            `result ${result.name} is written nowhere; write it to $(results.${result.name}.path) or delete it.`,
          ),
        ],
  );
}

/** Names of which there may be only one. */
function twins(source: Source<Task>): Finding[] {
  const { spec } = source.object;
  return (["params", "workspaces", "results", "steps", "volumes"] as const).flatMap((field) => {
    const names = (spec[field] ?? []).map((item: Pick<Step, "name">) => item.name);
    return names.flatMap((name, index) => {
      const path: Path = ["spec", field, index];
      return names.indexOf(name) < index
        ? [finding(source, path, `${name} is there twice; rename or delete one of them.`)]
        : [];
    });
  });
}
