import * as z from "zod/mini"; // the whole of zod is most of the bundle otherwise

/** One build: everything that all architectures together make of one version at one time. */
export interface Build {
  /** What is built: the pipeline set `okd-coreos`, a layer's `layer-crio`. */
  stream: string;
  /** OKD's version, `4.21`. */
  version: string;
  /** Minted once, where the build was started. */
  buildId: string;
}

// Parts of tags, of labels and of names of runs: together no longer than 63 characters.
const NAMES = {
  stream: z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/)),
  version: z.string().check(z.regex(/^\d{1,3}\.\d{1,3}$/)),
  buildId: z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,22}[a-z0-9])?$/)),
  architecture: z.enum(["amd64", "arm64", "ppc64le", "s390x"]),
};
const bootImages = z.string().check(z.regex(/^s3:\/\/[A-Za-z0-9._-]+(\/[A-Za-z0-9._+-]+){3,}$/));
const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/));

/**
 * What a run on one architecture leaves in the registry as its last act: a manifest under the tag of {@link recordTag}
 * that holds it as the annotation {@link RECORD_ANNOTATION}.
 */
export const recordSchema = z.object({
  schema: z.literal(1),
  stream: NAMES.stream,
  version: NAMES.version,
  buildId: NAMES.buildId,
  architecture: NAMES.architecture,
  /** Commits of the sources by their names, the same on every architecture. */
  commits: z.record(z.string(), z.string().check(z.regex(/^[0-9a-f]{7,64}$/))),
  /** Digests of the images that were pushed, by their names in the registry. */
  images: z.record(z.string(), digest),
  /** Where its boot images are: `s3://BUCKET/STREAM/builds/ID/ARCH`, its own place. @default none were uploaded */
  bootImages: z.optional(bootImages),
  /** When the run ended. */
  created: z.iso.datetime(),
});

export type BuildRecord = z.infer<typeof recordSchema>;

/** Annotation of a record's manifest. */
export const RECORD_ANNOTATION = "io.okd-streams.build-record";

/** Annotation with the signature of what {@link RECORD_ANNOTATION} holds. */
export const SIGNATURE_ANNOTATION = "io.okd-streams.build-signature";

/** What asks every cluster for its part of a build: the same for all of them. */
export const requestedSchema = z.object({
  schema: z.literal(1),
  type: z.literal("build-requested"),
  stream: NAMES.stream,
  version: NAMES.version,
  buildId: NAMES.buildId,
  /** Commits to build, by the names of their sources; one that is missing is the head of its branch. */
  commits: z.record(z.string(), z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/))),
});

export type BuildRequested = z.infer<typeof requestedSchema>;

/** What a run tells when it has left its record: a hint to look, and nothing more. */
export const finishedSchema = z.object({
  schema: z.literal(1),
  type: z.literal("build-finished"),
  stream: NAMES.stream,
  version: NAMES.version,
  buildId: NAMES.buildId,
  architecture: NAMES.architecture,
  /** Digest of the record's manifest. @default whatever the registry holds */
  record: z.optional(digest),
});

export type BuildFinished = z.infer<typeof finishedSchema>;

/** Tag of the build's manifest lists: `4.21-20261123-ab12`. */
export function listTag({ version, buildId }: Build, rehearsal = false): string {
  return `${version}-${buildId}${rehearsal ? "-rehearsal" : ""}`;
}

/** Tag of the record of one architecture: `4.21-20261123-ab12-arm64`. */
export function recordTag(build: Build, architecture: string): string {
  return `${listTag(build)}-${architecture}`;
}

/** What a tag of the records' repository says; nothing where it is none of ours. */
export function parseRecordTag(tag: string): { version: string; buildId: string; architecture: string } | undefined {
  const [, version, buildId, architecture] = /^([^-]+)-(.+)-([^-]+)$/.exec(tag) ?? [];
  const parsed = z
    .object({ version: NAMES.version, buildId: NAMES.buildId, architecture: NAMES.architecture })
    .safeParse({ version, buildId, architecture });
  return parsed.success ? parsed.data : undefined;
}

/**
 * Name of the run that composes the build's lists: it is there once, whoever creates it. A later attempt's is no longer
 * than the first one's.
 */
export function compositionName({ stream, version, buildId }: Build, attempt = 1): string {
  const verb = attempt === 1 ? "compose" : `retry-${attempt}`;
  return `${verb}-${stream}-${version.replace(".", "-")}-${buildId}`;
}

/** How sentences name a build. */
export function buildText({ stream, version, buildId }: Build): string {
  return `${stream} ${version} build ${buildId}`;
}
