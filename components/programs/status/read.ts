import type { BuildsAnswer } from "../gate/table";
import type { Attention } from "./model";
import { type PipelineRunObject, type Run, runOf } from "./run";
import type { Declared, Facts } from "./status";

/** Where facts come from: the API server as an account of the cluster asks it, or as a user does. */
export interface Sources {
  /** @default the stack has no gate */
  gate?: () => Promise<BuildsAnswer>;
  /** All PipelineRuns of a namespace. */
  runs: (namespace: string, keep: (object: PipelineRunObject) => Run) => Promise<Run[]>;
}

/** Reads everything; what does not answer is said, and the others are there all the same. */
export async function readFacts({ namespace, namespaces }: Declared, sources: Sources): Promise<Facts> {
  const unread: Facts["unread"] = [];
  const orSay = async <T>(what: string, look: string, asked: Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await asked;
    } catch (error) {
      unread.push({ what, why: (error as Error).message, look } satisfies Omit<Attention, "kind">);
      return undefined;
    }
  };
  const [gate, ...lists] = await Promise.all([
    orSay("The gate", `kubectl get pods -n ${namespace} -l app.kubernetes.io/name=gate`, sources.gate?.()),
    ...namespaces.map((name) =>
      orSay(`Runs of ${name}`, `kubectl get pipelineruns -n ${name}`, sources.runs(name, runOf)),
    ),
  ]);
  return { ...(gate && { gate }), runs: lists.flatMap((runs) => runs ?? []), unread };
}
