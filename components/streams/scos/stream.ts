import { UserError } from "../../errors";
import { isOlder } from "../../versions";
import type { Recipe, Stream } from "./schema";

export type { Recipe, Stream } from "./schema";

/** Variants by the first version of OKD that is built on them: c9s ended with 4.20. */
const VARIANTS: [from: string, variant: string][] = [
  ["4.21", "c10s"],
  ["4.19", "c9s"],
  ["0.0", "okd-c9s"],
];

/** The variant that a version is built on upstream. */
export function variantOf(version: string): string {
  return VARIANTS.find(([from]) => !isOlder(version, from))![1];
}

/** A stream with what its version decides. */
export type SettledStream = Stream & { variant: string; recipe: Recipe };

/** What a stream leaves to its version, written out. RPMs are built on CentOS Stream 10 alone. */
export function settled(stream: Stream): SettledStream {
  const { version, recipe = recipeOf(version), variant = variantOf(version) } = stream;
  const rpmsFrom = stream.rpmsFrom ?? (recipe === "base-node" && variant === "c10s" ? { build: true } : undefined);
  return { ...stream, recipe, variant, ...(rpmsFrom && { rpmsFrom }) };
}

/** The recipe that a version is built by: openshift/os holds manifests up to release-4.18. */
export function recipeOf(version: string): Recipe {
  return isOlder(version, "4.19") ? "one-stage" : "base-node";
}

/** Name of everything that belongs to a stream on one architecture: its runs are called after it, `okd-coreos-4-20-amd64-…`. */
export function streamName({ version }: Pick<Stream, "version">, architecture: string): string {
  return `okd-coreos-${version.replace(".", "-")}-${architecture}`;
}

/** Architectures as the kernel names them, by their names in Kubernetes. */
const MACHINES: Record<string, string> = { amd64: "x86_64", arm64: "aarch64", ppc64le: "ppc64le", s390x: "s390x" };

/** An architecture as `uname -m` says it. */
export function machineOf(architecture: string): string {
  return MACHINES[architecture] ?? architecture;
}

/** Moving tag of a stream's images on one architecture, as the pipeline pushes it: `4.20-x86_64`. */
export function imageTag({ version }: Pick<Stream, "version">, architecture: string, rehearsal: boolean): string {
  return `${version}-${machineOf(architecture)}${rehearsal ? "-rehearsal" : ""}`;
}

/** Repository of the records that runs leave for the gate; a rehearsal's are no real ones. */
export function recordsRepository(rehearsal: boolean): string {
  return `okd-coreos-records${rehearsal ? "-rehearsal" : ""}`;
}

/**
 * @throws UserError for streams that cannot stand beside each other, or lack what their recipe needs: two of one
 *   version would share their runs' names and tags
 */
export function requireSoundStreams(streams: Stream[]): void {
  for (const [index, stream] of streams.entries()) {
    const { version, recipe, variant, base, rpmsFrom } = settled(stream);
    if (streams.findIndex((stream) => stream.version === version) < index) {
      throw new UserError(`streams[${index}].version: ${version} is there already; a stack builds a version once.`);
    }
    if (recipe === "base-node" && !base) {
      throw new UserError(
        `streams[${index}].base: ${version} is layered on a base image; name its repository and branch.`,
      );
    }
    if (rpmsFrom && "build" in rpmsFrom && rpmsFrom.build && (recipe !== "base-node" || variant !== "c10s")) {
      throw new UserError(
        `streams[${index}].rpmsFrom.build: RPMs are built on CentOS Stream 10 alone, and ${version} is built on ${variant}; name an image or a Secret.`,
      );
    }
  }
}
