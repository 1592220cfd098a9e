import { join } from "node:path";
import type { Cluster } from "../components/clusters/cluster";
import { existingCluster } from "../components/clusters/existing";
import { readKubeconfig } from "../components/clusters/kubeconfig";
import { readImageArchives } from "../components/clusters/kind/image-archives";
import { KindCluster } from "../components/clusters/kind/kind";
import { type Images, mirrored } from "../components/pipelines/images";
import { Library } from "../components/pipelines/library";
import { connect } from "../components/kubernetes/connection";
import { findParts, type FoundParts } from "../components/platform/found";
import { registriesOf } from "../components/platform/images";
import { Platform } from "../components/platform/platform";
import { objectsOf, readManifests } from "../components/platform/manifests";
import { CoreosStreams } from "../components/streams/coreos";
import { shareSecrets } from "../components/streams/release/release";
import { Releases } from "../components/streams/releases";
import type { Configuration } from "./configuration/schema";
import { secretValues, type SecretOutputs } from "./configuration/engine";
import type { Environment } from "./environment";

/**
 * The whole stack: configuration → cluster → platform → streams → outputs.
 *
 * @returns the stack's outputs
 * @throws UserError for settings that do not fit together or to what is there, before anything is created
 */
export async function program(
  configuration: Configuration,
  environment: Environment,
): Promise<Record<string, unknown>> {
  const { stack } = environment;
  const { platform: parts, imageMirror, kvm, push, s3, matrix, rehearsal, streams, layers, releases } = configuration;
  const folder = join(environment.projectFolder, "pipelines");
  const library = new Library({ folder, images: configuration.images, imageMirror });
  const { images, published } = library;

  const { cluster, found } = await createCluster(configuration, environment, images);
  const manifests = await readManifests(parts, manifestSources(environment));
  const platform = new Platform("platform", {
    cluster,
    stack,
    parts,
    manifests,
    found,
    registry: parts.registry,
    kvmDevicePlugin: parts.kvmDevicePlugin,
    images: { registry: images.registry, kvmDevicePlugin: images["kvm-device-plugin"], busybox: images.busybox },
    nodeConfiguration: parts.nodeConfiguration,
    image: (reference) => mirrored(reference, imageMirror),
    ...(imageMirror && {
      mirror: { address: imageMirror, of: registriesOf(Object.values(published), objectsOf(manifests)) },
    }),
  });
  const secrets = shareSecrets(secretsInside(configuration), releases, matrix);
  // A stack may be a cluster alone, with Tekton to come later.
  const coreos =
    parts.tektonPipelines.mode !== "none"
      ? new CoreosStreams("coreos", {
          ...{ cluster, platform, stack, streams, layers, library },
          ...{ kvm, push, s3, matrix, rehearsal },
          secrets: secrets.builds,
          ...(configuration.events.enabled && { events: configuration.events }),
        })
      : undefined;
  const release =
    releases.length > 0
      ? new Releases("releases", {
          ...{ cluster, platform, stack, releases, library, matrix },
          secrets: secrets.releases,
          ...(configuration.events.enabled && { events: configuration.events }),
        })
      : undefined;
  const streamsAndReleases = [coreos, release].filter((it) => it !== undefined);
  platform.configureNodes(streamsAndReleases);
  platform.guard(streamsAndReleases);

  return {
    kubeconfig: cluster.kubeconfig,
    ...cluster.outputs,
    platform: platform.parts,
    registry: platform.registry,
    ...(coreos && { namespace: coreos.namespace }),
    streams: coreos?.streams ?? [],
    ...(coreos && layers.length > 0 && { layers: coreos.layers }),
    ...(release && { releases: release.releases }),
  };
}

/** Secrets for what runs in the cluster: the pull secret is its installer's. */
function secretsInside(configuration: Configuration): SecretOutputs {
  const { cluster } = configuration;
  const pullSecret = cluster.type === "moc" ? cluster.okd?.pullSecret : undefined;
  return Object.fromEntries(Object.entries(secretValues(configuration)).filter(([name]) => name !== pullSecret));
}

/** The cluster, and which parts of the platform it had before us; a new one has none. */
async function createCluster(
  configuration: Configuration,
  environment: Environment,
  images: Images,
): Promise<{ cluster: Cluster; found?: FoundParts }> {
  const { cluster: settings } = configuration;
  const { stack, preview, hostHasKvm, offlineFolder } = environment;
  switch (settings.type) {
    case "kind": {
      const { type, registryPort, ...shape } = settings;
      const cluster = new KindCluster("cluster", {
        ...shape,
        stack,
        kvm: hostHasKvm,
        architecture: process.arch === "x64" ? "amd64" : process.arch,
        registry: { port: registryPort, image: images.registry! },
        defaultNodeImage: images["kind-node"]!,
        ...(offlineFolder && { imageArchives: await readImageArchives(join(offlineFolder, "images")) }),
      });
      return { cluster };
    }
    case "existing": {
      const { type, kubeconfig = environment.kubeconfig, ...rest } = settings;
      const cluster = await existingCluster("cluster", { stack, kubeconfig, ask: !preview, ...rest });
      if (preview) return { cluster };
      return { cluster, found: await findParts(await connect(await readKubeconfig(kubeconfig, settings.context))) };
    }
    case "moc": {
      // Only here: the package of OpenStack's resources takes a second to load.
      const { mocCluster } = await import("./moc");
      const cluster = await mocCluster(configuration, settings, environment);
      // OKD on bare metal begins with nothing that a part is, storage among it; what an image brings nobody knows.
      return { cluster, ...(settings.okd && { found: {} }) };
    }
  }
}

/** A preview shows what it can: it does not wait for a network that is slow or not there. */
const PREVIEW_DEADLINE_MS = 2_000;

function manifestSources({ offlineFolder, cacheFolder, preview }: Environment): Parameters<typeof readManifests>[1] {
  return {
    cacheFolder: join(cacheFolder, "manifests"),
    ...(preview && { deadline: PREVIEW_DEADLINE_MS }),
    ...(offlineFolder && { manifestsFolder: join(offlineFolder, "manifests") }),
  };
}
