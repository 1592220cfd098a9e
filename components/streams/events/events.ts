import { runs } from "../scos/plan";
import { type EventSettings } from "./schema";
import * as pulumi from "@pulumi/pulumi";
import { bundle } from "../../programs/bundle";
import { Gate } from "../../gate/gate";
import { KEYS_SECRET, keysVolume } from "../../gate/keys";
import type { GateStream } from "../../programs/gate/settings";
import { offBuildNodes } from "../../kubernetes/build-nodes";
import { longestInterval } from "../../kubernetes/cron";
import type { Manifest } from "../../kubernetes/object";
import type { Library } from "../../pipelines/library";
import type { Task } from "../../pipelines/tekton";
import { renderSccBinding } from "../../openshift/scc";
import { renderAdmission, requireAdmissionPolicies } from "../../workplace/admission";
import { renderGitEvents } from "./git";
import { layerRecords, layerStream } from "../layers/layer";
import { renderLayerRun } from "../layers/run";
import { renderNetworkPolicies } from "./network";
import type { Workplace } from "../../workplace/workplace";
import type { Builds } from "../builds";
import { renderPeriodics } from "./periodics";
import { placesOf, requireTarget } from "../settings";
import {
  renderRequesterAccess,
  renderRequestProgram,
  REQUEST_PROGRAM,
  REQUESTER_ACCOUNT,
  requestSettings,
} from "./requests";
import { startedByEvents } from "./started";
import { imageNames, renderPipelineRun } from "../scos/run";
import { recordsRepository } from "../scos/stream";
import {
  listenerUrl,
  renderBuildTrigger,
  renderCompositionTemplate,
  REQUESTED,
  STREAM_SET,
  triggerName,
} from "./triggers";

/** What events are rendered with. */
export interface RenderEventsArgs extends EventSettings, Builds {
  /** Where pipelines come from: sets `triggers` and `git`. */
  library: Library;
}

export interface EventsArgs extends RenderEventsArgs {
  workplace: Workplace;
  /** Objects of programs whose accounts start nothing. @default there are none */
  others?: Manifest[];
}

/** EventListener, gate, triggers and periodics: builds begin by events, and end as one build of all architectures. */
export class Events extends pulumi.ComponentResource {
  /** The public key of this cluster's records, for a hub. */
  readonly recordKey: pulumi.Output<string>;

  /**
   * @throws UserError where builds are pushed nowhere: the gate reads what they leave in the registry; and where the cluster has
   *   nothing that holds what starts runs
   */
  constructor(name: string, args: EventsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Events", name, {}, opts);
    const { place, capabilities, settings, library, workplace, hub, spokes = [] } = args;
    requireAdmissionPolicies(capabilities, "events.enabled is true");
    const { namespace, triggers } = workplace;
    const objects = renderEvents(args);
    const held = workplace.create(renderAdmission(startedByEvents([...objects, ...(args.others ?? [])]), place), {
      parent: this,
    });
    const gate = new Gate(
      "gate",
      {
        ...place,
        image: library.images.node!,
        target: requireTarget(
          settings,
          "events.enabled is true, but images are pushed nowhere: the gate knows a build by what it leaves in the registry.",
        ),
        insecure: settings.registry?.insecure,
        credentialsSecret: settings.registry?.credentialsSecret,
        streams: renderGateStreams(args),
        ...(hub && { keysSecret: hub.secret }),
        otherKeysSecrets: spokes.map(({ secret }) => secret),
        spokes,
        eventListener: listenerUrl(place.namespace),
        reconcileSeconds: args.reconcileSeconds,
        replicas: args.replicas,
        nodes: settings.nodes,
        openshift: capabilities.openshift,
        monitoring: capabilities.monitoring,
        after: [namespace],
        triggers,
        deletedWith: namespace,
      },
      { parent: this },
    );
    this.recordKey = gate.recordKey;
    workplace.create(objects, { parent: this, dependsOn: [...triggers, ...gate.ready, ...held] });
    this.registerOutputs({});
  }
}

/** Everything but the gate. */
export function renderEvents(args: RenderEventsArgs): Manifest[] {
  const { place, library, hub, spokes = [], git } = args;
  // Before what holds the accounts to their runs is made of them.
  const set = library
    .objects(["triggers", ...(git?.enabled ? ["git"] : [])], place)
    .map((object) => offBuildNodes(object, args.settings.nodes));
  const fromAfar = hub !== undefined || spokes.length > 0;
  const common = [...renderNetworkPolicies({ fromAfar, git: git?.enabled ?? false }, place), ...renderBuilds(args)];
  return hub
    ? [...set.filter(({ metadata }) => SPOKE_OBJECTS.includes(metadata.name)), ...common]
    : [...renderRequests(set, args), renderCompositionTemplate(args.settings, place), ...common];
}

/** What of the set a spoke has: it runs what the hub asks for, and decides nothing. */
const SPOKE_OBJECTS = ["builds", "requested-build"];

/** What an event that asks for a build starts on this cluster. */
function renderBuilds(args: RenderEventsArgs): Manifest[] {
  const { place, settings, capabilities, streams, layers, hub } = args;
  const { address, secret } = hub ?? { address: listenerUrl(place.namespace), secret: KEYS_SECRET };
  const build = { ...REQUESTED, eventListener: address, signingSecret: secret };
  const ofStreams = streams.map(({ stream, plan }) => {
    const records = recordsRepository(plan.rehearsal);
    const runs = plan.architectures.map((architecture) =>
      renderPipelineRun(stream, { ...place, plan, settings, architecture, build: { ...build, records } }),
    );
    return { name: triggerName(stream), stream: STREAM_SET, version: stream.version, runs };
  });
  const ofLayers = layers.map((layer) => {
    const { architectures } = placesOf(layer, capabilities.architectures, settings);
    const records = layerRecords(layer, settings.rehearsal);
    const runs = architectures.map((architecture) => renderLayerRun(layer, architecture, args, { ...build, records }));
    const stream = layerStream(layer);
    return { name: `build-${stream}`, stream, version: layer.version, runs };
  });
  return [...ofStreams, ...ofLayers]
    .filter(({ runs }) => runs.length > 0)
    .flatMap((started) => renderBuildTrigger(started, place));
}

/** What asks for builds: Task request-build, a CronJob for each schedule, and events of Git hosts. */
function renderRequests(set: Manifest[], args: RenderEventsArgs): Manifest[] {
  const { place, capabilities, streams, library, spokes = [], git } = args;
  const keys = keysVolume(
    KEYS_SECRET,
    spokes.map(({ secret }) => secret),
  );
  const settings = requestSettings(streams, spokes, place);
  const program = renderRequestProgram(bundle("request"), settings, place);
  const planned = streams.filter(({ stream }) => stream.version in settings.versions);
  const asked = planned.map(({ stream }) => stream);
  const { openshift } = capabilities;
  return [
    ...set.map((object) => (object.metadata.name === REQUEST_PROGRAM ? withVolume(object as Task, keys) : object)),
    program,
    ...renderRequesterAccess(place),
    // Task request-build has a fixed user.
    ...(openshift ? [renderSccBinding("nonroot-v2", REQUESTER_ACCOUNT, place)] : []),
    ...renderPeriodics(asked, {
      ...{ ...place, image: library.images.node!, program, keys, openshift },
      account: REQUESTER_ACCOUNT,
    }),
    ...(git?.enabled ? renderGitEvents({ place, settings: args.settings, streams: planned, git, openshift }) : []),
  ];
}

/** The Task with a volume in place of its own of that name. */
function withVolume(task: Task, volume: { name: string }): Task {
  const volumes = task.spec.volumes?.map((own) => (own.name === volume.name ? volume : own));
  return { ...task, spec: { ...task.spec, volumes } };
}

/** What makes a build of each stream and layer complete: all architectures that the stack wants, on whichever cluster. */
export function renderGateStreams({
  capabilities,
  settings,
  streams,
  layers,
  expireAfterHours,
  hub,
}: Omit<RenderEventsArgs, "place" | "library">): GateStream[] {
  if (hub) return []; // its gate decides; ours verifies who asks
  const { rehearsal } = settings;
  const ofLayers = layers.map((layer) => {
    const places = placesOf(layer, capabilities.architectures, settings);
    return {
      stream: layerStream(layer),
      version: layer.version,
      architectures: Object.values(places).flat().sort(),
      images: [layerStream(layer)],
      label: layerStream(layer),
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
      label: stream.version,
      records: recordsRepository(plan.rehearsal),
      expireAfterHours,
      ...(stream.schedule && { intervalSeconds: longestInterval(stream.schedule) }),
      ...(settings.s3 && { bucket: settings.s3.bucket }),
      rehearsal: plan.rehearsal,
    }));
  return [...ofStreams, ...ofLayers];
}
