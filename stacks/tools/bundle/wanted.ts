import { normalized } from "../../../components/image-reference";
import type { Manifest } from "../../../components/kubernetes/object";
import type { Library } from "../../../components/pipelines/library";
import { pulledReferences } from "../../../components/platform/images";
import type { Configuration } from "../../configuration/schema";
import type { RecordedResource } from "../../preview/recorded";

type Resource = Pick<RecordedResource, "type" | "inputs">;
type Settings = Pick<Configuration, "imageMirror" | "platform">;

/**
 * Every image that a stack pulls, as it is published. What a machine of the stack puts into a registry of its own is not among
 * them.
 */
export function wantedImages(
  resources: Resource[],
  library: Pick<Library, "images">,
  { imageMirror, platform }: Settings,
): string[] {
  const references = pulledImages(resources, library, platform).map((reference) => published(reference, imageMirror));
  return [...new Set(references)].filter((it) => !/^(localhost|127\.0\.0\.1)[:/]/.test(normalized(it))).sort();
}

/**
 * Every image that a stack pulls, as it names them: those that its objects name, anywhere in them those of the library, and those
 * that its cluster is made of.
 */
export function pulledImages(
  resources: Resource[],
  { images }: Pick<Library, "images">,
  { kvmDevicePlugin }: Pick<Settings["platform"], "kvmDevicePlugin">,
): string[] {
  const objects = resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ inputs }) => inputs as Manifest);
  const text = JSON.stringify(objects);
  const mentioned = Object.values(images).filter((reference) => text.includes(reference));
  const ofCluster = resources.flatMap(({ inputs: { image, nodeImage, defaultNodeImage }, type }) => {
    if (type.endsWith(":KindNodes")) return [nodeImage ?? defaultNodeImage];
    return type.endsWith(":KindRegistry") ? [image] : [];
  }) as string[];
  // Whether nodes have KVM is known on the machine that will use them.
  const ofNodes = kvmDevicePlugin === "none" ? [] : [images["kvm-device-plugin"]!];
  return [...new Set([...pulledReferences(objects), ...mentioned, ...ofCluster, ...ofNodes])];
}

/** A reference as it was before it was `mirrored`. */
export function published(reference: string, mirror: string | undefined): string {
  const prefix = mirror && `${mirror.replace(/\/+$/, "")}/`;
  return prefix && reference.startsWith(prefix) ? reference.slice(prefix.length) : reference;
}
