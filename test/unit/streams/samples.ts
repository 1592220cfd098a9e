import { Library } from "../../../components/pipelines/library";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { z } from "zod";
import type { Capabilities } from "../../../components/clusters/cluster";
import { type Layer, layerSettings } from "../../../components/streams/layers/schema";
import type { BuildSettings } from "../../../components/streams/settings";
import { streamSettings } from "../../../components/streams/scos/schema";
import { configurationSchema } from "../../../stacks/configuration/schema";

/** The pipelines of this project, with one plain name for the image that programs of ours run in. */
export const LIBRARY = new Library({ folder: "pipelines", images: { node: "node:24" } });

export const BASE_NODE = streamSettings.parse({
  version: "4.20",
  variant: "c9s",
  base: { repository: "https://github.com/coreos/rhel-coreos-config", branch: "main" },
  node: { repository: "https://github.com/openshift/os", branch: "release-4.20" },
});

/** What its version decides is left to it. */
export const NEWEST = streamSettings.parse({
  version: "5.0",
  base: { repository: "https://github.com/coreos/rhel-coreos-config", branch: "main" },
  node: { repository: "https://github.com/openshift/os", branch: "release-5.0" },
});

export const ONE_STAGE = streamSettings.parse({
  version: "4.18",
  variant: "okd-c9s",
  node: { repository: "https://github.com/openshift/os", branch: "release-4.18" },
});

export const LAYER = layerSettings.parse({
  name: "crio",
  version: "4.20",
  packages: { add: ["cri-o"], remove: ["runc"] },
});

/** What a stack's file may say of a layer. */
export type WrittenLayer = z.input<typeof layerSettings>;

/** A plain KinD cluster. */
export const KIND: Capabilities = {
  architectures: ["amd64"],
  kvm: false,
  storageClass: "standard",
  openshift: false,
};

export const REGISTRY = { address: "kind-registry:5000", insecure: true };

export const SETTINGS: BuildSettings = {
  kvm: "auto",
  push: { enabled: true },
  registry: REGISTRY,
  rehearsal: false,
};

/** The entries that pipelines/layering/README.md shows, as a stack has them. */
export function exampleLayers(): Layer[] {
  const readme = readFileSync("pipelines/layering/README.md", "utf8");
  const written = [...readme.matchAll(/```yaml\nokd-streams:layers:\n([^]*?)```/g)];
  const layers: unknown[] = written.flatMap(([, yaml]) => parse(yaml!) as unknown[]);
  return configurationSchema.parse({ cluster: { type: "kind" }, layers }).layers;
}

/** The talk's one of them. */
export function exampleLayer(name = "crio"): Layer {
  return exampleLayers().find((layer) => layer.name === name)!;
}
