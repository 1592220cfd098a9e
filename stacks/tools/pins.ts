import { version as pluginVersion } from "@pulumi/kubernetes/package.json";
import { version as openstackVersion } from "@pulumi/openstack/package.json";
import { version as pulumiVersion } from "@pulumi/pulumi/package.json";

/** A program that is downloaded as one file and checked before it is used. */
export interface Pin {
  version: string;
  /** URL of the file, by platform as Go names it: `linux-amd64`. */
  url: (platform: string) => string;
  /** SHA-256 of the file, by platform: those published beside the release. */
  sha256: Record<string, string>;
}

// renovate: datasource=github-releases depName=kubernetes-sigs/kind
const KIND_VERSION = "v0.33.0";

export const kind: Pin = {
  version: KIND_VERSION,
  url: (platform) => `https://github.com/kubernetes-sigs/kind/releases/download/${KIND_VERSION}/kind-${platform}`,
  sha256: {
    // renovate: datasource=github-release-attachments depName=kubernetes-sigs/kind version=v0.33.0
    "linux-amd64": "aee6151561422756b764a4ae28e7f44cda5af5a9eead3cc9985112b1de8d8e0d",
    // renovate: datasource=github-release-attachments depName=kubernetes-sigs/kind version=v0.33.0
    "linux-arm64": "20022bee6cfcd5086cb7234d218e3454e6090022f2a8f55d1fa7fcf42c3867a2",
    // renovate: datasource=github-release-attachments depName=kubernetes-sigs/kind version=v0.33.0
    "darwin-amd64": "5a99f26f57246dc9319dd294803313197a0f34d33c525b3ea8b655db5916ece0",
    // renovate: datasource=github-release-attachments depName=kubernetes-sigs/kind version=v0.33.0
    "darwin-arm64": "0c8c7dbe5e23594a198b786c4bc13dacc101fa6196b0cb0b23a1ca44e61f4b4f",
  },
};

/** A release whose archive holds programs in one folder, with a list of checksums beside it. */
export interface Release {
  /** What it is, as the user reads it. */
  title: string;
  version: string;
  /** URL of the archive, by platform as Go names it. */
  url: (platform: string) => string;
  /** URL of the list: lines `SHA-256  name of an archive`. */
  checksums: string;
}

const PULUMI_RELEASES = "https://get.pulumi.com/releases";

/** The engine of the SDK's own version. */
export const pulumi: Release = {
  title: "Pulumi",
  version: pulumiVersion,
  url: (platform) => `${PULUMI_RELEASES}/sdk/pulumi-v${pulumiVersion}-${platform.replace("amd64", "x64")}.tar.gz`,
  checksums: `${PULUMI_RELEASES}/sdk/pulumi-${pulumiVersion}-checksums.txt`,
};

const plugin = (platform: string) => `pulumi-resource-kubernetes-v${pluginVersion}-${platform}.tar.gz`;

/** Where the engine gets the Kubernetes plugin from, and where if it is not there. */
export const kubernetesPlugin = {
  version: pluginVersion,
  url: (platform: string) =>
    `https://github.com/pulumi/pulumi-kubernetes/releases/download/v${pluginVersion}/${plugin(platform)}`,
  spare: (platform: string) => `${PULUMI_RELEASES}/plugins/${plugin(platform)}`,
};

/** Pulumi's OpenStack plugin, for stacks whose cluster is on OpenStack: no sums of it are published. */
const openstackPlugin = (platform: string) =>
  `https://github.com/pulumi/pulumi-openstack/releases/download/v${openstackVersion}/pulumi-resource-openstack-v${openstackVersion}-${platform}.tar.gz`;

/** Plugins by their names: version, and addresses of the archive, the first that answers. */
export const plugins = {
  kubernetes: { version: pluginVersion, urls: [kubernetesPlugin.url, kubernetesPlugin.spare] },
  openstack: { version: openstackVersion, urls: [openstackPlugin] },
};

/** Oldest versions that the commands work with. */
export const minimum = { node: "20.19.0", pulumi: "3.206.0", kind: "0.27.0", go: "1.26.4" };
