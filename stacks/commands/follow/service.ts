import { UserError } from "../../../components/errors";
import { type KubernetesClient, Refused, Unreachable } from "../../../components/kubernetes/client";

/**
 * What a program of a stack says in its cluster, through the API server: nothing has to be forwarded.
 *
 * @param at the Service with its port, `gate:status`, and the path there
 * @param refusal what is said where it is not there, or does not answer
 * @throws UserError by it, and where the cluster is away
 */
export async function askService(
  stack: string,
  cluster: Pick<KubernetesClient, "request">,
  at: { namespace: string; service: string; path: string },
  refusal: (refused: Refused) => UserError,
): Promise<unknown> {
  try {
    return await cluster.request("GET", `/api/v1/namespaces/${at.namespace}/services/${at.service}/proxy/${at.path}`);
  } catch (error) {
    if (error instanceof Unreachable) throw isAway(stack, error);
    throw error instanceof Refused ? refusal(error) : error;
  }
}

/** What is said of a cluster that is away. */
export function isAway(stack: string, { message }: Unreachable): UserError {
  return new UserError(`The cluster of stack ${stack} does not answer: ${message}. Is it there?`);
}
