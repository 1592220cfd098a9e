import { UserError } from "../../../components/errors";
import { type KubernetesClient, Unreachable } from "../../../components/kubernetes/client";
import type { Status } from "../../../components/programs/status/model";
import { readFacts } from "../../../components/programs/status/read";
import { statusOf } from "../../../components/programs/status/status";
import { declaredOf } from "../../../components/streams/status/declared";
import { askGate } from "../follow/gate";
import { isAway } from "../follow/service";
import { pipelineRuns } from "../follow/runs";
import type { Outputs } from "../outcome";

/**
 * What looks at a stack as often as it is called, as the kubeconfig's user.
 *
 * @throws UserError where the stack has no pipelines; the look itself throws one where the cluster is away
 */
export function lookerAt(
  stack: string,
  outputs: Outputs,
  cluster: Pick<KubernetesClient, "request" | "list">,
): () => Promise<Status> {
  const { namespace, recordKey } = outputs as Partial<Outputs>;
  if (namespace === undefined) {
    throw new UserError(`Stack ${stack} has no pipelines: set platform.tektonPipelines, then npm run up -- ${stack}.`);
  }
  const declared = declaredOf(stack, outputs, namespace);
  return async () => {
    await requireThere(stack, cluster);
    const facts = await readFacts(declared, {
      // Only a stack with events has one.
      ...(recordKey !== undefined && { gate: () => askGate(stack, cluster, namespace) }),
      runs: async (name, keep) => (await pipelineRuns(cluster, name)).map(keep),
    });
    return statusOf(declared, facts, new Date());
  };
}

/** A cluster that is away is one sentence, not one for each thing in it. */
async function requireThere(stack: string, cluster: Pick<KubernetesClient, "request">): Promise<void> {
  try {
    await cluster.request("GET", "/version");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    throw isAway(stack, error);
  }
}
