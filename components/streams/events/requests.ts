import { KEYS_FILE, otherKeysFile } from "../../gate/keys";
import type { RequestSettings } from "../../programs/requests/request";
import type { Manifest } from "../../kubernetes/object";
import type { PlannedStream } from "../scos/plan";
import type { Spoke } from "./schema";
import { ACCOUNT_ENVIRONMENT, renderNamespacedAccess } from "../../workplace/accounts";
import { type Place } from "../../workplace/place";
import { runName } from "../scos/run";
import { listenerUrl, STREAM_SET } from "./triggers";

/** ConfigMap with the program that asks for builds, `request.js`, and what there is to ask for, `settings.json`. */
export const REQUEST_PROGRAM = "request-build";

/** Where containers that ask for builds find it. */
export const REQUEST_PATHS = { program: "/program/request.js", settings: "/program/settings.json" };

/** The account of what asks, which sees whether the run that it asks for is there. */
export const REQUESTER_ACCOUNT = "requester";

/** How a program with account `requester` asks Kubernetes for runs: components/programs/requests/runs.ts. */
export function runsEnvironment(namespace: string): Record<string, string> {
  return {
    RUNS_URL: `https://kubernetes.default.svc/apis/tekton.dev/v1/namespaces/${namespace}/pipelineruns`,
    ...ACCOUNT_ENVIRONMENT,
  };
}

export function renderRequesterAccess(place: Place): Manifest[] {
  const rules = [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["get"] }];
  return renderNamespacedAccess(REQUESTER_ACCOUNT, rules, place);
}

/** What CronJobs and Task request-build ask with. @param program the bundle of components/programs/requests/request.ts */
export function renderRequestProgram(
  program: string,
  settings: RequestSettings,
  { namespace, labels }: Place,
): Manifest {
  const metadata = { name: REQUEST_PROGRAM, namespace, labels };
  const data = { "request.js": program, "settings.json": JSON.stringify(settings, undefined, 2) };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
}

/** What can be asked for: the streams of which a cluster builds something, their sources, and who is to be told. */
export function requestSettings(streams: PlannedStream[], spokes: Spoke[], { namespace }: Place): RequestSettings {
  const versions = streams.flatMap(({ stream, plan }) => {
    const { version, base, node } = stream;
    const runs = plan.architectures.map((architecture) => runName(stream, architecture, plan.rehearsal));
    const here = { address: listenerUrl(namespace), keys: KEYS_FILE, runs };
    const sources = { ...(plan.recipe === "base-node" && { base: base! }), node };
    const listeners = [
      ...(runs.length > 0 ? [here] : []),
      ...spokes
        .filter(({ architectures }) => architectures.some((architecture) => plan.elsewhere.includes(architecture)))
        .map(({ address, secret }) => ({ address, keys: otherKeysFile(secret) })),
    ];
    return listeners.length > 0 ? [[version, { sources, listeners }]] : [];
  });
  return { stream: STREAM_SET, versions: Object.fromEntries(versions) as RequestSettings["versions"] };
}
