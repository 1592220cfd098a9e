import { z } from "zod";
import { keptStreamSettings } from "../keep";
import { architectures, cron, image, name, quantity, text, version } from "../../formats";

const gitSource = z.strictObject({
  repository: z
    .string()
    .regex(/^(?!-)(?!https?:\/\/[^/\s]*@)\S+$/, "what git clone takes: a URL without credentials, or a path")
    .describe("URL that git clone takes"),
  branch: z
    .string()
    .regex(/^(?![-/.])[\w./-]+$/, "the name of a branch")
    .describe("branch of it"),
});

const rpmsFrom = z
  .strictObject({
    build: z.boolean().optional().describe("built of their public sources by the run itself, or not at all"),
    sources: z
      .string()
      .regex(/^(?!-)(?!https?:\/\/[^/\s]*@)\S+$/, "a URL without credentials, or a path")
      .optional()
      .describe("what takes the place of https://github.com/openshift in the sources that are built, as a mirror"),
    image: image.optional().describe("image that holds them in /srv/repo"),
    secret: name.optional().describe("Secret with a repository file"),
  })
  .refine(
    ({ build, image, secret }) => [build, image, secret].filter((it) => it !== undefined).length === 1,
    "exactly one of build, image and secret",
  )
  .refine(({ build, sources }) => build === true || sources === undefined, "sources beside build: true alone")
  .transform((source) => source as RpmSource);

/**
 * One of these: an image with RPMs in `/srv/repo`, a Secret with repository files (`*.repo`), or public sources that the
 * run builds, `sources` in the place of https://github.com/openshift; `build: false` goes without.
 */
export type RpmSource = { image: string } | { secret: string } | { build: boolean; sources?: string };

const recipe = z.enum(["base-node", "one-stage"]);

/** What a stack says of a version of CentOS Stream CoreOS. */
export const streamSettings = z
  .strictObject({
    version: version.describe('OKD\'s version in quotes, as "5.0"; once only'),
    recipe: recipe.optional().describe("how it is built; by default base-node from 4.19 on, one-stage before"),
    variant: z
      .string()
      .regex(/^[a-z0-9][-.a-z0-9]*$/, "the name of a variant, such as c10s")
      .optional()
      .describe(
        "variant of the base instead of the version's own: c10s, c9s up to 4.20; for one-stage openshift/os's, as okd-c9s",
      ),
    base: gitSource.optional().describe("sources of the base image, for base-node"),
    node: gitSource.describe("sources of the node image, or of everything for one-stage"),
    rpmsFrom: rpmsFrom
      .optional()
      .describe(
        "where the OpenShift RPMs of the node image come from, one of build, image and secret; on c10s they are built where it is not there, else the node image is left out",
      ),
    bases: z
      .enum(["held", "upstream", "newest-tag"])
      .default("held")
      .describe(
        "images that the sources name by digest, which upstream removes after weeks: held in the registry, taken from upstream, or what their tags mean today",
      ),
    builderImage: image
      .optional()
      .describe("image that the base is composed in instead of the one that the sources name"),
    channel: name.default("next").describe("release stream that boot images are published in"),
    architectures: architectures
      .optional()
      .describe("architectures to build instead of the cluster's: amd64, arm64, ppc64le, s390x"),
    schedule: cron.optional().describe("when to build, as a cron expression; without it on demand only"),
    storage: z
      .strictObject({
        size: quantity.default("40Gi").describe("its size"),
        storageClass: text.optional().describe("its StorageClass instead of the cluster's default"),
      })
      .prefault({})
      .describe("volume that a run works on"),
    keep: keptStreamSettings,
    bootImages: z.boolean().default(true).describe("make boot images, which needs KVM"),
    tests: z.boolean().default(true).describe("run kola tests, which needs KVM"),
  })
  .describe("The versions of CentOS Stream CoreOS that are built, one entry each.");

/** One version of SCOS that a stack builds. */
export type Stream = z.output<typeof streamSettings>;

export type Recipe = z.output<typeof recipe>;
