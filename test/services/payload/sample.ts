/** What operators' images bear. */
export const LABEL = { "io.openshift.release.operator": "true" };
/** Where upstream's Dockerfiles take images from. */
export const CI = "registry.ci.openshift.org/ocp";
/** Name of the base release. */
export const BASE_NAME = "4.22.0-okd-scos.7";

const stream = (names: string[]) =>
  JSON.stringify({
    ...{ kind: "ImageStream", apiVersion: "image.openshift.io/v1" },
    spec: { tags: names.map((name) => ({ name, from: { kind: "DockerImage", name: `example.org/${name}:dev` } })) },
  });
const manifest = (kind: string, name: string, text = "") =>
  `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${text}`;

/** Files of an operator's image: a CRD that keeps its name in a release, and a Deployment of images that it refers to. */
export function operatorFiles(name: string, images: string[], generation = 1): Record<string, string> {
  return {
    "manifests/image-references": stream(images),
    [`manifests/0000_10_${name}_crd.yaml`]: manifest("ConfigMap", `${name}-crd`),
    "manifests/07_deployment.yaml": manifest(
      "ConfigMap",
      name,
      `data:\n  version: 0.0.1-snapshot\n  generation: "${generation}"\n${images.map((image) => `  ${image}: example.org/${image}:dev\n`).join("")}`,
    ),
  };
}

/** Components of the base release: operators with the images that they refer to, and images alone. */
export const OPERATORS: Record<string, string[]> = {
  "cluster-config-operator": ["cluster-config-operator", "cli"],
  "cluster-version-operator": ["cluster-version-operator", "cli-artifacts", "configmap-reloader", "etcd"],
  "console-operator": ["console-operator"],
  "service-ca-operator": ["service-ca-operator"],
};
/** No operator refers to tools. */
export const OTHERS = ["cli", "cli-artifacts", "configmap-reloader", "etcd", "tools"];

/** Dockerfiles as upstream has them, of little. */
export const DOCKERFILES = {
  operator: [
    `FROM ${CI}/builder:rhel-9-golang-1.25-openshift-4.22 AS builder`,
    "WORKDIR /go/src",
    "COPY . .",
    'RUN echo "$SOURCE_GIT_TAG $SOURCE_GIT_COMMIT $TAGS $(id -u)" > /built && cat main.go >> /built',
    `FROM ${CI}/4.21:base-rhel9`,
    "COPY --from=builder /built /usr/bin/operator",
    "COPY manifests /manifests",
    "LABEL io.openshift.release.operator=true",
  ].join("\n"),
  cli: `FROM ${CI}/4.22:base-rhel9\nCOPY main.go /usr/bin/oc\n`,
  artifacts: `FROM ${CI}/4.22:cli\nRUN cat /usr/bin/oc > /usr/share/oc\n`,
};
