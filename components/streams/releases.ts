import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Cluster, type Registry, requireFreeNamespaces } from "../clusters/cluster";
import { KubernetesObject } from "../kubernetes/object";
import { requireFit } from "../pipelines/check-run";
import { type Images, loadImages, resolveImages } from "../pipelines/images";
import { preparePipelines } from "../pipelines/prepare";
import type { PipelineRun } from "../pipelines/tekton";
import { authored } from "../kubernetes/marks";
import { renderSccBinding } from "../openshift/scc";
import {
  type Place,
  renderClaim,
  renderNamespace,
  renderRunAccount,
  renderSecrets,
  type SecretInputs,
} from "../workplace/accounts";
import { createClaims } from "../workplace/claims-released";
import type { EventSettings } from "./events/events";
import type { StreamSettings } from "./scos/plan";
import { RUN_ACCOUNT } from "./scos/run";
import { Promotions } from "./release/promotions";
import { type Release, releaseLines, releaseName, renderReleaseRun } from "./release/release";

export interface ReleasesArgs extends Pick<StreamSettings, "matrix"> {
  cluster: Cluster;
  platform: {
    /** What has to be there before Tekton takes objects: its definitions, and webhooks that answer. */
    tekton: pulumi.Resource[];
    /** Class of volumes. @default the cluster's default one */
    storageClass?: string;
    /** What namespaces with claims wait for, and what waits for them to be removed. @default nothing */
    storage?: pulumi.Resource[];
    /** What objects of Tekton Triggers wait for. @default as `tekton` */
    triggers?: pulumi.Resource[];
    /** The stack's registry: where it speaks plain HTTP, runs are told. @default none */
    registry?: Registry;
  };
  /** Name of the stack: label `okd-streams.io/stack` of every object. */
  stack: string;
  releases: Release[];
  /** Folder with `images.yaml`, `privileged.yaml` and the pipeline sets. */
  pipelines: string;
  /** References that take the place of those in `images.yaml`, by their names there. @default none */
  images?: Images;
  /** Registry (and path) that holds all other images under their full names. @default each from its own registry */
  imageMirror?: string;
  /** Releases begin by events, and at their times. @default a run begins when somebody creates it */
  events?: Pick<EventSettings, "replicas">;
  /** Secrets to create in the namespace: name → key → value. @default none */
  secrets?: SecretInputs;
}

/** A release as it comes out. */
export interface ReleaseOutput {
  name: string;
  /** What is made, what is left out and why: a sentence each. */
  plan: string[];
  /** What makes it, for `kubectl create`. */
  run: PipelineRun;
}

/** Namespace of releases. Not that of builds: what builds run others wrote, and here are the keys that releases are signed with. */
export const RELEASE_NAMESPACE = "okd-release";

const SETS = ["release", "notifications"];

/** The pipeline that makes OKD releases, with all that its runs need: account, volumes, Secrets. */
export class Releases extends pulumi.ComponentResource {
  readonly releases: ReleaseOutput[];

  /** @throws UserError for faults in pipelines or images, before anything is created */
  constructor(name: string, args: ReleasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Releases", name, {}, opts);
    const { cluster, platform, pipelines: folder, images, imageMirror, releases, matrix } = args;
    const place: Place = { namespace: RELEASE_NAMESPACE, labels: authored(args.stack) };
    const pipelines = preparePipelines({ folder, sets: SETS, images, imageMirror, ...place });
    const { storageClass = cluster.capabilities.storageClass } = platform;
    const context = { ...place, settings: { registry: platform.registry, matrix } };
    this.releases = releases.map((release) => ({
      name: release.name,
      plan: releaseLines(release),
      run: renderReleaseRun(release, context),
    }));
    for (const { run } of this.releases) {
      requireFit(run, pipelines);
    }

    const options = { parent: this, provider: cluster.provider };
    // No step is privileged; `restricted` would refuse the containers that Tekton adds to a Pod.
    const manifest = renderNamespace(place, "baseline");
    requireFreeNamespaces(cluster, [manifest]);
    const namespace = new KubernetesObject(manifest, {
      ...options,
      dependsOn: [...platform.tekton, ...(platform.storage ?? [])],
      deletedWith: cluster.resource,
    });
    const claims = releases.map((release) => {
      const labels = { "okd-streams.io/release": release.name };
      const storage = { storageClass, size: "4Gi", ...release.storage };
      return renderClaim({ name: releaseName(release), labels, ...storage }, place);
    });
    createClaims(claims, { name: place.namespace, namespace, cluster, parent: this });
    for (const object of [
      renderRunAccount(place),
      // Steps run as a fixed user that is not root.
      ...(cluster.capabilities.openshift ? [renderSccBinding("nonroot-v2", RUN_ACCOUNT, place)] : []),
      ...renderSecrets(args.secrets, place),
      ...pipelines,
    ]) {
      new KubernetesObject(object, { ...options, dependsOn: [namespace], deletedWith: namespace });
    }
    if (args.events) {
      const { node } = resolveImages(loadImages(join(folder, "images.yaml")), images, imageMirror);
      new Promotions(
        "promotions",
        {
          ...{ context, cluster, releases, pipelines: folder, image: node!, namespace },
          ...{ triggers: platform.triggers ?? platform.tekton, replicas: args.events.replicas },
        },
        options,
      );
    }
    this.registerOutputs({ releases: this.releases });
  }
}
