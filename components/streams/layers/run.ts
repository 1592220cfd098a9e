import type { Builds } from "../builds";
import type { Capabilities } from "../../clusters/cluster";
import { UserError } from "../../errors";
import { buildPods } from "../../kubernetes/build-nodes";
import type { Manifest } from "../../kubernetes/object";
import { writeYaml } from "../../kubernetes/yaml";
import type { PipelineRun } from "../../pipelines/tekton";
import { renderContext } from "./containerfile";
import { type Layer, layerStream, releaseOf, wantedPackages } from "./layer";
import type { Place } from "../../workplace/place";
import { placesOf, REHEARSAL, requireTarget, type BuildSettings } from "../settings";
import { bootableImage, type RunContext } from "../scos/run";
import { RUN_ACCOUNT } from "../../workplace/accounts";
import { buildParams, insecureParams, matrixParams } from "../params";
import { imageTag } from "../scos/stream";

/** A layer as it comes out. */
export interface LayerOutput {
  name: string;
  version: string;
  /** What is built, on what, and what is left out and why: a sentence each. */
  plan: string[];
  /** References of the images that its runs push: the moving tag of each architecture. */
  images: string[];
  /** How a cluster uses the image, with `@DIGEST` for its digest; the result `usage` of each run has the digest itself. */
  usage: string;
  /** One run per architecture. */
  runs: PipelineRun[];
}

/** What layers of a stack are rendered with; streams are the bases of layers that name none. */
export type LayersArgs = Pick<Builds, "place" | "settings" | "streams"> & {
  capabilities: Pick<Capabilities, "architectures" | "openshift">;
};

/** Long enough for a slow registry; the Task has tighter limits of its own. */
const TIMEOUT = "4h0m0s";

/** @throws UserError for a layer without a base, and where images are pushed nowhere */
export function renderLayer(layer: Layer, args: LayersArgs): LayerOutput {
  const { capabilities, settings } = args;
  const { architectures } = placesOf(layer, capabilities.architectures, settings);
  return {
    name: layer.name,
    version: layer.version,
    plan: layerLines(layer, args),
    images: architectures.map(
      (architecture) => `${imageOf(layer, settings)}:${imageTag(layer, architecture, settings.rehearsal)}`,
    ),
    usage: renderUsage(layer, args),
    runs: architectures.map((architecture) => renderLayerRun(layer, architecture, args)),
  };
}

/** The run that builds a layer on one architecture. */
export function renderLayerRun(
  layer: Layer,
  architecture: string,
  args: LayersArgs,
  build?: Omit<NonNullable<RunContext["build"]>, "commits">,
): PipelineRun {
  const { place, settings } = args;
  const stream = layerStream(layer);
  const generateName = `${settings.rehearsal ? "rehearsal-" : ""}${stream}-${architecture}-`;
  const { credentialsSecret, pullSecret } = settings.registry ?? {};
  const secret = (name: string, secretName: string | undefined) =>
    secretName ? [{ name, secret: { secretName } }] : [];
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      ...(build ? { name: `${generateName}${build.id}` } : { generateName }),
      namespace: place.namespace,
      labels: {
        ...place.labels,
        "okd-streams.io/stream": layerStream(layer),
        "okd-streams.io/architecture": architecture,
        ...(build && { "okd-streams.io/build": build.id }),
        ...(settings.rehearsal && { "okd-streams.io/rehearsal": "true" }),
      },
      ...(settings.rehearsal && { annotations: { "okd-streams.io/rehearsal": REHEARSAL } }),
    },
    spec: {
      pipelineRef: { name: "coreos-layer" },
      params: Object.entries({
        layer: layer.name,
        version: layer.version,
        ...baseParams(layer, architecture, args),
        packages: wantedPackages(layer).join(" "),
        "removed-packages": (layer.packages?.remove ?? []).join(" "),
        "target-registry": targetOf(settings),
        "image-name": stream,
        usage: renderUsage(layer, args),
        ...insecureParams(settings),
        ...matrixParams(settings),
        ...buildParams(build),
        rehearsal: String(settings.rehearsal),
      }).map(([name, value]) => ({ name, value })),
      workspaces: [
        { name: "context", configMap: { name: stream } },
        ...secret("registry-credentials", credentialsSecret),
        ...secret("pull-credentials", pullSecret),
      ],
      timeouts: { pipeline: TIMEOUT },
      taskRunTemplate: {
        serviceAccountName: RUN_ACCOUNT,
        podTemplate: buildPods(architecture, settings.nodes),
      },
    },
  };
}

/** The ConfigMap that a layer's builds take their context from. @throws UserError for files that it cannot hold */
export function renderLayerContext(layer: Layer, { namespace, labels }: Place): Manifest {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: layerStream(layer),
      namespace,
      labels: { ...labels, "okd-streams.io/stream": layerStream(layer) },
    },
    data: renderContext(layer),
  };
}

/**
 * How an image is used: by OKD's Machine Config Operator where the cluster has it, by each machine elsewhere. An image on
 * which a cluster runs is named by its digest, never by a tag.
 */
export function renderUsage(
  layer: Layer,
  { capabilities, settings }: Pick<LayersArgs, "capabilities" | "settings">,
): string {
  const image = `${imageOf(layer, settings)}@DIGEST`;
  if (!capabilities.openshift) {
    return `On each machine: rpm-ostree rebase ostree-unverified-registry:${image}, and boot it. In an OKD cluster: a MachineConfig with spec.osImageURL: ${image}`;
  }
  return writeYaml({
    apiVersion: "machineconfiguration.openshift.io/v1",
    kind: "MachineConfig",
    metadata: {
      name: `99-worker-${layerStream(layer)}`,
      labels: { "machineconfiguration.openshift.io/role": "worker" },
    },
    spec: { osImageURL: image },
  });
}

function layerLines(layer: Layer, args: LayersArgs): string[] {
  const { capabilities, settings } = args;
  const { architectures, elsewhere, missing } = placesOf(layer, capabilities.architectures, settings);
  const bases = [...new Set(architectures.map((architecture) => baseText(layer, architecture, args)))];
  const release = releaseOf(layer);
  const lines = [
    ...(settings.rehearsal ? [REHEARSAL] : []),
    architectures.length > 0
      ? `built for ${architectures.join(", ")} on ${bases.join(", ")}, pushed to ${imageOf(layer, settings)}`
      : "nothing is built",
    ...(release && !release.signatures ? ["left out: signature of the release (base.signatures is not set)"] : []),
    ...elsewhere.map((architecture) => `built on another cluster: ${architecture}`),
    ...missing.map((architecture) => `left out: ${architecture} (no node has this architecture)`),
  ];
  return lines.map((line) => `layer ${layer.name}: ${line}`);
}

/** What a run is told of the image that a layer is built on. */
function baseParams(layer: Layer, architecture: string, args: LayersArgs): Record<string, string> {
  const { image, signatures } = releaseOf(layer) ?? {};
  if (image === undefined) return { base: imageBelow(layer, architecture, args) };
  return {
    release: image,
    ...(args.settings.imageMirror && { "image-mirror": args.settings.imageMirror }),
    ...(signatures && { "signature-store": signatures.store, "gpg-public-key-url": signatures.key }),
  };
}

function baseText(layer: Layer, architecture: string, args: LayersArgs): string {
  const release = releaseOf(layer);
  return release ? `the node image of ${release.image}` : imageBelow(layer, architecture, args);
}

/** The image that a layer is built on: the one by digest that it names, or the newest that the stack's runs pushed. */
function imageBelow(
  { name, version, base }: Layer,
  architecture: string,
  { streams, settings }: Pick<LayersArgs, "streams" | "settings">,
): string {
  if (typeof base === "string") return base;
  const planned = streams.find(({ stream }) => stream.version === version);
  const image = planned && bootableImage(planned.plan);
  if (!planned || image === undefined) {
    throw new UserError(
      `layers: ${name} names no base and the stack builds no image of ${version}: name a base by digest or a release, or add a stream of that version.`,
    );
  }
  return `${targetOf(settings)}/${image}:${imageTag(planned.stream, architecture, settings.rehearsal)}`;
}

function imageOf(layer: Pick<Layer, "name">, settings: BuildSettings): string {
  return `${targetOf(settings)}/${layerStream(layer)}`;
}

function targetOf(settings: BuildSettings): string {
  return requireTarget(settings, "layers are built to be pushed, and images are pushed nowhere.");
}
