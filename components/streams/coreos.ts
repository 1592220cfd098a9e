import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Cluster, type Registry, requireFreeNamespaces } from "../clusters/cluster";
import { KubernetesObject, type Manifest } from "../kubernetes/object";
import { requireFit } from "../pipelines/check-run";
import { type Images, loadImages, resolveImages } from "../pipelines/images";
import { preparePipelines } from "../pipelines/prepare";
import type { PipelineRun } from "../pipelines/tekton";
import { authored } from "../kubernetes/marks";
import { createClaims } from "../workplace/claims-released";
import { Events, type EventsArgs, type EventSettings, type PlannedStream } from "./events/events";
import type { Layer } from "./layers/layer";
import { type LayerOutput, type LayersArgs, renderLayer, renderLayerContext } from "./layers/run";
import {
  type Place,
  renderAccess,
  renderNamespace,
  renderSecrets,
  renderVolumeClaim,
  type SecretInputs,
} from "../workplace/accounts";
import { type Plan, planLines, planStream, type StreamSettings } from "./scos/plan";
import { pushedImages, renderPipelineRun } from "./scos/run";
import { requireSoundStreams, type Stream } from "./scos/stream";

export interface CoreosStreamsArgs extends Omit<StreamSettings, "registry"> {
  cluster: Cluster;
  platform: {
    /** What has to be there before Tekton takes objects: its definitions, and webhooks that answer. */
    tekton: pulumi.Resource[];
    /** Registry to push to. @default nothing is pushed, unless `push.repository` is named */
    registry?: Registry;
    /** What objects of Tekton Triggers wait for. @default as `tekton` */
    triggers?: pulumi.Resource[];
    /** Class of volumes. @default the cluster's default one */
    storageClass?: string;
    /** What namespaces with claims wait for, and what waits for them to be removed. @default nothing */
    storage?: pulumi.Resource[];
    /** Nodes offer /dev/kvm to pods as a resource. @default the nodes have it */
    kvm?: boolean;
  };
  /** Name of the stack: label `okd-streams.io/stack` of every object. */
  stack: string;
  streams: Stream[];
  /** Layers on what the streams build, or on other images. @default none */
  layers?: Layer[];
  /** Folder with `images.yaml`, `privileged.yaml` and the pipeline sets. */
  pipelines: string;
  /** References that take the place of those in `images.yaml`, by their names there. @default none */
  images?: Images;
  /** Registry (and path) that holds all other images under their full names. @default each from its own registry */
  imageMirror?: string;
  /** Builds begin by events and are composed of all architectures. @default a run begins when somebody creates it */
  events?: EventSettings;
  /** Secrets to create in the namespace: name → key → value. @default none */
  secrets?: SecretInputs;
}

/** A stream as it comes out. */
export interface StreamOutput {
  version: string;
  recipe: Plan["recipe"];
  /** What is built, what is left out and why: a sentence each. */
  plan: string[];
  /** References of the images that its runs push. */
  images: string[];
  /** One run per architecture; none where nothing can be built. */
  runs: PipelineRun[];
}

/** Namespace of the SCOS pipelines. */
export const NAMESPACE = "okd-coreos";

/** Pipeline sets that belong together: those of SCOS, what composes its architectures, and notifications. */
const SETS = ["coreos", "multi-arch", "notifications"];

/** The pipelines that build CentOS Stream CoreOS, with all that their runs need: accounts, volumes, Secrets. */
export class CoreosStreams extends pulumi.ComponentResource {
  readonly namespace: string = NAMESPACE;
  readonly streams: StreamOutput[];
  readonly layers: LayerOutput[];

  /** @throws UserError for faults in pipelines, images, streams or layers, before anything is created */
  constructor(name: string, args: CoreosStreamsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:CoreosStreams", name, {}, opts);
    const { cluster, platform, layers = [], pipelines: folder, images, imageMirror } = args;
    const place: Place = { namespace: NAMESPACE, labels: authored(args.stack) };
    const sets = layers.length > 0 ? [...SETS, "layering"] : SETS;
    const pipelines = preparePipelines({ folder, sets, images, imageMirror, ...place });
    this.streams = renderStreams(args, place);
    this.layers = layers.map((layer) => renderLayer(layer, layersArgs(args, place)));
    for (const run of [...this.streams, ...this.layers].flatMap(({ runs }) => runs)) {
      requireFit(run, pipelines);
    }

    const options = { parent: this, provider: cluster.provider, deletedWith: cluster.resource };
    // Removed before Tekton is, which ends the runs in it.
    requireFreeNamespaces(cluster, [renderNamespace(place)]);
    const namespace = new KubernetesObject(renderNamespace(place), {
      ...options,
      dependsOn: [...platform.tekton, ...(platform.storage ?? [])],
    });
    createClaims(renderVolumeClaims(args, place), { name: NAMESPACE, namespace, cluster, parent: this });
    for (const manifest of [
      ...renderAccess(place, cluster.capabilities.openshift),
      ...layers.map((layer) => renderLayerContext(layer, place)),
      ...renderSecrets(args.secrets, place),
      ...pipelines,
    ]) {
      // What is in the namespace goes with it: a volume could not go alone while a run uses it.
      const deletedWith = manifest.metadata.namespace ? namespace : cluster.resource;
      new KubernetesObject(manifest, { ...options, dependsOn: [namespace], deletedWith });
    }
    if (args.events) {
      new Events(
        "events",
        { ...args.events, ...eventsArgs(args, place), namespace },
        { ...options, deletedWith: undefined },
      );
    }
    this.registerOutputs({ namespace: this.namespace, streams: this.streams, layers: this.layers });
  }
}

/** What streams come out as: for outputs, `npm run build` and triggers alike. */
export function renderStreams(args: CoreosStreamsArgs, place: Place): StreamOutput[] {
  const settings = settingsOf(args);
  requireSoundStreams(args.streams);
  return args.streams.map((stream) => {
    const plan = planFor(stream, args);
    return {
      version: stream.version,
      recipe: plan.recipe,
      plan: planLines(plan),
      images: pushedImages(stream, plan, settings),
      runs: plan.architectures.map((architecture) =>
        renderPipelineRun(stream, { ...place, plan, settings, architecture }),
      ),
    };
  });
}

function eventsArgs(args: CoreosStreamsArgs, place: Place): Omit<EventsArgs, keyof EventSettings | "namespace"> {
  const { cluster, platform, pipelines, images, imageMirror } = args;
  const { node } = resolveImages(loadImages(join(pipelines, "images.yaml")), images, imageMirror);
  return {
    ...{ place, cluster, pipelines, settings: settingsOf(args) },
    streams: plannedStreams(args),
    layers: args.layers,
    image: node!,
    triggers: platform.triggers ?? platform.tekton,
  };
}

function layersArgs(args: CoreosStreamsArgs, place: Place): LayersArgs {
  const { capabilities } = args.cluster;
  return { place, capabilities, settings: settingsOf(args), streams: plannedStreams(args) };
}

function plannedStreams(args: CoreosStreamsArgs): PlannedStream[] {
  return args.streams.map((stream) => ({ stream, plan: planFor(stream, args) }));
}

function renderVolumeClaims(args: CoreosStreamsArgs, place: Place): Manifest[] {
  const { storageClass = args.cluster.capabilities.storageClass } = args.platform;
  return args.streams.flatMap((stream) =>
    planFor(stream, args).architectures.map((architecture) =>
      renderVolumeClaim(stream, architecture, place, storageClass),
    ),
  );
}

function planFor(stream: Stream, args: CoreosStreamsArgs): Plan {
  const { architectures, kvm } = args.cluster.capabilities;
  return planStream(stream, { architectures, kvm: args.platform.kvm ?? kvm }, settingsOf(args));
}

function settingsOf({ kvm, push, s3, matrix, rehearsal, platform, events }: CoreosStreamsArgs): StreamSettings {
  const elsewhere = events?.spokes?.flatMap(({ architectures }) => architectures);
  return { kvm, push, s3, matrix, rehearsal, registry: platform.registry, elsewhere };
}
