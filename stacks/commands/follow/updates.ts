import { UserError } from "../../../components/errors";
import { type KubernetesClient, Refused, Unreachable } from "../../../components/kubernetes/client";
import { type Everything, SIGNATURES } from "../../../components/programs/updates/server";
import { UPDATES } from "../../../components/streams/updates/objects";
import { isAway } from "./gate";

/**
 * All that a stack's update service tells clusters, through the API server: nothing has to be forwarded.
 * @throws UserError where it does not answer
 */
export async function askUpdates(
  stack: string,
  cluster: Pick<KubernetesClient, "request">,
  namespace: string,
): Promise<Everything> {
  try {
    const path = `/api/v1/namespaces/${namespace}/services/${UPDATES}:http/proxy/updates.json`;
    return (await cluster.request("GET", path)) as Everything;
  } catch (error) {
    if (error instanceof Unreachable) throw isAway(stack, error);
    if (!(error instanceof Refused)) throw error;
    const look = `kubectl -n ${namespace} logs deployment/${UPDATES}`;
    throw new UserError(
      `The update service of stack ${stack} does not say what there is (${error.message}); its log: ${look}.`,
    );
  }
}

/** What a web server needs to be an update service and a signature store, by path. A server of files takes no query: each channel has a folder. */
export function updateFiles({ graphs, signatures }: Everything): Map<string, string | Buffer> {
  return new Map<string, string | Buffer>([
    ...Object.entries(graphs).map(
      ([channel, graph]) => [`${channel}/graph`, `${JSON.stringify(graph, undefined, 2)}\n`] as const,
    ),
    ...Object.entries(signatures).flatMap(([digest, all]) =>
      all.map(
        (text, index) =>
          [
            `${SIGNATURES.slice(1)}/${digest.replace(":", "=")}/signature-${index + 1}`,
            Buffer.from(text, "base64"),
          ] as const,
      ),
    ),
  ]);
}
