import * as pulumi from "@pulumi/pulumi";
import type { Cluster, Registry } from "../clusters/cluster";
import { requireFit } from "../pipelines/check-run";
import type { Library } from "../pipelines/library";
import type { PipelineRun } from "../pipelines/tekton";
import { requireUserNamespaces } from "../kubernetes/build-nodes";
import { authored } from "../kubernetes/marks";
import type { Builds } from "./builds";
import { triggerName } from "./events/triggers";
import { Events } from "./events/events";
import { type Plan, planLines, type PlannedStream, planStream } from "./scos/plan";
import { type EventSettings } from "./events/schema";
import { type Layer, layerStream } from "./layers/layer";
import { KEEP, keptRuns, type KeepSettings } from "./keep";
import { type LayerOutput, renderLayer, renderLayerContext } from "./layers/run";
import { renderAccess } from "../workplace/accounts";
import { renderSecrets, type SecretInputs } from "../workplace/secrets";
import type { Place } from "../workplace/place";
import { type NetworkArgs, renderNetwork } from "../workplace/network";
import { REQUEST_PROGRAM } from "./events/requests";
import { renderCleanUp } from "../workplace/clean-up";
import { renderVolumesEnded } from "../workplace/volumes";
import { Workplace, type WorkplacePlatform } from "../workplace/workplace";
import { type BuildSettings } from "./settings";
import { pushedImages, renderPipelineRun } from "./scos/run";
import { rpmTable } from "./scos/rpms";
import { requireSoundStreams, settled, type Stream } from "./scos/stream";

export interface CoreosStreamsArgs extends Omit<BuildSettings, "registry" | "rpms" | "storageClass"> {
  cluster: Cluster;
  platform: WorkplacePlatform & {
    /** Registry to push to. @default nothing is pushed, unless `push.repository` is named */
    registry?: Registry;
    /** Nodes offer /dev/kvm to pods as a resource. @default the nodes have it */
    kvm?: boolean;
  };
  /** Name of the stack: label `okd-streams.io/stack` of every object. */
  stack: string;
  streams: Stream[];
  /** Layers on what the streams build, or on other images. @default none */
  layers?: Layer[];
  /** What stays of runs. @default as many as stacks keep that do not say it */
  keep?: KeepSettings;
  /** Where pipelines come from. */
  library: Library;
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
  /** CronJob whose Jobs ask for a build by an event, as its schedule does. @default it has no schedule, or another cluster asks */
  cronJob?: string;
}

/** Namespace of the SCOS pipelines. */
export const NAMESPACE = "okd-coreos";

/** Pipeline sets that belong together: those of SCOS and its RPMs, what composes its architectures, and notifications. */
const SETS = ["coreos", "rpms", "multi-arch", "notifications"];
/** What layers need besides: they may stand on a release, whose signature is checked. */
const LAYER_SETS = ["layering", "signatures"];

/** The pipelines that build CentOS Stream CoreOS, with all that their runs need: accounts, Secrets, and what ends their volumes. */
export class CoreosStreams extends pulumi.ComponentResource {
  readonly namespace: string = NAMESPACE;
  readonly workplace: Workplace;
  readonly streams: StreamOutput[];
  readonly layers: LayerOutput[];
  /** What it builds, and where. */
  readonly builds: Builds;
  /** The public key of the records that its runs leave. @default it leaves none */
  readonly recordKey?: pulumi.Output<string>;

  /** @throws UserError for faults in pipelines, images, streams or layers, before anything is created */
  constructor(name: string, args: CoreosStreamsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:CoreosStreams", name, {}, opts);
    const { cluster, library, layers = [] } = args;
    const place: Place = { namespace: NAMESPACE, labels: authored(args.stack) };
    const settings = settingsOf(args);
    const { capabilities } = cluster;
    requireUserNamespaces(settings.nodes, capabilities);
    const builds: Builds = { place, capabilities, settings, streams: planStreams(args, settings), layers };
    this.builds = builds;
    const pipelines = library.objects(layers.length > 0 ? [...SETS, ...LAYER_SETS] : SETS, place);
    const asks = args.events !== undefined && !args.events.hub;
    this.streams = renderStreams(builds, asks);
    this.layers = layers.map((layer) => renderLayer(layer, builds));
    for (const run of [...this.streams, ...this.layers].flatMap(({ runs }) => runs)) {
      requireFit(run, pipelines);
    }

    this.workplace = new Workplace(this, {
      ...{ place, cluster, platform: args.platform, nodes: settings.nodes },
      podSecurity: "privileged",
    });
    const { workplace } = this;
    workplace.releaseClaims();
    const program = { ...place, image: library.images.node!, openshift: capabilities.openshift };
    const kept = keptRuns(args.keep ?? KEEP, {
      stream: [
        ...args.streams.map(({ version, keep }) => ({ name: version, keep })),
        ...layers.map((layer) => ({ name: layerStream(layer), keep: layer.keep })),
      ],
    });
    // Until December 2026 only stacks with events had it.
    const former = pulumi.createUrn("events", "okd-streams:streams:Events", this.urn);
    const cleanUp = renderCleanUp({ ...program, kept });
    workplace.create(cleanUp, { aliases: [{ parent: former }] });
    workplace.create([
      ...renderVolumesEnded(program),
      ...renderAccess(place, capabilities.openshift),
      ...renderNetwork(place, networkOf(builds, args.events, [...this.streams, ...this.layers])),
      ...layers.map((layer) => renderLayerContext(layer, place)),
      ...renderSecrets(args.secrets, place),
      ...pipelines,
    ]);
    if (args.events) {
      const options = { parent: this, provider: cluster.provider };
      this.recordKey = new Events(
        "events",
        { ...args.events, ...builds, library, workplace, others: cleanUp },
        options,
      ).recordKey;
    }
    this.registerOutputs({ namespace: this.namespace, streams: this.streams, layers: this.layers });
  }
}

/** What runs and programs are told of the network: parameters, repositories of layers, other clusters. */
function networkOf(
  { capabilities, layers, place, streams }: Builds,
  events: EventSettings | undefined,
  outputs: { runs: PipelineRun[] }[],
): NetworkArgs {
  const { hub, spokes = [] } = events ?? {};
  return {
    openshift: capabilities.openshift,
    told: [
      JSON.stringify(outputs.map(({ runs }) => runs)),
      JSON.stringify(streams.map(({ stream: { base, node, rpmsFrom } }) => [base, node, rpmsFrom])),
      ...layers.flatMap((layer) => Object.values(renderLayerContext(layer, place).data as Record<string, string>)),
      ...[hub, ...spokes].flatMap((cluster) => (cluster ? [cluster.address] : [])),
    ],
    programs: events ? [REQUEST_PROGRAM] : [],
  };
}

/** What streams come out as: for outputs, `npm run build` and triggers alike. */
export function renderStreams(
  { streams, settings, place }: Pick<Builds, "streams" | "settings" | "place">,
  asks = false,
): StreamOutput[] {
  return streams.map(({ stream, plan }) => ({
    version: stream.version,
    ...(asks && stream.schedule && { cronJob: triggerName(stream) }),
    recipe: plan.recipe,
    plan: planLines(plan),
    images: pushedImages(stream, plan, settings),
    runs: plan.architectures.map((architecture) =>
      renderPipelineRun(stream, { ...place, plan, settings, architecture }),
    ),
  }));
}

function planStreams({ cluster, platform, streams }: CoreosStreamsArgs, settings: BuildSettings): PlannedStream[] {
  const { architectures, kvm } = cluster.capabilities;
  requireSoundStreams(streams);
  return streams.map(settled).map((stream) => ({
    stream,
    plan: planStream(stream, { architectures, kvm: platform.kvm ?? kvm }, settings),
  }));
}

function settingsOf(args: CoreosStreamsArgs): BuildSettings {
  const { kvm, push, s3, matrix, imageMirror, nodes, rehearsal, platform, events, library } = args;
  const elsewhere = events?.spokes?.flatMap(({ architectures }) => architectures);
  const images = ["coreos-assembler", "centos-stream"].map((name) => library.images[name]).join(" ");
  const rpms = { rows: library.data("rpms", "rpms.yaml", rpmTable), images };
  const { storageClass = args.cluster.capabilities.storageClass } = platform;
  const { registry } = platform;
  return { kvm, push, s3, matrix, imageMirror, nodes, rehearsal, registry, elsewhere, rpms, storageClass };
}
