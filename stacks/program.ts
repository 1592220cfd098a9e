import * as pulumi from "@pulumi/pulumi";
import { join } from "node:path";
import { isDelivered } from "../components/delivery/delivered";
import { Delivery } from "../components/delivery/delivery";
import { UserError } from "../components/errors";
import { mirrored } from "../components/image-reference";
import { Library } from "../components/pipelines/library";
import { registriesOf } from "../components/platform/images";
import { requireManifests } from "../components/platform/decide";
import { Platform } from "../components/platform/platform";
import { objectsOf, readManifests } from "../components/platform/manifests";
import { ownSecrets, testSecrets } from "../components/streams/certification/run";
import { Collection, collectionSettings, collects } from "../components/streams/collection";
import { Certifications } from "../components/streams/certifications";
import { CoreosStreams } from "../components/streams/coreos";
import { type Layer, releaseOf } from "../components/streams/layers/layer";
import { ofPayloads, shareSecrets } from "../components/streams/release/release";
import { payloadSecrets, releaseOf as payloadRelease } from "../components/streams/payload/payload";
import { Payloads } from "../components/streams/payloads";
import { Releases } from "../components/streams/releases";
import { pushTarget } from "../components/streams/settings";
import { StatusPage } from "../components/streams/status/status-page";
import { kindOf } from "./clusters/kinds";
import { secretValues, type SecretOutputs } from "./configuration/engine";
import type { Configuration } from "./configuration/schema";
import { type Environment, manifestPlaces } from "./environment";

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
  const {
    platform: parts,
    imageMirror,
    kvm,
    push,
    s3,
    matrix,
    rehearsal,
    streams,
    layers,
    payloads,
    operators,
    certifications,
    upgradeTests,
    delivery,
    keep,
    builds: nodes,
  } = configuration;
  const folder = join(environment.projectFolder, "pipelines");
  const library = new Library({ folder, images: configuration.images, imageMirror });
  const { images, published } = library;

  const kind = kindOf(configuration.cluster);
  const values = secretValues(configuration);
  const image = (reference: string) => mirrored(reference, imageMirror);
  const context = { environment, platform: parts, images, image, secrets: values };
  const manifests = await readManifests(parts, manifestPlaces(environment));
  if (kind.startsEmpty && !pulumi.runtime.isDryRun()) requireManifests(parts, manifests, stack);
  const { cluster, found } = await kind.create(configuration.cluster, context);
  const platform = new Platform("platform", {
    cluster,
    stack,
    parts,
    manifests,
    found,
    registry: parts.registry,
    kvmDevicePlugin: parts.kvmDevicePlugin,
    images: { registry: images.registry!, kvmDevicePlugin: images["kvm-device-plugin"]!, busybox: images.busybox! },
    nodeConfiguration: parts.nodeConfiguration,
    whole: environment.whole,
    ...(delivery.by === "argocd" && { delivered: isDelivered }),
    image,
    ...(imageMirror && {
      mirror: { address: imageMirror, of: registriesOf(Object.values(published), objectsOf(manifests)) },
    }),
  });
  const ofInstaller = kind.installerSecrets?.(configuration.cluster) ?? [];
  const inside = without(values, ofInstaller);
  const payloadImages = payloads.flatMap((payload) => {
    const target = payload.repository ?? pushTarget({ push, registry: platform.registry });
    return target === undefined ? [] : [[payload.name, payloadRelease(payload, target).image] as const];
  });
  const releases = ofPayloads(configuration.releases, new Map(payloadImages));
  const tests = [...certifications, ...upgradeTests];
  const secrets = shareSecrets(without(inside, ownSecrets(tests)), releases, matrix);
  // A stack may be a cluster alone, with Tekton to come later.
  const coreos =
    parts.tektonPipelines.mode !== "none"
      ? new CoreosStreams("coreos", {
          ...{ cluster, platform, stack, streams, library, keep, nodes },
          layers: layers.map((layer) => throughMirror(layer, imageMirror)),
          ...{ kvm, push, s3, matrix, imageMirror, rehearsal },
          secrets: secrets.builds,
          ...(configuration.events.enabled && { events: configuration.events }),
        })
      : undefined;
  const release =
    releases.length > 0
      ? new Releases("releases", {
          ...{ cluster, platform, stack, releases, library, matrix, keep, nodes },
          secrets: secrets.releases,
        })
      : undefined;
  const payload =
    payloads.length + operators.length > 0
      ? new Payloads("payloads", {
          ...{ cluster, platform, stack, payloads, operators, library, matrix, push, keep, nodes },
          secrets: payloadSecrets(inside, [...payloads, ...operators], { registry: platform.registry, matrix }),
        })
      : undefined;
  const certification =
    tests.length > 0
      ? new Certifications("certifications", {
          ...{ cluster, platform, stack, certifications, upgradeTests, library, matrix, keep, nodes },
          secrets: testSecrets(inside, tests, { registry: platform.registry, matrix }),
        })
      : undefined;
  const streamsAndReleases = [coreos, release, payload, certification].filter((it) => it !== undefined);
  const made = {
    streams: coreos?.streams ?? [],
    ...(coreos && layers.length > 0 && { layers: coreos.layers }),
    ...(release && { releases: release.releases }),
    ...(payload && { payloads: payload.payloads, operators: payload.operators }),
    ...(certification && { certifications: certification.certifications, upgradeTests: certification.upgradeTests }),
  };
  const others = [release, payload, certification].flatMap((it) => it?.workplace ?? []);
  const inCluster = { image: library.images.node!, openshift: cluster.capabilities.openshift };
  if (coreos && configuration.events.enabled) {
    new StatusPage("status", { ...{ stack, made, others }, ...inCluster, home: coreos.workplace });
  }
  const { enabled, hub } = configuration.events;
  const external = parts.registry.mode === "external";
  if (coreos && collects(coreos.builds, keep, { external, spoke: enabled && hub !== undefined, payloads })) {
    const named = [made, payloads, configuration.releases, certifications, upgradeTests];
    new Collection("collection", {
      ...{ home: coreos.workplace, others },
      settings: collectionSettings(coreos.builds, keep, named, { payloads, tests }),
      credentialsSecret: platform.registry.credentialsSecret,
      ...inCluster,
    });
  }
  if (delivery.by === "argocd" && streamsAndReleases.length > 0) {
    new Delivery("delivery", {
      ...{ cluster, stack, repository: delivery.repository!, revision: delivery.revision },
      path: delivery.path ?? `rendered/${stack}`,
      argoCdNamespace: requireArgoCd(platform),
      namespaces: streamsAndReleases.map(({ namespace }) => namespace),
      after: streamsAndReleases,
    });
  }
  platform.configureNodes(streamsAndReleases);
  platform.guard(streamsAndReleases);

  return {
    kubeconfig: cluster.kubeconfig,
    ...cluster.outputs,
    platform: platform.parts,
    registry: platform.registry,
    ...(coreos && { namespace: coreos.namespace }),
    ...(coreos?.recordKey && { recordKey: coreos.recordKey }),
    ...made,
  };
}

function requireArgoCd({ argoCdNamespace }: Platform): string {
  if (argoCdNamespace !== undefined) return argoCdNamespace;
  throw new UserError("delivery.by is argocd, but there is no Argo CD: set platform.argoCd.mode to install.");
}

/** Secrets for what runs in the cluster. */
function without(secrets: SecretOutputs, names: string[]): SecretOutputs {
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => !names.includes(name)));
}

/** A layer whose base, or the release that has it, is pulled through the mirror. */
function throughMirror(layer: Layer, mirror: string | undefined): Layer {
  const { base } = layer;
  if (base === undefined) return layer;
  const release = releaseOf(layer);
  return {
    ...layer,
    base: typeof base === "string" ? mirrored(base, mirror) : { ...base, release: mirrored(release!.image, mirror) },
  };
}
