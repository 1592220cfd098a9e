import { INTERCEPTORS } from "../../gate/objects";
import { otherPods } from "../../kubernetes/build-nodes";
import type { Build } from "../../programs/events/build";
import { ATTEMPT_HOURS } from "../../programs/gate/decide";
import type { Manifest } from "../../kubernetes/object";
import type { PipelineRun } from "../../pipelines/tekton";
import type { Place } from "../../workplace/place";
import { pushTarget, type BuildSettings } from "../settings";
import { RUN_ACCOUNT } from "../../workplace/accounts";
import { insecureParams, matrixParams } from "../params";
import type { Stream } from "../scos/stream";

/** The EventListener of our own events, pipelines/triggers/builds.yaml. */
export const BUILDS_LISTENER = "builds";

/** Name of the pipeline set in events and records. */
export const STREAM_SET = "okd-coreos";

/** Where a Trigger puts a build's id and commits into names and parameters. */
export const REQUESTED = {
  id: "$(tt.params.build-id)",
  commits: { base: "$(tt.params.base-commit)", node: "$(tt.params.node-commit)" },
};

/** An id as a request may have it: it becomes a part of names, of which labels take 63 characters. */
const ID_PATTERN = "^[a-z0-9]([-a-z0-9]{0,22}[a-z0-9])?$";

/** A commit as runs fetch it. */
const COMMIT_PATTERN = "^[0-9a-f]{40}([0-9a-f]{24})?$";

/** The Service of an EventListener, as Tekton Triggers names it. */
export function listenerService(listener: string): string {
  return `el-${listener}`;
}

/** URL of an EventListener. */
export function listenerUrl(namespace: string, listener = BUILDS_LISTENER): string {
  return `http://${listenerService(listener)}.${namespace}.svc:8080`;
}

/** What a request to build starts. */
export interface StartedByRequest extends Pick<Build, "stream" | "version"> {
  /** Of the Trigger and its template. */
  name: string;
  /** One per architecture, which have the build's id in their names. */
  runs: PipelineRun[];
}

/**
 * What starts a version's runs: a signed request with a build's id, whoever sends it and however often. A Trigger that asks the gate
 * first, and its template.
 */
export function renderBuildTrigger(started: StartedByRequest, { namespace, labels }: Place): Manifest[] {
  const { name, stream, version, runs } = started;
  const filter = [
    `has(body.stream) && body.stream == '${stream}'`,
    `has(body.version) && body.version == '${version}'`,
    `has(body.buildId) && body.buildId.matches('${ID_PATTERN}')`,
    `(!has(body.commits) || body.commits.all(name, body.commits[name].matches('${COMMIT_PATTERN}')))`,
  ];
  const params = [
    { name: "build-id", description: "The build that the runs are parts of" },
    { name: "base-commit", description: "The base's commit; the newest of its branch where empty", default: "" },
    { name: "node-commit", description: "The node image's; the newest of its branch where empty", default: "" },
  ];
  return [
    {
      apiVersion: "triggers.tekton.dev/v1beta1",
      kind: "TriggerTemplate",
      metadata: { name, namespace, labels },
      spec: { params, resourcetemplates: runs },
    },
    {
      apiVersion: "triggers.tekton.dev/v1beta1",
      kind: "Trigger",
      metadata: { name, namespace, labels: { ...labels, "okd-streams.io/listener": BUILDS_LISTENER } },
      spec: {
        interceptors: [
          {
            name: "signed",
            ref: { name: INTERCEPTORS.signature, kind: "NamespacedInterceptor" },
            params: [{ name: "type", value: "build-requested" }],
          },
          {
            name: "stream",
            ref: { name: "cel", kind: "ClusterInterceptor" },
            params: [{ name: "filter", value: filter.join(" && ") }],
          },
        ],
        bindings: [{ ref: "requested-build", kind: "TriggerBinding" }],
        template: { ref: name },
      },
    },
  ];
}

/** The run that composes: its name is fixed, so that it is created once. */
export function renderCompositionTemplate(settings: BuildSettings, { namespace, labels }: Place): Manifest {
  const { registry, s3, nodes } = settings;
  const podTemplate = otherPods(nodes);
  const address = pushTarget(settings)!.split("/")[0]!;
  const param = (name: string) => `$(tt.params.${name})`;
  const params = {
    registry: address,
    ...Object.fromEntries(["sources", "architectures", "tag", "boot-images"].map((name) => [name, param(name)])),
    ...(s3 && { "s3-endpoint-url": s3.endpoint }),
    ...insecureParams(settings),
    ...matrixParams(settings),
  };
  const run: PipelineRun = {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      name: param("name"),
      namespace,
      labels: { ...labels, "okd-streams.io/stream": param("stream"), "okd-streams.io/build": param("build-id") },
    },
    spec: {
      pipelineRef: { name: "compose-manifest-list" },
      params: Object.entries(params).map(([name, value]) => ({ name, value })),
      workspaces: [
        ...(registry?.credentialsSecret
          ? [{ name: "registry-credentials", secret: { secretName: registry.credentialsSecret } }]
          : []),
        ...(s3 ? [{ name: "s3-credentials", secret: { secretName: s3.secret } }] : []),
      ],
      timeouts: { pipeline: `${ATTEMPT_HOURS}h0m0s` },
      taskRunTemplate: { serviceAccountName: RUN_ACCOUNT, ...(podTemplate.affinity && { podTemplate }) },
    },
  };
  return {
    apiVersion: "triggers.tekton.dev/v1beta1",
    kind: "TriggerTemplate",
    metadata: { name: "compose-manifest-list", namespace, labels },
    spec: {
      params: ["name", "stream", "build-id", "tag", "architectures", "sources", "boot-images"].map((name) => ({
        name,
      })),
      resourcetemplates: [run],
    },
  };
}

/** Name of all that starts a version's runs: `build-4-21`. */
export function triggerName({ version }: Pick<Stream, "version">): string {
  return `build-${version.replace(".", "-")}`;
}

/** The EventListener of Git hosts, pipelines/git/listener.yaml. */
export const GIT_LISTENER = "git";
