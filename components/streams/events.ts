import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../clusters/cluster";
import { UserError } from "../errors";
import { bundle } from "../gate/bundle";
import { Gate } from "../gate/gate";
import type { StreamSettings as GateStream } from "../gate/server/settings";
import { KubernetesObject, type Manifest } from "../kubernetes/object";
import { loadPipelines } from "../pipelines/load";
import { prepare } from "../pipelines/prepare";
import type { Place } from "./objects";
import { renderPeriodics } from "./periodics";
import { type Plan, pushTarget, runs, type StreamSettings } from "./plan";
import { renderRequestProgram, requestSettings } from "./requests";
import { imageNames, renderPipelineRun } from "./run";
import { recordsRepository, type Stream } from "./stream";
import {
  listenerUrl,
  renderBuildTrigger,
  renderCompositionTemplate,
  renderListenerPolicy,
  REQUESTED,
  STREAM_SET,
} from "./triggers";

/** What a stack says of the events that start builds and tell of their ends. */
export interface EventSettings {
  /** Hours after its first architecture at which a build that is not complete is given up. */
  expireAfterHours: number;
  /** Seconds from one look of the gate at all records to the next. */
  reconcileSeconds: number;
  /** Pods of the gate. */
  replicas: number;
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
    const { place, cluster, namespace, settings, image, triggers } = args;
    const deletedWith = namespace;
    const gate = new Gate(
      "gate",
      {
        ...place,
        image,
        target: requireTarget(settings),
        insecure: settings.registry?.insecure,
        credentialsSecret: settings.registry?.credentialsSecret,
        streams: renderGateStreams(args),
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
  const { place, cluster, settings, streams, pipelines, image } = args;
  const eventListener = listenerUrl(place.namespace);
  const builds = streams.flatMap(({ stream, plan }) => {
    const rendered = plan.architectures.map((architecture) => {
      const context = { ...place, plan, settings, architecture };
      const build = { ...REQUESTED, eventListener, records: recordsRepository(plan.rehearsal) };
      return renderPipelineRun(stream, { ...context, build });
    });
    return rendered.length > 0 ? renderBuildTrigger(stream, rendered, place) : [];
  });
  const buildable = streams.filter(({ plan }) => plan.architectures.length > 0).map(({ stream }) => stream);
  const program = renderRequestProgram(bundle("request"), requestSettings(streams, place), place);
  return [
    ...loadPipelines([join(pipelines, "triggers")]).map(({ object }) =>
      prepare(object, { ...place, images: { node: image } }),
    ),
    program,
    renderCompositionTemplate(settings, place),
    renderListenerPolicy(place),
    ...builds,
    ...renderPeriodics(buildable, { ...place, image, program, openshift: cluster.capabilities.openshift }),
  ];
}

/** What makes a build of each stream complete: all architectures that the stack wants, on whichever cluster. */
export function renderGateStreams({
  streams,
  expireAfterHours,
}: Pick<EventsArgs, "streams" | "expireAfterHours">): GateStream[] {
  return streams
    .filter(({ plan }) => runs(plan, "push of images"))
    .map(({ stream, plan }) => ({
      stream: STREAM_SET,
      version: stream.version,
      architectures: [...plan.architectures, ...plan.missingArchitectures].sort(),
      images: imageNames(plan),
      records: recordsRepository(plan.rehearsal),
      expireAfterHours,
      rehearsal: plan.rehearsal,
    }));
}

function requireTarget(settings: StreamSettings): string {
  const target = pushTarget(settings);
  if (!settings.push.enabled || target === undefined) {
    throw new UserError(
      "events.enabled is true, but images are pushed nowhere: the gate knows a build by what it leaves in the registry. " +
        "Set push.enabled, and push.repository where the stack has no registry.",
    );
  }
  return target;
}
