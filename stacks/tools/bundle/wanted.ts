import { normalized } from "../../../components/image-reference";
import type { Manifest } from "../../../components/kubernetes/object";
import type { Library } from "../../../components/pipelines/library";
import { pulledReferences } from "../../../components/platform/images";
import type { Configuration } from "../../configuration/schema";
import type { RecordedResource } from "../../preview/recorded";

/**
 * Every image that a stack pulls, as it is published: those that its objects name, anywhere in them those of the library, and
 * those that its cluster is made of. What a machine of the stack puts into a registry of its own is not among them.
 */
export function wantedImages(
  resources: Pick<RecordedResource, "type" | "inputs">[],
  { images }: Pick<Library, "images">,
  { imageMirror, platform }: Pick<Configuration, "imageMirror" | "platform">,
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
  const ofNodes = platform.kvmDevicePlugin === "none" ? [] : [images["kvm-device-plugin"]!];
  const all = [...pulledReferences(objects), ...mentioned, ...ofCluster, ...ofNodes];
  const references = new Set(all.map((reference) => published(reference, imageMirror)));
  return [...references].filter((it) => !/^(localhost|127\.0\.0\.1)[:/]/.test(normalized(it))).sort();
}

/** A reference as it was before it was `mirrored`. */
export function published(reference: string, mirror: string | undefined): string {
  const prefix = mirror && `${mirror.replace(/\/+$/, "")}/`;
  return prefix && reference.startsWith(prefix) ? reference.slice(prefix.length) : reference;
}
