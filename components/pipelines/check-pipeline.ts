import { checkArguments } from "./check-arguments";
import { type Finding, finding } from "./finding";
import { type Reference, references } from "./references";
import { type Path, type Source } from "./source";
import type { Pipeline, PipelineTask, Task } from "./tekton";
import { contextFault, paramFault, PIPELINE_CONTEXT, typeFault } from "./variables";

/** A Pipeline's task and where it stands. */
interface Placed {
  task: PipelineTask;
  path: Path;
}

/** Whether a Pipeline's Tasks exist, get what they ask for and no more, and come in an order that can be run. */
export function checkPipeline(source: Source<Pipeline>, tasks: Source<Task>[]): Finding[] {
  const { spec } = source.object;
  const all = references(spec, ["spec"]);
  const placed = [
    ...spec.tasks.map((task, index): Placed => ({ task, path: ["spec", "tasks", index] })),
    ...(spec.finally ?? []).map((task, index): Placed => ({ task, path: ["spec", "finally", index] })),
  ];
  const definitions = new Map(tasks.map(({ object }) => [object.metadata.name, object]));
  return [
    ...all.flatMap((reference) => {
      const message = fault(reference, source.object, definitions);
      return message ? [finding(source, reference.path, message)] : [];
    }),
    ...placed.flatMap((item) => checkArguments(source, item, definitions.get(item.task.taskRef.name))),
    ...unused(source, all),
    ...order(source, placed),
    ...emptyMatrices(source, placed),
  ];
}

/**
 * A matrix over nothing is done at once for Tekton, before the tasks that it comes after: it then fails the whole run
 * ("completed without ancestors being done").
 */
function emptyMatrices(source: Source<Pipeline>, placed: Placed[]): Finding[] {
  const empty = (source.object.spec.params ?? []).flatMap(({ name, default: value }) =>
    Array.isArray(value) && value.length === 0 ? [name] : [],
  );
  return placed.flatMap(({ task: { matrix }, path }) =>
    (matrix?.params ?? []).flatMap(({ value }, index) => {
      const name = empty.find((one) => value === `$(params.${one}[*])`);
      const at = [...path, "matrix", "params", index];
      const message = `a matrix over parameter ${name!} would be empty by default, which Tekton fails a run for; give it a default of one element, and a when.`;
      return name === undefined ? [] : [finding(source, at, message)];
    }),
  );
}

function fault(reference: Reference, { spec }: Pipeline, definitions: Map<string, Task>): string | undefined {
  const { text, path, parts } = reference;
  if (path[1] === "params") {
    return `${text} stands in a parameter's default, where Tekton resolves nothing; write the value out.`;
  }
  const [root, name, field] = parts;
  switch (root) {
    case "params":
      return paramFault(reference, spec.params ?? []);
    case "context":
      return contextFault(reference, PIPELINE_CONTEXT);
    case "workspaces":
      return parts.length === 3 && field === "bound" && spec.workspaces?.some((workspace) => workspace.name === name)
        ? undefined
        : `${text} does not ask whether a declared workspace is bound, which is all a Pipeline can ask.`;
    case "tasks":
      return taskFault(reference, spec.tasks, definitions);
    case "finally":
      return path[1] === "results"
        ? resultFault(reference, spec.finally ?? [], definitions)
        : `${text} is known in the Pipeline's results only.`;
    default:
      return `${text} is no variable of a Pipeline; write $$(…) if it is meant literally.`;
  }
}

function taskFault(reference: Reference, tasks: PipelineTask[], definitions: Map<string, Task>): string | undefined {
  const { text, path, parts } = reference;
  const [, name, field] = parts;
  const inFinally = path[1] === "finally";
  if (name === "status" && parts.length === 2) {
    return inFinally ? undefined : `${text} is known in finally only.`;
  }
  if ((field === "status" || field === "reason") && parts.length === 3) {
    if (!tasks.some((task) => task.name === name)) {
      return `${text} refers to no task of this Pipeline; mend the name.`;
    }
    return inFinally ? undefined : `${text} is known in finally only.`;
  }
  return resultFault(reference, tasks, definitions);
}

function resultFault(reference: Reference, tasks: PipelineTask[], definitions: Map<string, Task>): string | undefined {
  const { text, parts } = reference;
  const [, name, field, resultName, ...keys] = parts;
  const task = tasks.find((candidate) => candidate.name === name);
  if (!task) {
    return `${text} refers to no task of this Pipeline; mend the name.`;
  }
  if (field === "matrix" && task.matrix && parts.at(-1) === "length") {
    return undefined;
  }
  const definition = definitions.get(task.taskRef.name);
  const result = definition?.spec.results?.find((candidate) => candidate.name === resultName);
  if (definition && (field !== "results" || !result)) {
    return `${text} refers to no result of Task ${task.taskRef.name}; declare ${resultName ?? "it"} there, or mend the name.`;
  }
  // A matrix gathers the strings of its legs in an array.
  return result && typeFault(reference, task.matrix ? { ...result, type: "array" } : result, keys);
}

function unused(source: Source<Pipeline>, all: Reference[]): Finding[] {
  const { spec } = source.object;
  const bound = [...spec.tasks, ...(spec.finally ?? [])].flatMap((task) =>
    (task.workspaces ?? []).map(({ name, workspace }) => workspace ?? name),
  );
  return [
    ...(spec.params ?? []).flatMap(({ name }, index) =>
      all.some(({ parts, path }) => parts[0] === "params" && parts[1] === name && path[1] !== "params")
        ? []
        : [finding(source, ["spec", "params", index], `parameter ${name} is used nowhere; use it or delete it.`)],
    ),
    ...(spec.workspaces ?? []).flatMap(({ name }, index) =>
      bound.includes(name)
        ? []
        : [finding(source, ["spec", "workspaces", index], `no task gets workspace ${name}; hand it on or delete it.`)],
    ),
  ];
}

function order(source: Source<Pipeline>, placed: Placed[]): Finding[] {
  const { spec } = source.object;
  const names = placed.map(({ task }) => task.name);
  const twins = placed.filter(({ task }, index) => names.indexOf(task.name) < index);
  const before = (task: PipelineTask): string[] => [
    ...(task.runAfter ?? []),
    ...references(task)
      .filter(({ parts }) => parts[0] === "tasks" && parts.length > 2)
      .map(({ parts }) => parts[1]!),
  ];
  return [
    ...twins.map(({ task, path }) => finding(source, path, `task ${task.name} is there twice; rename one of them.`)),
    ...placed.flatMap(({ task, path }) =>
      (task.runAfter ?? []).flatMap((name, index) => {
        const at: Path = [...path, "runAfter", index];
        if (path[1] === "finally") {
          return [finding(source, at, `a task in finally cannot wait for another; delete runAfter.`)];
        }
        return spec.tasks.some((other) => other.name === name)
          ? []
          : [finding(source, at, `${task.name} waits for ${name}, which is no task of this Pipeline; mend the name.`)];
      }),
    ),
    ...cycle(spec.tasks, before).map((path) =>
      finding(source, ["spec", "tasks"], `tasks wait for each other in a circle: ${path.join(" → ")}; break it.`),
    ),
  ];
}

/** The first circle found, as the names along it; none: an empty list. */
function cycle(tasks: PipelineTask[], before: (task: PipelineTask) => string[]): string[][] {
  const done = new Set<string>();
  const walk = (task: PipelineTask, trail: string[]): string[] | undefined => {
    if (trail.includes(task.name)) {
      return [...trail.slice(trail.indexOf(task.name)), task.name];
    }
    if (done.has(task.name)) {
      return undefined;
    }
    for (const name of before(task)) {
      const next = tasks.find((candidate) => candidate.name === name);
      const found = next && walk(next, [...trail, task.name]);
      if (found) {
        return found;
      }
    }
    done.add(task.name);
    return undefined;
  };
  for (const task of tasks) {
    const found = walk(task, []);
    if (found) {
      return [found];
    }
  }
  return [];
}
