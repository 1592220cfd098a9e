import { z } from "zod";
import { version } from "../../formats";
import { byDigest, component, destination, entryName, path, sourceFields } from "../payload/schema";

const componentName = z.string().regex(/^[a-z0-9][-a-z0-9]*$/, "the name of an image");

const operator = z.strictObject({
  ...sourceFields,
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+(-[\w.-]+)?$/, "a semantic version, such as 4.22.1")
    .optional(),
  manifests: z.array(path).min(1).optional(),
  metadata: path.optional(),
  package: z
    .string()
    .regex(/^[a-z0-9][-a-z0-9]*$/, "the name of a package")
    .optional(),
  channels: z
    .array(z.string().regex(/^[\w.-]+$/, "the name of a channel"))
    .min(1)
    .optional(),
  operands: z.record(componentName, component).optional(),
});

/** What a stack says of an operator; what it does not say is as the table has it. */
export type OperatorSource = z.output<typeof operator>;

/** An entry of `operators`. */
export const operatorSettings = z
  .strictObject({
    name: entryName,
    from: byDigest.describe("the release of OKD that they are for, by digest: they stand on its images, and run them"),
    okd: version.describe("its version, whose branches are built, as 4.22"),
    operators: z
      .record(componentName, operator)
      .refine((all) => Object.keys(all).length > 0, "one operator at least")
      .describe(
        "operators by name, with repository, ref, dockerfile, context, arguments, network, version of the bundle, its manifests, metadata, package and channels, and operands by name, as components of payloads; {} is upstream's own source",
      ),
    ...destination,
  })
  .describe(
    "Operators that no release of OKD has, built and offered to clusters by a catalog, an entry for each catalog. See pipelines/operators/README.md.",
  );

/** Operators of a stack that go into a catalog. */
export type Operators = z.output<typeof operatorSettings>;
