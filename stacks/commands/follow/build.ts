import { UserError } from "../../../components/errors";
import {
  Refused,
  UnknownKind,
  Unreachable,
  type KubernetesClient,
  type KubeObject,
} from "../../../components/kubernetes/client";
import { connect } from "../../../components/kubernetes/connection";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import { View } from "../engine/view";
import { logFile } from "../engine/workspace";
import type { Buildable } from "./choose";
import { follow, type Followed } from "./follow";

/** Who creates the runs, as `managedFields` shows it. */
const MANAGER = "okd-streams-build";

/** A PipelineRun. */
export interface Run {
  namespace: string;
  name: string;
}

/** Creates the runs of a stream or layer and follows them, for usually so many seconds. @throws UserError when one of them fails */
export async function runBuild(
  stack: string,
  buildable: Buildable,
  kubeconfig: string,
  following: boolean,
  usual?: number,
): Promise<void> {
  const cluster = await connect(kubeconfig);
  const view = new View(logFile(stack, "build"), () => undefined, usual);
  try {
    const runs = await createRuns(stack, cluster, buildable, view);
    if (!following) return;
    process.once("SIGINT", () => {
      view.show({ tone: "warning", text: "Not followed any longer; what was started goes on." });
      process.exit(1);
    });
    await followRuns(buildable, runs, { cluster, kubeconfig, view });
  } finally {
    view.close();
  }
}

/** Creates the runs, and says how others may look at them. */
export async function createRuns(
  stack: string,
  cluster: KubernetesClient,
  buildable: Buildable,
  view: View,
): Promise<Run[]> {
  for (const text of buildable.plan) view.show({ tone: "plain", text });
  const runs: Run[] = [];
  for (const manifest of buildable.runs) {
    const { metadata } = await create(stack, cluster, manifest);
    const run = { namespace: metadata.namespace ?? "default", name: metadata.name! };
    runs.push(run);
    view.show({ tone: "good", text: `PipelineRun ${run.namespace}/${run.name} created` });
    const rehearsal = manifest.metadata.annotations?.["okd-streams.io/rehearsal"];
    if (rehearsal) view.show({ tone: "warning", text: rehearsal });
    for (const text of equivalents(run)) view.show({ tone: "plain", text });
  }
  return runs;
}

/** Follows runs to their ends. @throws UserError when one of them fails */
export async function followRuns(
  { title }: Pick<Buildable, "title">,
  runs: Run[],
  how: Omit<Followed, keyof Run>,
): Promise<void> {
  const ends = await Promise.all(runs.map((run) => follow({ ...run, ...how })));
  const failed = runs.filter((_, index) => !ends[index]).map(({ name }) => name);
  if (failed.length > 0) throw new UserError(`${title} was not built: ${failed.join(", ")} failed.`);
}

async function create(stack: string, cluster: KubernetesClient, manifest: PipelineRun): Promise<KubeObject> {
  try {
    return await cluster.create(manifest, { fieldManager: MANAGER });
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof Unreachable || error instanceof UnknownKind || error instanceof Refused) {
      throw new UserError(`The run cannot be created: ${message}. Deploy the stack again: npm run up -- ${stack}.`);
    }
    throw error;
  }
}

function equivalents({ namespace, name }: { namespace: string; name: string }): string[] {
  return [
    `follow: tkn pipelinerun logs -f -n ${namespace} ${name}`,
    `look: kubectl get pipelinerun,taskrun,pod -n ${namespace} -l tekton.dev/pipelineRun=${name}`,
  ];
}
