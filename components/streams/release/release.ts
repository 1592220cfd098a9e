import { otherPods } from "../../kubernetes/build-nodes";
import type { PipelineRun } from "../../pipelines/tekton";
import type { BuildSettings } from "../settings";
import { UserError } from "../../errors";
import type { Release, ReleaseSettings, Schedule } from "./schema";
import { RUN_ACCOUNT, STEP_USER } from "../../workplace/accounts";
import { runVolume } from "../../workplace/volumes";

export type { Release } from "./schema";

/** What a run of a release needs to know beside it. */
export interface ReleaseContext {
  namespace: string;
  /** Labels of everything the stack makes. */
  labels: Record<string, string>;
  settings: Pick<BuildSettings, "registry" | "matrix" | "nodes">;
  /** Sends a run to the nodes that its images exist for. @default it may run on any */
  placed?: (run: PipelineRun) => PipelineRun;
  /** Class of the volumes that runs make, where a release names none. @default the cluster's default one */
  storageClass?: string;
}

/** Runs end after this time. */
const RUN_TIMEOUT_HOURS = 6;
export const RUN_TIMEOUT_SECONDS = RUN_TIMEOUT_HOURS * 3600;

/**
 * Releases that say where payloads come from: what one takes of a payload of the stack is that payload's release, by its tag.
 * @param images of the stack's payloads, by their names
 * @throws UserError for a payload that goes nowhere
 */
export function ofPayloads(releases: ReleaseSettings[], images: ReadonlyMap<string, string>): Release[] {
  return releases.map(({ from, ...release }) => {
    if (!("payload" in from)) return { ...release, from };
    const image = images.get(from.payload);
    if (image !== undefined) return { ...release, from: { image } };
    throw new UserError(
      `releases: payload ${from.payload}, which ${release.name} is of, is pushed nowhere: name its repository, or give the stack a registry.`,
    );
  });
}

/** Name of everything that belongs to a release: its runs, its schedule. */
export function releaseName({ name }: Pick<Release, "name">): string {
  return `okd-release-${name}`;
}

/**
 * The run that makes a release: dry unless the stack says how to publish.
 * @param id what its name ends in, so that it is created once. @default one is generated
 */
export function renderReleaseRun(release: Release, context: ReleaseContext, id?: string): PipelineRun {
  const { namespace, labels, storageClass, settings } = context;
  const prefix = `${releaseName(release)}-`;
  const run: PipelineRun = {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      ...(id === undefined ? { generateName: prefix } : { name: `${prefix}${id}` }),
      namespace,
      labels: { ...labels, "okd-streams.io/release": release.name },
    },
    spec: {
      pipelineRef: { name: "okd-release-pipeline" },
      params: Object.entries(paramsOf(release, context)).map(([name, value]) => ({ name, value })),
      workspaces: [runVolume("release-binaries", { storageClass, ...release.storage })],
      timeouts: { pipeline: `${RUN_TIMEOUT_HOURS}h0m0s` },
      taskRunTemplate: {
        serviceAccountName: RUN_ACCOUNT,
        podTemplate: {
          ...otherPods(settings.nodes),
          securityContext: { fsGroup: STEP_USER, fsGroupChangePolicy: "OnRootMismatch" },
        },
      },
    },
  };
  return context.placed?.(run) ?? run;
}

/** A release in words: from where to where and when, and what is left out. */
export function releaseLines({
  name,
  from,
  target,
  repositories,
  publish,
  verdict,
  schedule,
  after,
}: Release): string[] {
  const source = "stream" in from ? `the newest accepted payload of ${from.stream}` : from.image;
  const { github, channel } = publish ?? {};
  return [
    ...(publish
      ? [
          `${source} into ${target}, published to ${repositories.release} and signed as ${publish.signing.key}`,
          github ? `GitHub release in ${github.repository}` : "left out: GitHub release (publish.github is not set)",
          channel ? `channel ${channel.imageStream}` : "left out: channel (publish.channel is not set)",
        ]
      : [`${source} into ${target}, a dry run: nothing is published (the release's publish is not set)`]),
    ...(verdict ? ["only payloads that passed their tests, as verdict.key signs"] : []),
    ...(schedule ? [`begins at ${scheduleText(schedule)}`] : []),
    ...(after ? [`begins ${after.minutes} minutes after ${after.release} has succeeded`] : []),
  ].map((text) => `release ${name}: ${text}`);
}

function scheduleText({ cron, weeks = 1, since }: Schedule): string {
  return `${cron} (UTC)${weeks > 1 ? `, in one of ${weeks} weeks` : ""}${since ? `, from ${since} on` : ""}`;
}

/**
 * A stack's Secrets, by who gets them: those that only releases use are not where builds run, those of notifications are in both.
 */
export function shareSecrets<T>(
  secrets: Record<string, T>,
  releases: Release[],
  matrix: BuildSettings["matrix"],
): { builds: Record<string, T>; releases: Record<string, T> } {
  const ofReleases = new Set(releases.flatMap(secretsOf));
  const only = (take: (name: string) => boolean): Record<string, T> =>
    Object.fromEntries(Object.entries(secrets).filter(([name]) => take(name)));
  return {
    builds: only((name) => !ofReleases.has(name) || name === matrix?.secret),
    releases: only((name) => ofReleases.has(name) || (releases.length > 0 && name === matrix?.secret)),
  };
}

function secretsOf({ publish }: Release): string[] {
  const { pushSecret, signing, github, channel } = publish ?? {};
  return [pushSecret, signing?.secret, github?.secret, channel?.secret].filter((name) => name !== undefined);
}

function paramsOf(release: Release, { settings: { registry, matrix } }: ReleaseContext): Record<string, string> {
  const { from, controller, target, upgradesFrom, repositories, signatures, verdict, publish } = release;
  const { github, channel } = publish ?? {};
  // What is empty is meant: the Pipeline's defaults are OKD's.
  const own = "image" in from;
  return {
    mode: publish ? "publish" : "dry-run",
    ...(own ? { "release-pullspec": from.image } : { "release-stream": from.stream }),
    ...((own || controller) && { "release-controller": controller ?? "" }),
    ...((own || signatures) && {
      "signature-store": signatures?.store ?? "",
      "gpg-public-key-url": signatures?.key ?? "",
    }),
    ...(verdict && {
      "test-verdict-key": verdict.key,
      ...(verdict.tests && { "test-verdict-tests": verdict.tests.join(" ") }),
      ...(verdict.repository && { "test-verdict-repository": verdict.repository }),
    }),
    "target-release-stream": target,
    ...(upgradesFrom && { "upgrade-streams": upgradesFrom.join(" ") }),
    "release-imagestream": channel?.imageStream ?? "",
    "content-mirror-pushspec": repositories.content,
    "release-mirror-pushspec": repositories.release,
    ...(registry?.insecure && { "insecure-registries": registry.address.split("/")[0]! }),
    ...(publish && {
      "image-push-secret-name": publish.pushSecret,
      "gpg-key-id": publish.signing.key,
      "gpg-signing-key": publish.signing.secret,
    }),
    ...(github && {
      "github-org-repo": github.repository,
      "github-app-id": github.app,
      "github-app-installation-id": github.installation,
      "githubapp-secret-name": github.secret,
      "is-release-latest": String(github.latest ?? false),
      ...(github.api && { "github-api": github.api }),
    }),
    ...(channel && {
      "ci-cluster": channel.cluster,
      "ci-cluster-secret-name": channel.secret,
      "oc-project": channel.project ?? "origin",
    }),
    ...(matrix && {
      "enable-notifications": "true",
      "matrix-room": matrix.room,
      "matrix-endpoint": matrix.endpoint,
      "matrix-secret": matrix.secret,
    }),
  };
}
