import { join } from "node:path";
import { type Images, imagesOf } from "../../components/pipelines/images";
import type { Library } from "../../components/pipelines/library";
import { loadPipelines } from "../../components/pipelines/load";
import { mirrored } from "../../components/image-reference";
import { pipelinesOf, tasksOf } from "../../components/pipelines/source";
import { pulledReferences, registryOf } from "../../components/platform/images";
import { type ManifestAddress, type Manifests, wantedParts } from "../../components/platform/manifests";
import { PARTS } from "../../components/platform/parts";
import { rpmTable } from "../../components/streams/scos/rpms";
import type { Configuration } from "../configuration/schema";
import { platformName } from "./download";
import { kind, kubernetesPlugin, pulumi } from "./pins";
import type { Source } from "./reach";

/** The sets whose runs build an operating system, and those that release OKD: what each asks for beside images. */
const SETS = {
  builds: ["coreos", "rpms", "layering", "multi-arch", "notifications", "triggers"],
  releases: ["release"],
} as const;

/** Images that are the platform's own, by their names in `images.yaml`: nodes or the engine pull them, no run does. */
const PLATFORM_IMAGES = ["kind-node", "registry", "busybox", "kvm-device-plugin"];
/** And one that runs as well as steps do: the gate's. */
const OF_EVENTS = "node";

/** Programs that a machine without any fetches. */
export function toolSources(platform = platformName()): Record<"kind" | "pulumi" | "kubernetesPlugin", Source[]> {
  return {
    kind: [{ url: kind.url(platform), serves: "kind" }],
    pulumi: [{ url: pulumi.url(platform), serves: "Pulumi" }],
    kubernetesPlugin: [
      { url: kubernetesPlugin.url(platform), serves: "Pulumi's Kubernetes plugin" },
      { url: kubernetesPlugin.spare(platform), serves: "Pulumi's Kubernetes plugin", spare: true },
    ],
  };
}

/** Where manifests of the platform's parts are. */
export function manifestSources(addresses: ManifestAddress[]): Source[] {
  return addresses.map(({ part, url }) => ({ url, serves: `manifests of ${PARTS[part].title}` }));
}

/**
 * The registries that `up` pulls from.
 * @param manifests what will be installed, as far as it was read; for the rest stands what its version is known to name
 */
export function imageSources(
  { platform, imageMirror, cluster, events }: Pick<Configuration, "platform" | "imageMirror" | "cluster" | "events">,
  images: Images,
  manifests: Manifests = {},
): Source[] {
  const ofPlatform = PLATFORM_IMAGES.filter((name) => name !== "kind-node" || cluster?.type === "kind");
  const own = [...ofPlatform, ...(events.enabled ? [OF_EVENTS] : [])].map((name) => fromRegistry(images[name]!, name));
  const ofParts = wantedParts(platform).flatMap((name) => {
    const { title, registries } = PARTS[name];
    const objects = manifests[name]?.objects;
    const references = objects ? pulledReferences(objects) : registries.map((registry) => `${registry}/image`);
    return references.map((reference) => fromRegistry(mirrored(reference, imageMirror), `images of ${title}`));
  });
  // What a registry on this machine has was put there.
  return withoutRepetitions([...own, ...ofParts]).filter(({ url }) => new URL(url).hostname !== "localhost");
}

/**
 * What runs ask for: images of their steps, the addresses that Pipelines have by default, the stack's sources, and what
 * these name in turn, as far as it is known.
 */
export function runSources(
  set: keyof typeof SETS,
  { streams, layers }: Pick<Configuration, "streams" | "layers">,
  library: Pick<Library, "folder" | "images" | "data">,
): Source[] {
  const sources = loadPipelines(SETS[set].map((name) => join(library.folder, name)));
  const images = new Set(tasksOf(sources).flatMap(({ object }) => imagesOf(object).map(({ image }) => image)));
  const ofSteps = [...images].sort().map((name) => fromRegistry(library.images[name]!, name));
  const defaults = pipelinesOf(sources).flatMap(({ object }) =>
    (object.spec.params ?? []).flatMap(({ name, default: value }) =>
      typeof value === "string" && value.startsWith("https://") ? [{ url: value, serves: name }] : [],
    ),
  );
  if (set === "releases") return withoutRepetitions([...ofSteps, ...defaults]);
  const rows = library.data("rpms", "rpms.yaml", rpmTable);
  const repositories = streams
    .flatMap(({ base, node }) => [base?.repository, node.repository])
    .filter((url): url is string => url?.startsWith("https://") ?? false);
  const git = [...repositories, ...rows.map(({ repository }) => repository)].map((url) => ({ url, serves: "sources" }));
  const named = [...streams.flatMap(namedByStream), ...layers.flatMap(namedByLayer)];
  return withoutRepetitions([...ofSteps, ...defaults, ...git, ...named, ...UPSTREAM]);
}

function namedByStream({ rpmsFrom, builderImage }: Configuration["streams"][number]): Source[] {
  const images = [builderImage, rpmsFrom && "image" in rpmsFrom ? rpmsFrom.image : undefined];
  return images.flatMap((image) => (image === undefined ? [] : fromRegistry(image, "bases and builders")));
}

function namedByLayer({ name, base, repositories }: Configuration["layers"][number]): Source[] {
  // A release that is no reference is one of OKD's.
  const image = typeof base === "string" ? base : base?.release.includes("/") ? base.release : undefined;
  const addresses = repositories.flatMap(({ baseUrl, gpgKey = "" }) => [baseUrl, gpgKey]);
  return [
    ...(image === undefined ? [] : [fromRegistry(image, `base of layer ${name}`)]),
    ...addresses
      .filter((address) => address.startsWith("http"))
      .map((address) => ({ url: `${new URL(address).origin}/`, serves: `packages of layer ${name}` })),
  ];
}

/**
 * What upstream's sources name in their own files, of which a Task learns only while it runs (read in 2026-11): images to
 * build in and on, packages of CentOS Stream and its SIGs, and what spec files of RPMs require.
 */
const UPSTREAM: Source[] = [
  { url: "https://quay.io/v2/", serves: "bases and builders" },
  { url: "https://registry.access.redhat.com/v2/", serves: "bases of build stages" },
  { url: "https://mirror.stream.centos.org/", serves: "packages" },
  { url: "https://composes.stream.centos.org/", serves: "packages of node images" },
  { url: "https://mirrors.centos.org/", serves: "packages of RPM builds" },
  { url: "https://mirrors.fedoraproject.org/", serves: "EPEL, for RPM builds" },
  { url: "https://proxy.golang.org/", serves: "Go modules and toolchains, for RPM builds" },
  { url: "https://sum.golang.org/", serves: "their checksums" },
];

/** Hosts that hand out what another is asked for, by their own account: a firewall has to know both. */
const HANDS_OUT: Readonly<Record<string, string[]>> = {
  "cgr.dev": ["*.r2.cloudflarestorage.com"],
  "ghcr.io": ["pkg-containers.githubusercontent.com"],
  "github.com": ["release-assets.githubusercontent.com"],
  "proxy.golang.org": ["storage.googleapis.com"],
  "public.ecr.aws": ["*.cloudfront.net"],
  "quay.io": ["*.quay.io"],
  "registry-1.docker.io": ["auth.docker.io", "*.cloudflare.docker.com", "*.r2.cloudflarestorage.com"],
  "registry.access.redhat.com": ["*.quay.io"],
};

/** The hosts to let through, sorted: those that are asked, and those that they send on to. */
export function hostsOf(sources: Source[]): string[] {
  const asked = sources.map(({ url }) => new URL(url).host);
  return [...new Set(asked.flatMap((host) => [host, ...(HANDS_OUT[host] ?? [])]))].sort();
}

/** A registry by an image in it; Docker Hub's own name is not that of its registry. */
function fromRegistry(reference: string, serves: string): Source {
  const registry = registryOf(reference);
  return { url: `https://${registry === "docker.io" ? "registry-1.docker.io" : registry}/v2/`, serves };
}

/** One entry for each address. */
function withoutRepetitions(sources: Source[]): Source[] {
  const byUrl = new Map<string, Set<string>>();
  for (const { url, serves } of sources) byUrl.set(url, (byUrl.get(url) ?? new Set()).add(serves));
  return [...byUrl].map(([url, serves]) => ({ url, serves: [...serves].join(", ") }));
}
