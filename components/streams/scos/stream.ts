import { UserError } from "../../errors";
import type { Recipe, Stream } from "./schema";

export type { Recipe, Stream } from "./schema";

/** The recipe that a version is built by: openshift/os holds manifests up to release-4.18. */
export function recipeOf(version: string): Recipe {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 4 || (major === 4 && minor >= 19) ? "base-node" : "one-stage";
}

/** Name of everything that belongs to a stream on one architecture: its volume `okd-coreos-4-20-amd64`, its runs. */
export function streamName({ version }: Pick<Stream, "version">, architecture: string): string {
  return `okd-coreos-${version.replace(".", "-")}-${architecture}`;
}

/** Architectures as the kernel names them, by their names in Kubernetes. */
const MACHINES: Record<string, string> = { amd64: "x86_64", arm64: "aarch64", ppc64le: "ppc64le", s390x: "s390x" };

/** Moving tag of a stream's images on one architecture, as the pipeline pushes it: `4.20-x86_64`. */
export function imageTag({ version }: Pick<Stream, "version">, architecture: string, rehearsal: boolean): string {
  return `${version}-${MACHINES[architecture] ?? architecture}${rehearsal ? "-rehearsal" : ""}`;
}

/** Repository of the records that runs leave for the gate; a rehearsal's are no real ones. */
export function recordsRepository(rehearsal: boolean): string {
  return `okd-coreos-records${rehearsal ? "-rehearsal" : ""}`;
}

/**
 * @throws UserError for streams that cannot stand beside each other, or lack what their recipe needs: two of one
 *   version would share a volume
 */
export function requireSoundStreams(streams: Stream[]): void {
  for (const [index, { version, recipe = recipeOf(version), base }] of streams.entries()) {
    if (streams.findIndex((stream) => stream.version === version) < index) {
      throw new UserError(`streams[${index}].version: ${version} is there already; a stack builds a version once.`);
    }
    if (recipe === "base-node" && !base) {
      throw new UserError(
        `streams[${index}].base: ${version} is layered on a base image; name its repository and branch.`,
      );
    }
  }
}
