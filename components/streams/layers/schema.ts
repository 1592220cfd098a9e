import { z } from "zod";
import { architectures, version } from "../../formats";
import { keptBuildsSettings } from "../keep";
import { signatureSettings } from "../signatures";

// What becomes a part of a Containerfile: nothing here can be anything but a name or a path.
const packageNames = z.array(z.string().regex(/^[A-Za-z0-9][\w.+:~^-]*$/, "the name of a package")).min(1);
const repositoryName = z.string().regex(/^[A-Za-z0-9][\w.:-]*$/, "the id of a repository");
const source = z.string().regex(/^(https?|file):\/\/[^\s@]+$/, "an http, https or file URL without credentials");

const repository = z.strictObject({
  name: repositoryName.describe("its id"),
  baseUrl: source.describe("its URL; $basearch is the architecture"),
  gpgKey: source.optional().describe("URL of the key of its packages instead of the keys that the base has"),
  gpgCheck: z.boolean().default(true).describe("its packages have to be signed"),
  includes: z
    .array(z.string().regex(/^[\w.+*?-]+$/, "a pattern of packages, such as openshift-*"))
    .min(1)
    .optional()
    .describe("patterns of the packages to take from it instead of all"),
});

const file = z.strictObject({
  path: z
    .string()
    .regex(
      /^\/(etc|usr(?!\/local\/))(\/[\w@+-][\w.@+-]*)+$/,
      "a path under /etc or /usr, but not under /usr/local, which is the machine's",
    )
    .describe("where, under /etc or /usr"),
  contents: z.string().describe("what is in it"),
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/, 'access rights in quotes, such as "0755"')
    .default("0644")
    .describe("its access rights"),
});

const unit = z.strictObject({
  name: z
    .string()
    .regex(/^\w[\w.@:-]*\.(service|socket|timer|path|mount|target|slice)$/, "a unit, such as crio.service")
    .describe("its name, as crio.service"),
  contents: z.string().min(1).optional().describe("what it says; without it that of a package"),
  enabled: z.boolean().default(true).describe("it starts with the machine"),
});

const image = z
  .string()
  .regex(/^[\w.-]+(:\d+)?\/[\w./-]+@sha256:[0-9a-f]{64}$/, "an image by digest and without a tag, or a release");

const release = z.strictObject({
  release: z
    .string()
    .regex(
      /^(\d[\w.-]*|[\w.-]+(:\d+)?\/[\w./-]+(@sha256:[0-9a-f]{64}|:\w[\w.-]*))$/,
      "the name of a release of OKD, such as 5.0.0-okd-scos.0, or a release image by tag or digest",
    )
    .describe("a release of OKD by its name in quay.io/okd/scos-release, or a release image from anywhere"),
  signatures: signatureSettings
    .optional()
    .describe("signatures that the release has to have; without them its digest is said and not checked"),
});

const kernel = z.strictObject({
  from: repositoryName.describe("the repository that has it"),
});

/** What a stack says of a layer. */
export const layerSettings = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]{0,12}[a-z0-9])?$/, "lower-case letters, digits and dashes, 14 at most")
      .describe("its name in the stack and, as layer-NAME, its image's; once only"),
    version: version.describe('OKD\'s version in quotes, as "4.21"'),
    base: z
      .union([image, release], "an image by digest and without a tag, or a map with release")
      .optional()
      .describe(
        "bootable image by digest, or the node image of a release; without it what the stack builds of the version",
      ),
    packages: z
      .strictObject({
        add: packageNames.optional().describe("packages to install"),
        remove: packageNames.optional().describe("packages of the base to take out"),
        replace: z
          .record(repositoryName, packageNames)
          .optional()
          .describe("packages of the base to replace, listed by the repository that has the others"),
      })
      .optional()
      .describe("packages of the image"),
    kernel: z
      .union([packageNames, kernel], "a list of packages, or a map with from")
      .optional()
      .describe("packages of a kernel instead of the base's, or from, which has a newer one of the same packages"),
    repositories: z.array(repository).default([]).describe("repositories beside the base's, for the build only"),
    files: z.array(file).default([]).describe("files to add"),
    units: z.array(unit).default([]).describe("units of systemd"),
    architectures: architectures
      .optional()
      .describe("architectures to build instead of the cluster's: amd64, arm64, ppc64le, s390x"),
    keep: keptBuildsSettings,
  })
  .describe(
    "Layers on CoreOS images: packages, files and units, one entry each; pipelines/layering/README.md has an example.",
  );

/** Packages, files and units on a CoreOS image, which stays a bootable image: CoreOS layering. */
export type Layer = z.output<typeof layerSettings>;

export type Repository = z.output<typeof repository>;
