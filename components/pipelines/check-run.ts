import { UserError } from "../errors";
import type { Manifest } from "../kubernetes/object";
import type { Pipeline, PipelineRun, Task } from "./tekton";

/**
 * Checks that a run fits its Pipeline: it passes only declared parameters and workspaces, and all required ones; everything it
 * says about tasks and steps refers to existing ones; and no Task gets two volumes, which Tekton might not be able to attach to
 * one node.
 *
 * @param objects the Pipeline and its Tasks, among others
 * @returns one sentence for each mistake
 */
export function checkRun(run: PipelineRun, objects: Manifest[]): string[] {
  const pipeline = find<Pipeline>(objects, "Pipeline", run.spec.pipelineRef.name);
  if (!pipeline) {
    return [`there is no Pipeline ${run.spec.pipelineRef.name}.`];
  }
  return [
    ...passed("parameter", run.spec.params, pipeline.spec.params ?? [], ({ default: value }) => value === undefined),
    ...passed("workspace", run.spec.workspaces, pipeline.spec.workspaces ?? [], ({ optional }) => !optional),
    ...stepFaults(run, pipeline, objects),
    ...volumeFaults(run, pipeline),
  ];
}

/** @throws UserError with a line per fault */
export function requireFit(run: PipelineRun, objects: Manifest[]): void {
  const faults = checkRun(run, objects);
  if (faults.length > 0) {
    const name = run.metadata.name ?? run.metadata.generateName;
    throw new UserError(faults.map((fault) => `PipelineRun ${name}: ${fault}`).join("\n"));
  }
}

function passed<T extends { name: string }>(
  what: string,
  given: { name: string }[],
  declared: T[],
  required: (item: T) => boolean,
): string[] {
  return [
    ...given
      .filter(({ name }) => !declared.some((item) => item.name === name))
      .map(({ name }) => `its Pipeline declares no ${what} ${name}.`),
    ...declared
      .filter((item) => required(item) && !given.some(({ name }) => name === item.name))
      .map(({ name }) => `its Pipeline requires ${what} ${name}.`),
  ];
}

function stepFaults({ spec }: PipelineRun, pipeline: Pipeline, objects: Manifest[]): string[] {
  return (spec.taskRunSpecs ?? []).flatMap(({ pipelineTaskName, stepSpecs = [] }) => {
    const task = pipeline.spec.tasks.find(({ name }) => name === pipelineTaskName);
    if (!task) {
      return [`its Pipeline has no task ${pipelineTaskName}.`];
    }
    const steps = find<Task>(objects, "Task", task.taskRef.name)?.spec.steps ?? [];
    return stepSpecs
      .filter(({ name }) => !steps.some((step) => step.name === name))
      .map(({ name }) => `task ${pipelineTaskName} has no step ${name}.`);
  });
}

function volumeFaults({ spec }: PipelineRun, pipeline: Pipeline): string[] {
  const volumes = spec.workspaces
    .filter((binding) => "persistentVolumeClaim" in binding || "volumeClaimTemplate" in binding)
    .map(({ name }) => name);
  return [...pipeline.spec.tasks, ...(pipeline.spec.finally ?? [])].flatMap(({ name, workspaces = [] }) => {
    const bound = new Set(workspaces.map((binding) => binding.workspace ?? binding.name));
    const own = volumes.filter((volume) => bound.has(volume));
    return own.length > 1 ? [`task ${name} gets two volumes, ${own.join(" and ")}.`] : [];
  });
}

function find<T extends Manifest>(objects: Manifest[], kind: T["kind"], name: string): T | undefined {
  return objects.find((object) => object.kind === kind && object.metadata.name === name) as T | undefined;
}
