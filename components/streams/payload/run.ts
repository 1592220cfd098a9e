import { buildPods } from "../../kubernetes/build-nodes";
import type { Manifest } from "../../kubernetes/object";
import type { PipelineRun } from "../../pipelines/tekton";
import type { Entry } from "../../programs/payload/entry";
import { RUN_ACCOUNT } from "../../workplace/accounts";
import type { Place } from "../../workplace/place";
import { insecureParams, matrixParams } from "../params";
import type { BuildSettings } from "../settings";
import type { Payload } from "./payload";

/** Namespace of payloads and operators: what their builds run is others' and nobody's of those that build the operating system. */
export const PAYLOAD_NAMESPACE = "okd-payload";

/** What runs of payloads are rendered with. */
export interface PayloadContext {
  place: Place;
  settings: Pick<BuildSettings, "registry" | "matrix" | "nodes">;
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
  return renderBuildRun(payload, context, {
    ...{ kind: "payload", name: payloadName(payload) },
    params: {
      ...{ base: payload.from, version: payload.version, minor: entry.minor },
      "release-repository": entry.release!.repository,
    },
  });
}

/**
 * A run that builds by rows.
 * @param kind what it is called in labels, and with `okd-` its Pipeline
 * @param name of its ConfigMap, and what its own begins with
 */
export function renderBuildRun(
  entry: Pick<Payload, "name" | "pushSecret">,
  { place, settings, target, architecture }: PayloadContext,
  { kind, name, params: own }: { kind: string; name: string; params: Record<string, string> },
): PipelineRun {
  const secret = entry.pushSecret ?? settings.registry?.credentialsSecret;
  const params = {
    ...own,
    "target-registry": target,
    architecture,
    ...(secret !== undefined && { "registry-secret": secret }),
    ...insecureParams(settings),
    ...matrixParams(settings),
  };
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      generateName: `${name}-`,
      namespace: place.namespace,
      labels: { ...place.labels, [`okd-streams.io/${kind}`]: entry.name },
    },
    spec: {
      pipelineRef: { name: `okd-${kind}` },
      params: Object.entries(params).map(([param, value]) => ({ name: param, value })),
      workspaces: [{ name: "entry", configMap: { name } }],
      timeouts: { pipeline: TIMEOUT },
      taskRunTemplate: {
        serviceAccountName: RUN_ACCOUNT,
        podTemplate: buildPods(architecture, settings.nodes),
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

/** A ConfigMap of texts by file. */
export function configMap(name: string, data: Record<string, string>, { namespace, labels }: Place): Manifest {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data };
}
