import type { RequestSettings } from "../gate/server/request";
import type { Manifest } from "../kubernetes/object";
import type { PlannedStream } from "./events";
import type { Place } from "./objects";
import { listenerUrl, STREAM_SET } from "./triggers";

/** ConfigMap with the program that asks for builds, `request.js`, and what there is to ask for, `settings.json`. */
export const REQUEST_PROGRAM = "request-build";

/** Where containers that ask for builds find the program and the keys. */
export const REQUEST_PATHS = { program: "/program/request.js", settings: "/program/settings.json", keys: "/keys/keys" };

/** What CronJobs and Task request-build ask with. @param program the bundle of components/gate/server/request.ts */
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
export function requestSettings(streams: PlannedStream[], { namespace }: Place): RequestSettings {
  const versions = streams
    .filter(({ plan }) => plan.architectures.length > 0)
    .map(({ stream: { version, base, node }, plan }) => [
      version,
      {
        sources: { ...(plan.recipe === "base-node" && { base: base! }), node },
        listeners: [{ address: listenerUrl(namespace), keys: REQUEST_PATHS.keys }],
      },
    ]);
  return { stream: STREAM_SET, versions: Object.fromEntries(versions) as RequestSettings["versions"] };
}
