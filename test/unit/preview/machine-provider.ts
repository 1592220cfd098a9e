import type * as pulumi from "@pulumi/pulumi";

/** For the engine, which checks the inputs of a preview. */
export const provider: pulumi.dynamic.ResourceProvider = {
  check: async (_olds, news) => ({ inputs: news }),
  create: () => Promise.reject(new Error("only previews are asked for")),
};
