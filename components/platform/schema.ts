import { z } from "zod";
import { host, name, quantity, text } from "../formats";

const partMode = z.enum(["install", "use", "auto", "none"]);

/** A part of the platform: all are alike but for what their mode says. */
function part(title: string, mode: z.output<typeof partMode> = "auto") {
  return z
    .strictObject({
      mode: partMode.default(mode).describe(title),
      version: z
        .string()
        .regex(/^v?\d+(\.\d+){1,2}(-[\w.]+)?$/, "a version such as 1.15.0, in quotes")
        .optional()
        .describe("release to install instead of the one this version was tested with"),
      manifests: z
        .array(text)
        .min(1)
        .optional()
        .describe("URLs or files of the release's YAML instead of the project's own"),
    })
    .prefault({})
    .describe("the parts");
}

const registry = z.strictObject({
  mode: z
    .enum(["auto", "install", "external"])
    .default("auto")
    .describe("auto takes the cluster's own (KinD) or installs one, external is elsewhere"),
  address: host.optional().describe("host, port and path of an external registry as pods see it"),
  insecure: z.boolean().default(false).describe("the registry speaks plain HTTP or has a certificate nobody knows"),
  credentialsSecret: name.optional().describe("dockerconfigjson Secret that may push"),
  pullSecret: name
    .optional()
    .describe(
      "dockerconfigjson Secret that may pull alone: builds, which run what repositories say, have this one; without it they pull without a login",
    ),
  size: quantity.default("50Gi").describe("volume of an installed registry"),
});

/** What a stack says of its platform. */
export const platformSettings = z
  .strictObject({
    tektonPipelines: part("Tekton Pipelines"),
    tektonTriggers: part("Tekton Triggers with its core interceptors"),
    argoCd: part("Argo CD"),
    tektonDashboard: part("Tekton Dashboard", "none"),
    storage: part(
      "local-path provisioner, for volumes that are folders of a node; auto installs it where there is no default StorageClass",
    ),
    registry: registry.prefault({}).describe("the registry that images are pushed to"),
    kvmDevicePlugin: z
      .enum(["auto", "install", "use", "none"])
      .default("auto")
      .describe("device plugin that gives /dev/kvm to pods, where nodes have it"),
    nodeConfiguration: z
      .enum(["auto", "install", "none"])
      .default("auto")
      .describe(
        "on OpenShift, have nodes trust the stack's registry, pull through imageMirror and nest virtual machines, which drains or reboots them one by one; auto does so in clusters that the stack makes",
      ),
  })
  .describe(
    "What is installed in the cluster. Each part's mode is install (ours), use (what is there), auto (what is there if it is recent enough, else ours) or none.",
  );

/** What a stack says of one of the platform's parts. */
export type PartSettings = z.output<ReturnType<typeof part>>;

/** What a stack says of the registry that its builds push to. */
export type RegistrySettings = Pick<z.output<typeof registry>, "mode"> & z.input<typeof registry>;
