import { UserError } from "../../../components/errors";
import type { KubernetesClient } from "../../../components/kubernetes/client";
import { type Everything, SIGNATURES } from "../../../components/programs/updates/server";
import { UPDATES } from "../../../components/streams/updates/objects";
import { askService } from "./service";

/**
 * All that a stack's update service tells clusters.
 * @throws UserError where it does not answer
 */
export async function askUpdates(
  stack: string,
  cluster: Pick<KubernetesClient, "request">,
  namespace: string,
): Promise<Everything> {
  const at = { namespace, service: `${UPDATES}:http`, path: "updates.json" };
  const answer = await askService(stack, cluster, at, ({ message }) => {
    const look = `kubectl -n ${namespace} logs deployment/${UPDATES}`;
    return new UserError(
      `The update service of stack ${stack} does not say what there is (${message}); its log: ${look}.`,
    );
  });
  return answer as Everything;
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
