import { z } from "zod";
import { name, url } from "../../formats";
import { keptRunsSettings } from "../keep";

const text = z.string().min(1);
export const byDigest = z
  .string()
  .regex(
    /^[\w.-]+(:\d+)?\/[\w./-]+@sha256:[0-9a-f]{64}$/,
    "an image by digest and without a tag (skopeo inspect says it)",
  );
// What becomes a path, or an argument of git and buildah.
export const path = z.string().regex(/^\w[\w.@+-]*(\/[\w@+-][\w.@+-]*)*$/, "a path in the repository");

/** What a component is built of. */
export const sourceFields = {
  repository: z
    .string()
    .regex(/^https?:\/\/[^\s@]+$/, "an http or https URL without credentials")
    .optional(),
  ref: z
    .string()
    .regex(/^\w[\w./+-]*$/, "a branch, a tag or a commit")
    .optional(),
  dockerfile: path.optional(),
  context: path.optional(),
  arguments: z
    .record(
      z.string().regex(/^[A-Za-z_]\w*$/, "the name of a build argument"),
      z.string().regex(/^[^\n]*$/, "one line"),
    )
    .optional(),
  network: z.boolean().optional(),
};

/** A component by source or image. */
export const component = z
  .strictObject({ ...sourceFields, image: byDigest.optional() })
  .refine(
    (source) => source.image === undefined || Object.keys(source).length === 1,
    "an image, or a source: not both",
  );

/** Where what is built goes. */
export const destination = {
  repository: z
    .string()
    .regex(/^[\w.-]+(:\d+)?(\/[\w./-]+)?$/, "host[:port][/path] without a scheme")
    .optional()
    .describe("host, port and path of what is built, instead of the stack's registry"),
  pushSecret: text
    .optional()
    .describe("Secret to pull and push with (.dockerconfigjson), instead of the registry's own"),
  architecture: z
    .enum(["amd64", "arm64", "ppc64le", "s390x"])
    .optional()
    .describe("the base's; the first of the cluster without it"),
};

/** Name of an entry: part of the names of its runs. */
export const entryName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,24}[a-z0-9])?$/, "lower-case letters, digits and dashes, 26 at most")
  .describe("its name in the stack, once only");

/** An entry of `payloads`. */
export const payloadSettings = z
  .strictObject({
    name: entryName,
    from: byDigest.describe("the release to start from, by digest"),
    version: z
      .string()
      .regex(/^\d+\.\d+\.\d+-[\w.-]+$/, "a semantic version with a name of your own, such as 4.22.0-okd-scos.7.mine.1")
      .describe("its own version, newer than the base's, as 4.22.0-okd-scos.7.mine.1"),
    replace: z
      .record(z.string().regex(/^[a-z0-9][-a-z0-9]*$/, "a component of the release"), component)
      .default({})
      .describe(
        "components by name, with repository, ref, dockerfile, context, arguments, network, or image by digest; {} is upstream's own source",
      ),
    add: z
      .record(z.string().regex(/^[a-z0-9][-a-z0-9]*$/, "a component"), component)
      .optional()
      .describe("components that the base release lacks, in the same way"),
    mirror: z
      .boolean()
      .optional()
      .describe("whether all other components are copied by digest, too: the release stands alone then"),
    all: z
      .boolean()
      .optional()
      .describe("whether every component of the table is built from source, but for those of replace that are images"),
    strict: z
      .boolean()
      .optional()
      .describe(
        "with all: whether components are built too that nobody can build of what is public; without it the base has them",
      ),
    ...destination,
    signing: z
      .strictObject({
        secret: name.describe("Secret with the private key, RSA"),
        key: text.optional().describe("the key's id, where there are several"),
        store: url
          .optional()
          .describe(
            "URL of the folder with signatures as clusters reach it, …/signatures/openshift/release; with it the release's cluster-update-keys tells clusters of it and the key",
          ),
      })
      .optional()
      .describe("what signs the release, for clusters that verify it; it is not signed without it"),
    keep: keptRunsSettings,
  })
  .refine(({ replace, add = {}, all }) => all || Object.keys({ ...replace, ...add }).length > 0, {
    path: ["replace"],
    error: "one component at least, or all: true",
  })
  .refine(({ strict, all }) => all || strict === undefined, { path: ["strict"], error: "it goes with all: true" })
  .describe(
    "Releases of OKD with some components replaced, one entry each; all others stay by digest as the base has them. See pipelines/payload/README.md.",
  );
