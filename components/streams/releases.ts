import * as pulumi from "@pulumi/pulumi";
import type { Cluster, Registry } from "../clusters/cluster";
import { requireFit } from "../pipelines/check-run";
import type { Library } from "../pipelines/library";
import { NowhereToRun, placeRun } from "../pipelines/place-run";
import type { PipelineRun } from "../pipelines/tekton";
import { authored } from "../kubernetes/marks";
import { renderSccBinding } from "../openshift/scc";
import { requireAdmissionPolicies } from "../workplace/admission";
import { renderRunAccount, RUN_ACCOUNT } from "../workplace/accounts";
import { renderSecrets, type SecretInputs } from "../workplace/secrets";
import { renderNetwork } from "../workplace/network";
import type { Place } from "../workplace/place";
import { renderCleanUp } from "../workplace/clean-up";
import { renderVolumesEnded } from "../workplace/volumes";
import { Workplace, type WorkplacePlatform } from "../workplace/workplace";
import { KEEP, keptRuns, type KeepSettings } from "./keep";
import type { BuildSettings } from "./settings";
import { releaseInterval, renderScheduleAdmission, renderSchedules, scheduled } from "./release/schedules";
import { type Release, type ReleaseContext, releaseLines, renderReleaseRun } from "./release/release";

export interface ReleasesArgs extends Pick<BuildSettings, "matrix" | "nodes"> {
  cluster: Cluster;
  platform: WorkplacePlatform & {
    /** The stack's registry: where it speaks plain HTTP, runs are told. @default none */
    registry?: Registry;
  };
  /** Name of the stack: label `okd-streams.io/stack` of every object. */
  stack: string;
  releases: Release[];
  /** What stays of runs. @default as many as stacks keep that do not say it */
  keep?: KeepSettings;
  /** Where pipelines come from. */
  library: Library;
  /** Secrets to create in the namespace: name → key → value. @default none */
  secrets?: SecretInputs;
}

/** A release as it comes out. */
export interface ReleaseOutput {
  name: string;
  /** What is made, what is left out and why: a sentence each. */
  plan: string[];
  /** What makes it, for `kubectl create`. @default a dry run that is left out, as its plan says */
  run?: PipelineRun;
  /** Seconds that its schedule leaves between two at most. @default it begins by nobody but users */
  intervalSeconds?: number;
}

/** Namespace of releases. Not that of builds: what builds run others wrote, and here are the keys that releases are signed with. */
export const RELEASE_NAMESPACE = "okd-release";

const SETS = ["release", "signatures", "signing", "notifications"];

/** The pipeline that makes OKD releases, with all that its runs need: account, volumes, Secrets. */
export class Releases extends pulumi.ComponentResource {
  readonly namespace: string = RELEASE_NAMESPACE;
  readonly workplace: Workplace;
  readonly releases: ReleaseOutput[];

  /** @throws UserError for faults in pipelines or images, and for schedules that nothing can hold to their runs, before anything is created */
  constructor(name: string, args: ReleasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Releases", name, {}, opts);
    const { cluster, platform, library, releases, matrix, nodes } = args;
    const { capabilities } = cluster;
    const place: Place = { namespace: RELEASE_NAMESPACE, labels: authored(args.stack) };
    const { storageClass = capabilities.storageClass } = platform;
    const pipelines = library.objects(SETS, place);
    const placement = { objects: pipelines, library, available: capabilities.architectures };
    const context: ReleaseContext = {
      ...place,
      settings: { registry: platform.registry, matrix, nodes },
      storageClass,
      placed: (run) => placeRun(run, placement),
    };
    this.releases = releases.map((release) => outputOf(release, releases, context));
    for (const { run } of this.releases) {
      if (run) requireFit(run, pipelines);
    }

    // No step is privileged; `restricted` would refuse the containers that Tekton adds to a Pod.
    this.workplace = new Workplace(this, { place, cluster, platform, nodes, podSecurity: "baseline" });
    const { workplace } = this;
    workplace.releaseClaims();
    const program = { ...place, image: library.images.node!, openshift: capabilities.openshift };
    workplace.create([
      renderRunAccount(place),
      ...renderNetwork(place, {
        openshift: capabilities.openshift,
        told: [JSON.stringify(this.releases.map(({ run }) => run))],
      }),
      ...renderCleanUp({ ...program, kept: keptRuns(args.keep ?? KEEP, {}) }),
      ...renderVolumesEnded(program),
      // Steps run as a fixed user that is not root.
      ...(capabilities.openshift ? [renderSccBinding("nonroot-v2", RUN_ACCOUNT, place)] : []),
      ...renderSecrets(args.secrets, place),
      ...pipelines,
    ]);
    const [first] = scheduled(releases);
    if (first) {
      requireAdmissionPolicies(capabilities, `release ${first.name} begins by itself`);
      const held = workplace.create(renderScheduleAdmission({ context, releases }));
      const image = library.images.node!;
      const { openshift } = capabilities;
      workplace.create(renderSchedules({ context, releases, image, openshift }), { dependsOn: held });
    }
    this.registerOutputs({ releases: this.releases });
  }
}

/** A dry run by hand that no node can run is left out; whatever begins by itself or publishes has to run. */
function outputOf(release: Release, releases: Release[], context: ReleaseContext): ReleaseOutput {
  const { name, publish, schedule, after } = release;
  const plan = releaseLines(release);
  const intervalSeconds = releaseInterval(release, releases);
  try {
    const run = renderReleaseRun(release, context);
    return { name, plan, run, ...(intervalSeconds !== undefined && { intervalSeconds }) };
  } catch (error) {
    if (!(error instanceof NowhereToRun) || publish || schedule || after) throw error;
    return { name, plan: [...plan, `release ${name}: left out: ${error.message}`] };
  }
}
