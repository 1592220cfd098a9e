import type { Manifest } from "../../kubernetes/object";
import type { PipelineRun } from "../../pipelines/tekton";
import type { Entry } from "../../programs/payload/entry";
import { RUN_ACCOUNT } from "../../workplace/accounts";
import type { Place } from "../../workplace/place";
import { insecureParams, matrixParams } from "../params";
import type { BuildSettings } from "../settings";
import type { Payload } from "./payload";

/** What runs of payloads are rendered with. */
export interface PayloadContext {
  place: Place;
  settings: Pick<BuildSettings, "registry" | "matrix">;
  /** Registry and path of components. */
  target: string;
  architecture: string;
}

/** Four waves of at most four hours each, and the release. */
const TIMEOUT = "18h0m0s";

/** The ConfigMap with the program that Tasks of payloads run. */
export const PROGRAM = "okd-payload-program";

/** Name of what belongs to a payload: its ConfigMap, its runs. */
export function payloadName({ name }: Pick<Payload, "name">): string {
  return `okd-payload-${name}`;
}

/** The run that makes a payload. */
export function renderPayloadRun(payload: Payload, entry: Entry, context: PayloadContext): PipelineRun {
  const { place, settings, target, architecture } = context;
  const secret = payload.pushSecret ?? settings.registry?.credentialsSecret;
  const params = {
    base: payload.from,
    version: payload.version,
    minor: entry.minor,
    "target-registry": target,
    "release-repository": entry.release,
    architecture,
    ...(secret !== undefined && { "registry-secret": secret }),
    ...insecureParams(settings),
    ...matrixParams(settings),
  };
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      generateName: `${payloadName(payload)}-`,
      namespace: place.namespace,
      labels: { ...place.labels, "okd-streams.io/payload": payload.name },
    },
    spec: {
      pipelineRef: { name: "okd-payload" },
      params: Object.entries(params).map(([name, value]) => ({ name, value })),
      workspaces: [{ name: "entry", configMap: { name: payloadName(payload) } }],
      timeouts: { pipeline: TIMEOUT },
      taskRunTemplate: {
        serviceAccountName: RUN_ACCOUNT,
        podTemplate: { nodeSelector: { "kubernetes.io/arch": architecture } },
      },
    },
  };
}

/** The ConfigMap that a payload's runs take their entry from. */
export function renderEntryMap(payload: Payload, entry: Entry, place: Place): Manifest {
  return configMap(payloadName(payload), { "entry.json": JSON.stringify(entry) }, place);
}

/** @param text the program, in one file */
export function renderProgram(text: string, place: Place): Manifest {
  return configMap(PROGRAM, { "payload.js": text }, place);
}

function configMap(name: string, data: Record<string, string>, { namespace, labels }: Place): Manifest {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data };
}
