import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import type { PipelineTask } from "../../../components/pipelines/tekton";
import { type Outcome, runTask } from "../scripts/task";

/** The release Pipeline's file. */
export const PIPELINE = resolve(__dirname, "../../../pipelines/release/pipelines/okd-release-pipeline.yaml");

export interface PipelineOutcome {
  /** The task that failed; absent: all went well. */
  failed?: string;
  /** Tasks that ran, by their names in the Pipeline, in their order. */
  ran: string[];
  log: string;
  results: Record<string, string>;
}

/**
 * Runs a Pipeline's Tasks one after the other, as Tekton would: by order and results, `when` and defaults, without
 * retries.
 *
 * @param env replaces values that come from volumes, for one task of the Pipeline
 * @param only the tasks to run, without those that they depend on. @default all
 * @param file the Pipeline's. @default that of releases
 */
export async function runPipeline(
  params: Record<string, string>,
  workspaces: Record<string, string>,
  env: (task: string) => Record<string, string>,
  only?: string[],
  file = PIPELINE,
): Promise<PipelineOutcome> {
  const { spec } = parse(readFileSync(file, "utf8")) as {
    spec: {
      params: { name: string; default?: string }[];
      tasks: PipelineTask[];
      results: { name: string; value: string }[];
    };
  };
  const outcomes: Record<string, Outcome> = {};
  const resolved = (text: string) =>
    text.replace(/\$\(([^)]+)\)/g, (_, reference: string) => {
      const [kind, name = "", , result = ""] = reference.split(".");
      const value =
        kind === "params"
          ? (params[name] ?? spec.params.find((param) => param.name === name)?.default)
          : outcomes[name]?.results[result];
      if (value === undefined) throw new Error(`${reference} has no value`);
      return value;
    });
  const outcome: PipelineOutcome = { ran: [], log: "", results: {} };
  for (const task of inOrder(spec.tasks).filter(({ name }) => only?.includes(name) ?? true)) {
    const wanted = (task.when ?? []).every(
      (when) => "input" in when && when.values.includes(resolved(when.input)) === (when.operator === "in"),
    );
    if (!wanted) continue;
    const given = (task.params ?? []).map(({ name, value }) => [name, resolved(value as string)]);
    const run = await runTask(task.taskRef.name, {
      params: Object.fromEntries(given) as Record<string, string>,
      workspaces: Object.fromEntries((task.workspaces ?? []).map(({ name }) => [name, workspaces[name]!])),
      env: env(task.name),
    });
    outcomes[task.name] = run;
    outcome.ran.push(task.name);
    outcome.log += run.log;
    if (run.code !== 0) return { ...outcome, failed: task.name };
  }
  if (!only) outcome.results = Object.fromEntries(spec.results.map(({ name, value }) => [name, resolved(value)]));
  return outcome;
}

/** Every task after those that it names, in `runAfter` or by their results. */
export function inOrder(tasks: PipelineTask[]): PipelineTask[] {
  const done: PipelineTask[] = [];
  while (done.length < tasks.length) {
    const next = tasks.find((task) => {
      const named = [...JSON.stringify([task.params, task.when]).matchAll(/\$\(tasks\.([^.]+)\./g)].map(
        ([, name]) => name!,
      );
      const needs = [...(task.runAfter ?? []), ...named];
      return !done.includes(task) && needs.every((name) => done.some((other) => other.name === name));
    });
    if (!next) throw new Error("the Pipeline's tasks wait for each other");
    done.push(next);
  }
  return done;
}

/** The stand-in for oc, or the real one that OKD_STREAMS_OC names the folder of. */
export const OC = process.env.OKD_STREAMS_OC ?? join(__dirname, "../../lab/release/oc");
