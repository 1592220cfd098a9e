import { z } from "zod";

// What becomes a part of a Containerfile: nothing here can be anything but a name or a path.
const packageNames = z.array(z.string().regex(/^[A-Za-z0-9][\w.+:~^-]*$/, "the name of a package")).min(1);
const repositoryName = z.string().regex(/^[A-Za-z0-9][\w.:-]*$/, "the id of a repository");
const source = z.string().regex(/^(https?|file):\/\/[^\s@]+$/, "an http, https or file URL without credentials");

const repository = z.strictObject({
  name: repositoryName,
  baseUrl: source,
  gpgKey: source.optional(),
  gpgCheck: z.boolean().default(true),
  includes: z
    .array(z.string().regex(/^[\w.+*?-]+$/, "a pattern of packages, such as openshift-*"))
    .min(1)
    .optional(),
});

const file = z.strictObject({
  path: z
    .string()
    .regex(
      /^\/(etc|usr(?!\/local\/))(\/[\w@+-][\w.@+-]*)+$/,
      "a path under /etc or /usr, but not under /usr/local, which is the machine's",
    ),
  contents: z.string(),
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/, 'access rights in quotes, such as "0755"')
    .default("0644"),
});

const unit = z.strictObject({
  name: z
    .string()
    .regex(/^\w[\w.@:-]*\.(service|socket|timer|path|mount|target|slice)$/, "a unit, such as crio.service"),
  contents: z.string().min(1).optional(),
  enabled: z.boolean().default(true),
});

/** An entry of `layers`, but for its architectures. */
export const layer = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,12}[a-z0-9])?$/, "lower-case letters, digits and dashes, 14 at most"),
  version: z.string().regex(/^\d+\.\d+$/, 'major.minor in quotes, such as "4.20"'),
  base: z
    .string()
    .regex(/^[\w.-]+(:\d+)?\/[\w./-]+@sha256:[0-9a-f]{64}$/, "an image by digest and without a tag")
    .optional(),
  packages: z
    .strictObject({
      add: packageNames.optional(),
      remove: packageNames.optional(),
      replace: z.record(repositoryName, packageNames).optional(),
    })
    .optional(),
  kernel: packageNames.optional(),
  repositories: z.array(repository).default([]),
  files: z.array(file).default([]),
  units: z.array(unit).default([]),
});
