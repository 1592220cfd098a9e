import * as fs from "node:fs";
import * as path from "node:path";
import type { KubernetesClient } from "../../../components/kubernetes/client";
import { troublesOf } from "../../../components/kubernetes/troubles";
import { makePrivateFolder } from "../engine/files";
import type { Run } from "../follow/build";
import { tail } from "../follow/logs";
import {
  messageOf,
  phaseOf,
  secondsOf,
  taskOf,
  type Phase,
  type TektonRun,
} from "../../../components/programs/tekton-run";

/** A step that ran. */
export interface StepReport {
  name: string;
  exitCode?: number;
  /** File of its log, below the report's folder. @default it has none */
  file?: string;
  /** The last lines of it. */
  tail: string[];
}

/** A Task of a run. */
export interface TaskReport {
  name: string;
  phase: Phase;
  message: string;
  /** Seconds from the run's start. */
  begin: number;
  seconds?: number;
  steps: StepReport[];
}

/** A PipelineRun, as it stands in a report. */
export interface RunReport {
  name: string;
  phase: Phase;
  message: string;
  seconds?: number;
  rehearsal?: string;
  results: { name: string; value: string }[];
  /** In the order in which they began. */
  tasks: TaskReport[];
}

/** Lines of a log that stand in the report itself. */
const TAIL = 40;

interface Place {
  cluster: KubernetesClient;
  kubeconfig: string;
  /** Where files are written. */
  folder: string;
}

/** Writes a run's objects and logs down, and sums them up. */
export async function collectRun({ namespace, name }: Run, { cluster, kubeconfig, folder }: Place): Promise<RunReport> {
  const tekton = (kind: string, metadata: { name?: string }) => ({
    ...{ apiVersion: "tekton.dev/v1", kind },
    metadata: { ...metadata, namespace },
  });
  const [run, taskRuns] = (await Promise.all([
    cluster.get(tekton("PipelineRun", { name })),
    cluster.list(tekton("TaskRun", {}), `tekton.dev/pipelineRun=${name}`),
  ])) as unknown as [TektonRun | undefined, TektonRun[]];
  writeJson(path.join(folder, name, "objects.json"), [run, ...taskRuns]);
  if (!run) return { name, phase: "failed", message: "it is gone", results: [], tasks: [] };
  const start = Date.parse(run.status?.startTime ?? "");
  const tasks = taskRuns
    .sort((one, other) => (one.status?.startTime ?? "~").localeCompare(other.status?.startTime ?? "~"))
    .map(async (taskRun): Promise<TaskReport> => {
      const steps = (taskRun.status?.steps ?? []).map(async ({ name: step, container, terminated }) => {
        const pod = { namespace, name: taskRun.status?.podName ?? "" };
        // A pod that never started has no log, and one that was retried is gone.
        const lines = await tail(kubeconfig, pod, container ?? `step-${step}`).catch(() => undefined);
        const file = path.join(name, `${taskRun.metadata.name}.${step}.log`);
        if (lines) write(path.join(folder, file), `${lines.join("\n")}\n`);
        return {
          name: step,
          ...(terminated && { exitCode: terminated.exitCode }),
          ...(lines && { file }),
          tail: lines?.slice(-TAIL) ?? [],
        };
      });
      const seconds = secondsOf(taskRun);
      return {
        name: taskOf(taskRun),
        phase: phaseOf(taskRun),
        message: messageOf(taskRun),
        begin: Math.max(0, (Date.parse(taskRun.status?.startTime ?? "") - start) / 1000 || 0),
        ...(seconds !== undefined && { seconds }),
        steps: await Promise.all(steps),
      };
    });
  const seconds = secondsOf(run);
  const rehearsal = run.metadata.annotations?.["okd-streams.io/rehearsal"];
  return {
    name,
    phase: phaseOf(run),
    message: messageOf(run),
    ...(seconds !== undefined && { seconds }),
    ...(rehearsal && { rehearsal }),
    results: (run.status?.results ?? []).map(({ name: result, value }) => ({
      name: result,
      value: typeof value === "string" ? value.trim() : JSON.stringify(value),
    })),
    tasks: await Promise.all(tasks),
  };
}

/** Writes pods and events of the whole cluster down. @returns why pods do not run */
export async function collectCluster({ cluster, folder }: Pick<Place, "cluster" | "folder">): Promise<string[]> {
  const list = (kind: string) => cluster.list({ apiVersion: "v1", kind, metadata: {} });
  const [pods, events] = await Promise.all([list("Pod"), list("Event")]);
  writeJson(path.join(folder, "pods.json"), pods);
  writeJson(path.join(folder, "events.json"), events);
  return pods.flatMap((pod) =>
    troublesOf([pod]).map((reason) => `${String(pod.metadata.namespace)}/${String(pod.metadata.name)}: ${reason}`),
  );
}

function writeJson(file: string, value: unknown): void {
  // Who wrote which field when is most of an object, and tells nobody anything here.
  write(
    file,
    `${JSON.stringify(value, (key, it: unknown) => (key === "managedFields" ? undefined : it), 2) ?? "null"}\n`,
  );
}

function write(file: string, text: string): void {
  makePrivateFolder(path.dirname(file));
  fs.writeFileSync(file, text, { mode: 0o600 });
}
