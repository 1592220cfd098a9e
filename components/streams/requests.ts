import { KEYS_FILE, otherKeysFile } from "../gate/keys";
import type { RequestSettings } from "../gate/server/request";
import type { Manifest } from "../kubernetes/object";
import type { PlannedStream, Spoke } from "./events";
import type { Place } from "./objects";
import { listenerUrl, STREAM_SET } from "./triggers";

/** ConfigMap with the program that asks for builds, `request.js`, and what there is to ask for, `settings.json`. */
export const REQUEST_PROGRAM = "request-build";

/** Where containers that ask for builds find it. */
export const REQUEST_PATHS = { program: "/program/request.js", settings: "/program/settings.json" };

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
export function requestSettings(streams: PlannedStream[], spokes: Spoke[], { namespace }: Place): RequestSettings {
  const here = { address: listenerUrl(namespace), keys: KEYS_FILE };
  const versions = streams.flatMap(({ stream: { version, base, node }, plan }) => {
    const sources = { ...(plan.recipe === "base-node" && { base: base! }), node };
    const listeners = [
      ...(plan.architectures.length > 0 ? [here] : []),
      ...spokes
        .filter(({ architectures }) => architectures.some((architecture) => plan.elsewhere.includes(architecture)))
        .map(({ address, secret }) => ({ address, keys: otherKeysFile(secret) })),
    ];
    return listeners.length > 0 ? [[version, { sources, listeners }]] : [];
  });
  return { stream: STREAM_SET, versions: Object.fromEntries(versions) as RequestSettings["versions"] };
}
