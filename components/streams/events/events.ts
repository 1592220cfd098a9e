import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../../clusters/cluster";
import { bundle } from "../../programs/bundle";
import { Gate } from "../../gate/gate";
import { KEYS_SECRET, keysVolume } from "../../gate/keys";
import type { StreamSettings as GateStream } from "../../programs/gate/settings";
import { KubernetesObject, type Manifest } from "../../kubernetes/object";
import { loadPipelines } from "../../pipelines/load";
import { prepare } from "../../pipelines/prepare";
import type { Task } from "../../pipelines/tekton";
import { renderSccBinding } from "../../openshift/scc";
import { renderCleanUp } from "./clean-up";
import { type GitEventSettings, renderGitEvents } from "./git";
import { type Layer, layerRecords, layerStream } from "../layers/layer";
import { renderLayerRun } from "../layers/run";
import { renderNetworkPolicies } from "./network";
import type { Place } from "../../workplace/accounts";
import { renderPeriodics } from "./periodics";
import { placesOf, type Plan, requireTarget, runs, type StreamSettings } from "../scos/plan";
import {
  renderRequesterAccess,
  renderRequestProgram,
  REQUEST_PROGRAM,
  REQUESTER_ACCOUNT,
  requestSettings,
} from "./requests";
import { imageNames, renderPipelineRun } from "../scos/run";
import { recordsRepository, type Stream } from "../scos/stream";
import {
  listenerUrl,
  renderBuildTrigger,
  renderCompositionTemplate,
  REQUESTED,
  STREAM_SET,
  triggerName,
} from "./triggers";

/** What a stack says of the events that start builds and tell of their ends. */
export interface EventSettings {
  /** Hours after its first architecture at which a build that is not complete is given up. */
  expireAfterHours: number;
  /** Seconds from one look of the gate at all records to the next. */
  reconcileSeconds: number;
  /** Pods of the gate. */
  replicas: number;
  /** Other clusters, which build for this one's gate. @default none */
  spokes?: Spoke[];
  /** The cluster that starts the builds of this one, and whose gate composes them. @default this one does both */
  hub?: Peer;
  /** Ended runs that stay of each stream, Pipeline or Task, architecture and trigger. @default all */
  keepRuns?: number;
  /** Events of Git hosts; on the hub. @default none are taken */
  git?: GitEventSettings;
}

/** Another cluster with a stack of this project. */
export interface Peer {
  /** URL under which its EventListener `builds` can be reached from here. */
  address: string;
  /** Secret with the keys that both share, `keys`: one per line, the first signs. */
  secret: string;
}

export interface Spoke extends Peer {
  /** What it builds; this cluster leaves them to it. */
  architectures: string[];
}

/** A stream, and what is built of it on this cluster. */
export interface PlannedStream {
  stream: Stream;
  plan: Plan;
}

export interface EventsArgs extends EventSettings {
  place: Place;
  cluster: Cluster;
  settings: StreamSettings;
  streams: PlannedStream[];
  /** @default none */
  layers?: Layer[];
  /** Folder of the pipeline sets, with `triggers`. */
  pipelines: string;
  /** Reference of a plain Node image. */
  image: string;
  /** What objects of Tekton Triggers wait for. */
  triggers: pulumi.Resource[];
  namespace: pulumi.Resource;
}

/** EventListener, gate, triggers and periodics: builds begin by events, and end as one build of all architectures. */
export class Events extends pulumi.ComponentResource {
  /** @throws UserError where builds are pushed nowhere: the gate reads what they leave in the registry */
  constructor(name: string, args: EventsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Events", name, {}, opts);
    const { place, cluster, namespace, settings, image, triggers, hub, spokes = [] } = args;
    const deletedWith = namespace;
    const gate = new Gate(
      "gate",
      {
        ...place,
        image,
        target: requireTarget(
          settings,
          "events.enabled is true, but images are pushed nowhere: the gate knows a build by what it leaves in the registry.",
        ),
        insecure: settings.registry?.insecure,
        credentialsSecret: settings.registry?.credentialsSecret,
        streams: renderGateStreams(args),
        ...(hub && { keysSecret: hub.secret }),
        otherKeysSecrets: spokes.map(({ secret }) => secret),
        eventListener: listenerUrl(place.namespace),
        reconcileSeconds: args.reconcileSeconds,
        replicas: args.replicas,
        openshift: cluster.capabilities.openshift,
        after: [namespace],
        triggers,
        deletedWith,
      },
      { parent: this },
    );
    for (const object of renderEvents(args)) {
      const dependsOn = [namespace, ...triggers, ...gate.ready];
      new KubernetesObject(object, { parent: this, dependsOn, deletedWith });
    }
    this.registerOutputs({});
  }
}

/** Everything but the gate. */
export function renderEvents(args: Omit<EventsArgs, "triggers" | "namespace">): Manifest[] {
  const { place, cluster, pipelines, image, hub, spokes = [], git, keepRuns } = args;
  const sets = ["triggers", ...(git?.enabled ? ["git"] : [])];
  const set = loadPipelines(sets.map((name) => join(pipelines, name))).map(({ object }) =>
    prepare(object, { ...place, images: { node: image } }),
  );
  const { openshift } = cluster.capabilities;
  const fromAfar = hub !== undefined || spokes.length > 0;
  const common = [
    ...renderNetworkPolicies({ fromAfar, git: git?.enabled ?? false }, place),
    ...renderBuilds(args),
    ...(keepRuns !== undefined ? renderCleanUp({ ...place, image, keepRuns, openshift }) : []),
  ];
  return hub
    ? [...set.filter(({ metadata }) => SPOKE_OBJECTS.includes(metadata.name)), ...common]
    : [...renderRequests(set, args), renderCompositionTemplate(args.settings, place), ...common];
}

/** What of the set a spoke has: it runs what the hub asks for, and decides nothing. */
const SPOKE_OBJECTS = ["builds", "requested-build"];

/** What an event that asks for a build starts on this cluster. */
function renderBuilds(args: Omit<EventsArgs, "triggers" | "namespace">): Manifest[] {
  const { place, settings, cluster, streams, layers = [], hub } = args;
  const { address, secret } = hub ?? { address: listenerUrl(place.namespace), secret: KEYS_SECRET };
  const build = { ...REQUESTED, eventListener: address, signingSecret: secret };
  const ofStreams = streams.map(({ stream, plan }) => {
    const records = recordsRepository(plan.rehearsal);
    const runs = plan.architectures.map((architecture) =>
      renderPipelineRun(stream, { ...place, plan, settings, architecture, build: { ...build, records } }),
    );
    return { name: triggerName(stream), stream: STREAM_SET, version: stream.version, runs };
  });
  const { capabilities } = cluster;
  const ofLayers = layers.map((layer) => {
    const { architectures } = placesOf(layer, capabilities.architectures, settings);
    const records = layerRecords(layer, settings.rehearsal);
    const runs = architectures.map((architecture) =>
      renderLayerRun(layer, architecture, { place, capabilities, settings, streams }, { ...build, records }),
    );
    const stream = layerStream(layer);
    return { name: `build-${stream}`, stream, version: layer.version, runs };
  });
  return [...ofStreams, ...ofLayers]
    .filter(({ runs }) => runs.length > 0)
    .flatMap((started) => renderBuildTrigger(started, place));
}

/** What asks for builds: Task request-build, a CronJob for each schedule, and events of Git hosts. */
function renderRequests(set: Manifest[], args: Omit<EventsArgs, "triggers" | "namespace">): Manifest[] {
  const { place, cluster, streams, image, spokes = [], git } = args;
  const keys = keysVolume(
    KEYS_SECRET,
    spokes.map(({ secret }) => secret),
  );
  const settings = requestSettings(streams, spokes, place);
  const program = renderRequestProgram(bundle("request"), settings, place);
  const planned = streams.filter(({ stream }) => stream.version in settings.versions);
  const asked = planned.map(({ stream }) => stream);
  const { openshift, storageClass } = cluster.capabilities;
  return [
    ...set.map((object) => (object.metadata.name === REQUEST_PROGRAM ? withVolume(object as Task, keys) : object)),
    program,
    ...renderRequesterAccess(place),
    // Task request-build has a fixed user.
    ...(openshift ? [renderSccBinding("nonroot-v2", REQUESTER_ACCOUNT, place)] : []),
    ...renderPeriodics(asked, { ...place, image, program, keys, openshift }),
    ...(git?.enabled
      ? renderGitEvents({ place, settings: args.settings, streams: planned, git, storageClass, openshift })
      : []),
  ];
}

/** The Task with a volume in place of its own of that name. */
function withVolume(task: Task, volume: { name: string }): Task {
  const volumes = task.spec.volumes?.map((own) => (own.name === volume.name ? volume : own));
  return { ...task, spec: { ...task.spec, volumes } };
}

/** What makes a build of each stream and layer complete: all architectures that the stack wants, on whichever cluster. */
export function renderGateStreams({
  cluster,
  settings,
  streams,
  layers = [],
  expireAfterHours,
  hub,
}: Pick<EventsArgs, "cluster" | "settings" | "streams" | "layers" | "expireAfterHours" | "hub">): GateStream[] {
  if (hub) return []; // its gate decides; ours verifies who asks
  const { rehearsal } = settings;
  const ofLayers = layers.map((layer) => {
    const places = placesOf(layer, cluster.capabilities.architectures, settings);
    return {
      stream: layerStream(layer),
      version: layer.version,
      architectures: Object.values(places).flat().sort(),
      images: [layerStream(layer)],
      records: layerRecords(layer, rehearsal),
      ...{ expireAfterHours, rehearsal },
    };
  });
  const ofStreams = streams
    .filter(({ plan }) => runs(plan, "push of images"))
    .map(({ stream, plan }) => ({
      stream: STREAM_SET,
      version: stream.version,
      architectures: [...plan.architectures, ...plan.elsewhere, ...plan.missingArchitectures].sort(),
      images: imageNames(plan),
      records: recordsRepository(plan.rehearsal),
      expireAfterHours,
      rehearsal: plan.rehearsal,
    }));
  return [...ofStreams, ...ofLayers];
}
