import { stringify } from "yaml";
import type { Bundle, BundleImage } from "../../../components/programs/operators/entry";

/** Digests that are told apart by a digit. */
export const digest = (digit: number | string) => `sha256:${String(digit).repeat(64)}`;

const upstream = (name: string) => `quay.io/openshift/origin-${name}:latest`;

/** A ClusterServiceVersion as upstream has them: images by tag, what it replaces, its name also elsewhere. */
export function csvOf(name = "disk-operator", version = "4.22.0", images: Record<string, string> = {}): object {
  const own = {
    operator: upstream(name),
    maker: upstream("disk-maker"),
    proxy: upstream("kube-rbac-proxy"),
    ...images,
  };
  return {
    apiVersion: "operators.coreos.com/v1alpha1",
    kind: "ClusterServiceVersion",
    metadata: {
      name: `${name}.v${version}`,
      annotations: { containerImage: own.operator, "olm.skipRange": ">=4.3.0 <4.22.0", capabilities: "Basic Install" },
    },
    spec: {
      ...{ displayName: "Disks", version, replaces: `${name}.v4.21.0`, skips: [`${name}.v4.20.0`] },
      labels: { "alm-status-descriptors": `${name}.v${version}` },
      installModes: [{ type: "OwnNamespace", supported: true }],
      install: {
        strategy: "deployment",
        spec: {
          deployments: [
            {
              name,
              spec: {
                template: {
                  spec: {
                    containers: [
                      {
                        ...{ name, image: own.operator, args: [`--proxy=${own.proxy}`] },
                        env: [
                          { name: "MAKER_IMAGE", value: own.maker },
                          { name: "NAMESPACE", value: "openshift-disks" },
                        ],
                      },
                    ],
                  },
                },
              },
            },
          ],
        },
      },
      customresourcedefinitions: { owned: [{ name: "disks.example.org", kind: "Disk", version: "v1" }] },
    },
  };
}

export const CRD = {
  ...{
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "disks.example.org" },
  },
  spec: {
    group: "example.org",
    names: { kind: "Disk", plural: "disks" },
    versions: [{ name: "v1" }, { name: "v1beta1" }],
  },
};

export const ANNOTATIONS = stringify({
  annotations: {
    "operators.operatorframework.io.bundle.package.v1": "disks",
    "operators.operatorframework.io.bundle.channels.v1": "beta,stable",
    "operators.operatorframework.io.bundle.channel.default.v1": "stable",
    "operators.operatorframework.io.test.config.v1": "tests/scorecard/",
  },
});

/** Files of the bundle, as its repository has them. */
export function bundleFiles(csv = csvOf()): Record<string, string> {
  return { "disks.clusterserviceversion.yaml": stringify(csv), "disks.crd.yaml": stringify(CRD) };
}

/** Patterns as those of the table. */
export const PATTERNS = [
  { pattern: "^quay\\.io/openshift/origin-(?<component>[a-z0-9-]+)[:@].*$", becomes: "<component>" },
];
export const IMAGES = {
  "disk-operator": `quay.io/me/disk-operator@${digest(1)}`,
  "disk-maker": `quay.io/me/disk-maker@${digest(2)}`,
  "kube-rbac-proxy": `quay.io/okd/scos-content@${digest(3)}`,
};

/** A bundle that was made an image. */
export function bundleOf(version: string, more: Partial<BundleImage> = {}): BundleImage {
  const name = more.package ?? "disks";
  const bundle: Bundle = {
    ...{ operator: `${name}-operator`, name: `${name}.v${version}`, package: name, version, channels: ["stable"] },
    properties: [{ type: "olm.package", value: { packageName: name, version } }],
    relatedImages: [],
  };
  return { ...bundle, image: `quay.io/me/${name}-bundle@${digest(version.length % 10)}`, ...more };
}
