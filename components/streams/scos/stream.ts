import { UserError } from "../../errors";

/** One version of SCOS that a stack builds. */
export interface Stream {
  /** OKD's version, `major.minor`: `4.20`. */
  version: string;
  /**
   * How the operating system is made: `base-node` builds a base image and layers the node image on it (4.19 and newer),
   * `one-stage` has coreos-assembler build everything from openshift/os (up to 4.18). @default by the version
   */
  recipe?: Recipe;
  /** Variant of the base: `c9s` or `c10s`; for `one-stage` openshift/os's, as `okd-c9s`. */
  variant: string;
  /** Sources of the base image; without meaning for `one-stage`. */
  base?: GitSource;
  /** Sources of the node image (`base-node`) or of everything (`one-stage`). */
  node: GitSource;
  /** Where the OpenShift RPMs of the node image come from; without it the node image and its extensions are left out. */
  rpmsFrom?: RpmSource;
  /** Release stream that boot images are published in. @default "next" */
  channel?: string;
  /** Architectures to build, as Kubernetes names them. @default those of the cluster */
  architectures?: string[];
  /** When to build, as a cron expression; absent: on demand only. */
  schedule?: string;
  /** Volume that a run works on, one per architecture. @default 40Gi of the cluster's default StorageClass */
  storage?: { size?: string; storageClass?: string };
  /** Make boot images (needs KVM). @default true */
  bootImages?: boolean;
  /** Run kola tests (needs KVM). @default true */
  tests?: boolean;
}

export type Recipe = "base-node" | "one-stage";

export interface GitSource {
  /** URL that `git clone` takes. */
  repository: string;
  branch: string;
}

/** Exactly one of both: an image with RPMs in `/srv/repo`, or a Secret with repository files (`*.repo`). */
export type RpmSource = { image: string } | { secret: string };

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
