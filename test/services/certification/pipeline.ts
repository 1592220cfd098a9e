import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import type { PipelineSpec, PipelineTask } from "../../../components/pipelines/tekton";
import { inOrder } from "../../unit/release/pipeline-run";
import { type Outcome, runTask } from "../../unit/scripts/task";
import type { ClusterUnderTest } from "./cluster";

const TOOLS = resolve(__dirname, "../../lab/cluster-under-test");

export interface Run {
  /** The task that failed for good; absent: all went well. */
  failed?: string;
  /** Tasks in their order, once for each attempt, those of `finally` among them. */
  ran: string[];
  log: string;
  /** What was given to steps, all of it. */
  environment: string;
  results: Record<string, Record<string, string>>;
}

interface Given {
  params: Record<string, string>;
  cluster: ClusterUnderTest;
  /** The tester's private key, in PEM. @default none */
  key?: string;
  /** The run's name. @default one for all */
  name?: string;
  /** Whether there is a Secret with the kubeconfig. @default true */
  known?: boolean;
}

/** Runs a Pipeline of certifications as Tekton would: retries, `finally` and the run's name among it. Volumes are folders. */
export async function runPipeline(pipeline: string, given: Given): Promise<Run> {
  const file = resolve(__dirname, `../../../pipelines/certification/pipelines/${pipeline}.yaml`);
  const { spec } = parse(readFileSync(file, "utf8")) as { spec: PipelineSpec };
  const { params, name = "certify-1" } = given;
  const run: Run = { ran: [], log: "", environment: "", results: {} };
  const resolved = (text: string): string =>
    text.replace(/\$\(([^)]+)\)/g, (_, reference: string) => {
      const [kind, first = "", , result = ""] = reference.split(".");
      if (reference === "context.pipelineRun.name") return name;
      if (reference === "context.pipelineRun.uid") return `${name}-uid`;
      const value =
        kind === "params"
          ? (params[first] ?? spec.params?.find((param) => param.name === first)?.default)
          : run.results[first]?.[result];
      if (typeof value !== "string") throw new Error(`${reference} has no value`);
      return value;
    });
  const attempts = async (task: PipelineTask): Promise<boolean> => {
    const off = (task.when ?? []).some(
      (when) => "input" in when && when.values.includes(resolved(when.input)) !== (when.operator === "in"),
    );
    for (let left = off ? -1 : (task.retries ?? 0); left >= 0; left--) {
      const outcome = await attempt(task, given, resolved);
      run.ran.push(task.name);
      run.log += outcome.log;
      run.environment += Object.values(outcome.environment).join("\n");
      run.results[task.name] = outcome.results;
      if (outcome.code === 0) return true;
    }
    return off;
  };
  for (const task of inOrder(spec.tasks)) {
    if (await attempts(task)) continue;
    run.failed = task.name;
    break;
  }
  for (const task of spec.finally ?? []) {
    if (!(await attempts(task))) run.failed ??= task.name;
  }
  return run;
}

/** Runs one Task, with folders in place of volumes. */
export function runTaskOf(
  name: string,
  params: Record<string, string>,
  given: Omit<Given, "params">,
): Promise<Outcome> {
  const listed = Object.entries(params).map(([key, value]) => ({ name: key, value }));
  return attempt({ name, taskRef: { name }, params: listed }, { ...given, params }, (text) => text);
}

async function attempt(
  task: PipelineTask,
  { cluster, key, known = true }: Given,
  resolved: (text: string) => string,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-certification-"));
  mkdirSync(join(folder, "work"));
  if (known) writeFileSync(join(folder, "kubeconfig"), cluster.kubeconfig());
  if (key !== undefined) writeFileSync(join(folder, "tester.key"), key);
  const params = (task.params ?? []).map((param) => [param.name, resolved(param.value as string)] as const);
  const outcome = await runTask(task.taskRef.name, {
    params: Object.fromEntries(params),
    env: {
      ...{ PATH: `${TOOLS}:${process.env.PATH}`, OPCT: join(TOOLS, "opct"), WORK: join(folder, "work") },
      ...{ KUBECONFIG: join(folder, "kubeconfig"), KEY: join(folder, "tester.key"), REGISTRY_SECRET: folder },
    },
  });
  rmSync(folder, { recursive: true, force: true });
  return outcome;
}
