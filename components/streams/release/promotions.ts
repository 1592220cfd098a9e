import * as pulumi from "@pulumi/pulumi";
import type { Capabilities } from "../../clusters/cluster";
import { bundle } from "../../programs/bundle";
import { Gate } from "../../gate/gate";
import { KEYS_FILE, KEYS_SECRET, keysVolume } from "../../gate/keys";
import type { Manifest } from "../../kubernetes/object";
import type { Library } from "../../pipelines/library";
import type { Workplace } from "../../workplace/workplace";
import type { EventSettings } from "../events/settings";
import { renderNetworkPolicies } from "../events/network";
import { LISTENER_ACCOUNT, renderListenerAccess } from "../../workplace/accounts";
import { type Place } from "../../workplace/place";
import { type PeriodicJob, renderPeriodicJob } from "../events/periodics";
import { type Release, type ReleaseContext, releaseName, renderReleaseRun, RUN_TIMEOUT_SECONDS } from "./release";
import { renderRequesterAccess } from "../events/requests";
import { idIn, listenerUrl, renderSignedTrigger } from "../events/triggers";

/** The EventListener, pipelines/promotions/promotions.yaml. */
const LISTENER = "promotions";

/** What asks for releases is rendered with. */
export interface RenderPromotionsArgs {
  context: ReleaseContext;
  capabilities: Pick<Capabilities, "openshift">;
  releases: Release[];
  /** Where pipelines come from: set `promotions`. */
  library: Library;
}

export interface PromotionsArgs extends RenderPromotionsArgs, Pick<EventSettings, "replicas"> {
  workplace: Workplace;
}

/**
 * Releases begin by events: an EventListener, and a gate of its own, as the key that starts releases is not to be where
 * builds run; and CronJobs that ask.
 */
export class Promotions extends pulumi.ComponentResource {
  constructor(name: string, args: PromotionsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Promotions", name, {}, opts);
    const { context, capabilities, releases, library, replicas, workplace } = args;
    const { namespace, triggers } = workplace;
    const gate = new Gate(
      "promotions-gate",
      {
        ...placeOf(context),
        ...{ image: library.images.node!, replicas, triggers },
        after: [namespace],
        deletedWith: namespace,
        // It judges signatures alone: of this registry it asks nothing.
        target: releases[0]!.repositories.release,
        streams: [],
        eventListener: listenerUrl(context.namespace, LISTENER),
        openshift: capabilities.openshift,
      },
      { parent: this },
    );
    workplace.create(renderPromotions(args), { parent: this, dependsOn: [...triggers, ...gate.ready] });
    this.registerOutputs({});
  }
}

/** Everything but the gate. */
export function renderPromotions(args: RenderPromotionsArgs): Manifest[] {
  const { context, capabilities, releases, library } = args;
  const place = placeOf(context);
  const { openshift } = capabilities;
  const image = library.images.node!;
  const jobs = releases.flatMap((release) => renderJob(release, releases, place) ?? []);
  const metadata = { name: "request-release", ...place };
  const program = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "promote.js": bundle("promote") } };
  return [
    ...renderListenerAccess(LISTENER_ACCOUNT, ["pipelineruns"], place, openshift),
    ...library.objects(["promotions"], place),
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
