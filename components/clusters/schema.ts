import { z } from "zod";
import { architectures, text } from "../formats";

/** What a stack says of a cluster that is there already. */
export const existingSettings = z
  .strictObject({
    type: z.literal("existing"),
    kubeconfig: text
      .optional()
      .describe("path of the kubeconfig instead of those that KUBECONFIG lists, or ~/.kube/config"),
    context: text.optional().describe("context in it instead of the current one"),
    architectures: architectures
      .optional()
      .describe("architectures to build for instead of those of all nodes: amd64, arm64, ppc64le, s390x"),
    kvm: z.boolean().optional().describe("whether nodes have /dev/kvm, instead of asking them"),
    storageClass: text.optional().describe("StorageClass for volumes instead of the default one"),
  })
  .describe("a cluster that is there already");

export type ExistingSettings = z.output<typeof existingSettings>;
