import { UserError } from "../../../components/errors";
import { GATE } from "../../../components/gate/objects";
import { ago } from "../../../components/programs/ago";
import type { BuildsAnswer } from "../../../components/programs/gate/table";
import { columns } from "../columns";
import { minute } from "../minute";
import type { KubernetesClient } from "../../../components/kubernetes/client";
import { askService } from "./service";

/**
 * What a stack's gate knows of its builds.
 * @throws UserError where there is no gate, or none that answers
 */
export async function askGate(
  stack: string,
  cluster: Pick<KubernetesClient, "request">,
  namespace: string,
): Promise<BuildsAnswer> {
  const at = { namespace, service: `${GATE}:status`, path: "builds" };
  const answer = await askService(stack, cluster, at, ({ code, message }) => {
    if (code === 404) {
      return new UserError(`Stack ${stack} has no gate: set events.enabled, then npm run up -- ${stack}.`);
    }
    const look = `kubectl -n ${namespace} get pods -l app.kubernetes.io/name=${GATE}`;
    return new UserError(`The gate of stack ${stack} does not answer (${message}); its pods: ${look}.`);
  });
  return answer as BuildsAnswer;
}

const TITLES = ["BUILD", "ARRIVED", "MISSING", "SINCE", "DECISION"];

/** A line for each build under its titles, or a sentence where there is none. */
export function buildLines({ looked, streams, builds }: BuildsAnswer, now: Date): string[] {
  if (looked === undefined) return ["The gate has not read the registry yet; if that lasts, its log says why."];
  if (builds.length === 0) {
    const wanted = streams.map(
      ({ stream, version, architectures }) => `${stream} ${version} needs ${architectures.join(", ")}`,
    );
    return [`No run has left a record yet: ${wanted.join("; ") || "no stream pushes images"}.`];
  }
  const rows = builds.map(({ stream, version, buildId, arrived, missing, since, outcome, message }) => {
    // The sentence begins with the build, which the row has already.
    const reason = message.slice(message.indexOf(": ") + 2);
    return [
      `${stream} ${version} ${buildId}`,
      arrived.join(", ") || "-",
      missing.join(", ") || "-",
      since === undefined ? "-" : `${minute(since)}Z (${ago(since, now)})`,
      `${outcome}: ${reason}`,
    ];
  });
  return columns(TITLES, rows);
}
