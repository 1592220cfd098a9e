import { z } from "zod";
import { image, name, port, text } from "../../formats";

/** Port on this machine at which other tools expect a registry beside KinD. */
export const KIND_REGISTRY_PORT = 5001;

/** What a stack says of a KinD cluster. */
export const kindSettings = z
  .strictObject({
    type: z.literal("kind"),
    // Nodes are called NAME-control-plane, and a host's name has 63 characters at most.
    name: name.max(49).default("okd-streams").describe("the cluster's name as `kind get clusters` shows it"),
    controlPlanes: z.int().min(1).max(5).default(1).describe("control-plane nodes, 1 to 5"),
    workers: z.int().min(0).max(20).default(0).describe("further nodes, 0 to 20"),
    nodeImage: image.optional().describe("image of the nodes instead of the one that suits the kind command"),
    mounts: z
      .array(
        z.strictObject({
          hostPath: text.describe("the folder on this machine"),
          containerPath: text.describe("where the nodes see it"),
          readOnly: z.boolean().default(false).describe("the nodes cannot write to it"),
        }),
      )
      .default([])
      .describe("folders of this machine that the nodes see"),
    ports: z
      .array(
        z.strictObject({
          host: port.describe("port on this machine"),
          container: port.describe("port of the node"),
          protocol: z.enum(["TCP", "UDP"]).default("TCP").describe("protocol of the port"),
        }),
      )
      .default([])
      .describe("ports of this machine that lead to the first node"),
    registryPort: port.default(KIND_REGISTRY_PORT).describe("port on this machine of the registry beside the cluster"),
    network: name
      .max(49)
      .optional()
      .describe(
        "network of the container engine for this cluster and a registry of its own, made and removed with them, instead of kind's, which clusters share",
      ),
  })
  .describe("a KinD cluster on this machine");

export type KindSettings = z.output<typeof kindSettings>;
