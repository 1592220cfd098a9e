import { z } from "zod";

/** Who brings the objects of the pipeline sets into the cluster. */
const settings = z.strictObject({
  by: z
    .enum(["pulumi", "argocd"])
    .default("pulumi")
    .describe("Who brings the objects of the pipeline sets into the cluster; everything else is Pulumi's."),
  repository: z
    .string()
    .regex(/^(https?|ssh|git):\/\/[^\s@]+(@[^\s@]+)?$/, "the URL of a Git repository, without credentials")
    .optional()
    .describe("Git repository that Argo CD reads, of what `npm run render -- STACK --delivered` writes."),
  revision: z.string().min(1).default("rendered").describe("Branch, tag or commit of it."),
  path: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)*$/, "a path in it, without a slash at either end")
    .optional()
    .describe("Folder in it that has one folder for each namespace. @default rendered/STACK"),
});

export const deliverySettings = settings
  .prefault({})
  .describe("Who brings the objects of the pipeline sets into the cluster, Pulumi or Argo CD from Git.");
