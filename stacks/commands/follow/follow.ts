import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../../components/errors";
import { Refused, Unreachable, type KubernetesClient, type KubeObject } from "../../../components/kubernetes/client";
import type { View } from "../engine/view";
import { changes, ending, troubles, type Told, type ToldTroubles } from "./changes";
import { failedStep, phaseOf, taskOf, type TektonRun } from "../../../components/programs/tekton-run";
import { tail } from "./logs";

/** Milliseconds between two looks. */
const PAUSE = 2_000;

/** Milliseconds for which the cluster may be away: a laptop that slept, an API server that restarts. */
const ABSENCE = 120_000;

/** Lines of a failed step's log that are shown. */
const LINES = 30;

export interface Followed {
  cluster: KubernetesClient;
  kubeconfig: string;
  namespace: string;
  /** Name of the PipelineRun. */
  name: string;
  view: View;
  /** Ends the following, with its reason. @default it lasts as long as the run */
  signal?: AbortSignal;
}

/** Follows a PipelineRun to its end, and shows why it failed. @returns whether it succeeded */
export async function follow(followed: Followed): Promise<boolean> {
  const { name, view, signal } = followed;
  const told: Told = new Map();
  const toldTroubles: ToldTroubles = new Map();
  for (let seen = Date.now(); ; await sleep(PAUSE, undefined, { signal }).catch(() => undefined)) {
    signal?.throwIfAborted();
    let run: TektonRun, taskRuns: TektonRun[];
    try {
      [run, taskRuns] = await look(followed);
      seen = Date.now();
    } catch (error) {
      if (!(error instanceof Unreachable || (error instanceof Refused && error.code >= 500))) throw error;
      if (Date.now() - seen > ABSENCE) {
        throw new UserError(`The cluster is away, ${name} may go on without us: ${error.message}.`);
      }
      continue;
    }
    for (const line of changes(told, taskRuns)) view.show(line);
    const pods = taskRuns.some((it) => phaseOf(it) === "waiting") ? await podsOf(followed) : [];
    for (const line of troubles(toldTroubles, taskRuns, pods)) view.show(line);
    const phase = phaseOf(run);
    if (phase !== "succeeded" && phase !== "failed") continue;
    if (phase === "failed") await showFailure(followed, taskRuns);
    for (const line of ending(run)) view.show(line);
    return phase === "succeeded";
  }
}

async function look({ cluster, namespace, name }: Followed): Promise<[TektonRun, TektonRun[]]> {
  const tekton = (kind: string, metadata: { name?: string }) => ({
    apiVersion: "tekton.dev/v1",
    kind,
    metadata: { ...metadata, namespace },
  });
  const [run, taskRuns] = await Promise.all([
    cluster.get(tekton("PipelineRun", { name })),
    cluster.list(tekton("TaskRun", {}), `tekton.dev/pipelineRun=${name}`),
  ]);
  if (!run) throw new UserError(`PipelineRun ${name} is gone: somebody removed it.`);
  return [run as unknown as TektonRun, taskRuns as unknown as TektonRun[]];
}

/** The run's pods; whoever may not list them misses only why they wait. */
function podsOf({ cluster, namespace, name }: Followed): Promise<KubeObject[]> {
  const pods = { apiVersion: "v1", kind: "Pod", metadata: { namespace } };
  return cluster.list(pods, `tekton.dev/pipelineRun=${name}`).catch(() => []);
}

async function showFailure({ kubeconfig, namespace, view }: Followed, taskRuns: TektonRun[]): Promise<void> {
  for (const taskRun of taskRuns.filter((it) => phaseOf(it) === "failed")) {
    const step = failedStep(taskRun);
    const pod = taskRun.status?.podName;
    if (!step || !pod) continue;
    const container = step.container ?? `step-${step.name}`;
    // A pod that never started has no log, and one that was retried is gone.
    const lines = await tail(kubeconfig, { namespace, name: pod }, container, LINES).catch(() => undefined);
    if (!lines) continue;
    view.show({ tone: "bad", text: `${taskOf(taskRun)}, step ${step.name}, its last lines:` });
    for (const text of lines) view.show({ tone: "plain", text: `  ${text}` });
  }
}
