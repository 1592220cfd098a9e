import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../../clusters/cluster";
import { bundle } from "../../programs/bundle";
import { Gate } from "../../gate/gate";
import { KEYS_FILE, KEYS_SECRET, keysVolume } from "../../gate/keys";
import { KubernetesObject, type Manifest } from "../../kubernetes/object";
import { loadPipelines } from "../../pipelines/load";
import { prepare } from "../../pipelines/prepare";
import type { EventSettings } from "../events/events";
import { renderNetworkPolicies } from "../events/network";
import { LISTENER_ACCOUNT, type Place, renderListenerAccess } from "../../workplace/accounts";
import { type PeriodicJob, renderPeriodicJob } from "../events/periodics";
import { type Release, type ReleaseContext, releaseName, renderReleaseRun, RUN_TIMEOUT_SECONDS } from "./release";
import { renderRequesterAccess } from "../events/requests";
import { idIn, listenerUrl, renderSignedTrigger } from "../events/triggers";

/** The EventListener, pipelines/promotions/promotions.yaml. */
const LISTENER = "promotions";

export interface PromotionsArgs extends Pick<EventSettings, "replicas"> {
  context: ReleaseContext;
  cluster: Cluster;
  releases: Release[];
  /** Folder of the pipeline sets, with `promotions`. */
  pipelines: string;
  /** Reference of a plain Node image. */
  image: string;
  /** What objects of Tekton Triggers wait for. */
  triggers: pulumi.Resource[];
  namespace: pulumi.Resource;
}

/**
 * Releases begin by events: an EventListener, and a gate of its own, as the key that starts releases is not to be where
 * builds run; and CronJobs that ask.
 */
export class Promotions extends pulumi.ComponentResource {
  constructor(name: string, args: PromotionsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Promotions", name, {}, opts);
    const { context, cluster, releases, image, replicas, triggers, namespace } = args;
    const deletedWith = namespace;
    const gate = new Gate(
      "promotions-gate",
      {
        ...placeOf(context),
        ...{ image, replicas, triggers, deletedWith },
        after: [namespace],
        // It judges signatures alone: of this registry it asks nothing.
        target: releases[0]!.repositories.release,
        streams: [],
        eventListener: listenerUrl(context.namespace, LISTENER),
        openshift: cluster.capabilities.openshift,
      },
      { parent: this },
    );
    for (const object of renderPromotions(args)) {
      const dependsOn = [namespace, ...triggers, ...gate.ready];
      new KubernetesObject(object, { parent: this, dependsOn, deletedWith });
    }
    this.registerOutputs({});
  }
}

/** Everything but the gate. */
export function renderPromotions(args: Omit<PromotionsArgs, "triggers" | "namespace" | "replicas">): Manifest[] {
  const { context, cluster, releases, pipelines, image } = args;
  const place = placeOf(context);
  const { openshift } = cluster.capabilities;
  const jobs = releases.flatMap((release) => renderJob(release, releases, place) ?? []);
  const metadata = { name: "request-release", ...place };
  const program = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "promote.js": bundle("promote") } };
  return [
    ...renderListenerAccess(LISTENER_ACCOUNT, ["pipelineruns"], place, openshift),
    ...loadPipelines([join(pipelines, "promotions")]).map(({ object }) => prepare(object, { ...place, images: {} })),
    ...renderNetworkPolicies({ fromAfar: false, git: false }, place),
    ...releases.flatMap((release) =>
      renderSignedTrigger(
        {
          ...{ name: releaseName(release), listener: LISTENER, binding: "requested-release" },
          type: "promotion-requested",
          filter: [`has(body.release) && body.release == '${release.name}'`, idIn("body.id")],
          params: [{ name: "id", description: "What the run's name ends in" }],
          runs: [renderReleaseRun(release, context, "$(tt.params.id)")],
        },
        place,
      ),
    ),
    ...(jobs.length > 0 ? [program, ...renderRequesterAccess(place)] : []),
    ...jobs.map((job) =>
      renderPeriodicJob(job, { ...place, image, program, keys: keysVolume(KEYS_SECRET, []), openshift }),
    ),
  ];
}

/** The CronJob of a release that is asked for by itself: at a time of its own, or of the one that it comes after. */
function renderJob(release: Release, releases: Release[], { namespace }: Place): PeriodicJob | undefined {
  const { name, after } = release;
  const schedule = release.schedule ?? releases.find((other) => other.name === after?.release)?.schedule;
  if (!schedule) return undefined;
  const { cron, weeks = 1, since } = schedule;
  return {
    ...{ name: releaseName(release), schedule: cron },
    labels: { "okd-streams.io/release": name },
    args: ["/program/promote.js"],
    environment: {
      ...{
        EVENT_LISTENER: listenerUrl(namespace, LISTENER),
        KEYS_FILE,
        RELEASE: name,
        RUN: releaseName(release),
      },
      ...{ WEEKS: String(weeks), ...(since && { SINCE: since }) },
      ...(after && { AFTER: releaseName({ name: after.release }), MINUTES: String(after.minutes) }),
    },
    ...(after && { seconds: RUN_TIMEOUT_SECONDS + after.minutes * 60 + 3600 }),
  };
}

function placeOf({ namespace, labels }: ReleaseContext): Place {
  return { namespace, labels };
}
