import assert from "node:assert/strict";
import { parse } from "yaml";
import { type BundleSource, makeBundle } from "../../../components/programs/operators/bundle";
import type { Csv, Operator } from "../../../components/programs/operators/entry";
import { Failure } from "../../../components/programs/payload/files";
import { ANNOTATIONS, bundleFiles, csvOf, digest, IMAGES, PATTERNS } from "./samples";

const make = (source: Partial<BundleSource> = {}, entry: Partial<Operator> = {}) =>
  makeBundle(
    "disk-operator",
    { manifests: bundleFiles(), annotations: ANNOTATIONS, ...source },
    { entry: { manifests: ["manifests"], ...entry }, images: IMAGES, patterns: PATTERNS },
  );
const csvIn = ({ manifests }: ReturnType<typeof make>) => parse(manifests["disks.clusterserviceversion.yaml"]!) as Csv;
const faultsOf = (make: () => unknown): string[] => {
  try {
    make();
  } catch (error) {
    if (error instanceof Failure) return error.faults;
    throw error;
  }
  return [];
};

describe("a bundle", () => {
  it("names what was built by digest, wherever an image stands, and nothing of other versions", () => {
    const made = make({}, { version: "4.22.1-mine.1" });
    const { metadata, spec } = csvIn(made);
    const [{ image, args, env } = {}] = spec.install!.spec!.deployments![0]!.spec.template.spec.containers! as {
      image?: string;
      args?: string[];
      env?: object[];
    }[];
    assert.equal(image, IMAGES["disk-operator"]);
    assert.deepEqual(args, [`--proxy=${IMAGES["kube-rbac-proxy"]}`]);
    assert.deepEqual(env, [
      { name: "MAKER_IMAGE", value: IMAGES["disk-maker"] },
      { name: "NAMESPACE", value: "openshift-disks" },
    ]);
    assert.deepEqual(metadata, {
      name: "disk-operator.v4.22.1-mine.1",
      annotations: { containerImage: IMAGES["disk-operator"], capabilities: "Basic Install" },
    });
    const { version, replaces, skips, labels, relatedImages } = spec;
    assert.deepEqual(
      [version, replaces, skips, labels],
      ["4.22.1-mine.1", undefined, undefined, { "alm-status-descriptors": "disk-operator.v4.22.1-mine.1" }],
    );
    assert.deepEqual(
      relatedImages,
      ["disk-maker", "disk-operator", "kube-rbac-proxy"].map((name) => ({ name, image: IMAGES[name as "disk-maker"] })),
    );
    assert.doesNotMatch(Object.values(made.manifests).join(), /origin-|:latest/);
  });

  it("is of the package and the channels that it says itself, or its row in its place", () => {
    const { bundle, labels } = make();
    const { name, package: packageName, version, channels, defaultChannel, skipsFrom } = bundle;
    assert.deepEqual(
      { name, packageName, version, channels, defaultChannel, skipsFrom },
      {
        ...{ name: "disk-operator.v4.22.0", packageName: "disks", version: "4.22.0" },
        ...{ channels: ["beta", "stable"], defaultChannel: "stable", skipsFrom: "4.3.0" },
      },
    );
    const own = "operators.operatorframework.io.bundle";
    assert.deepEqual(labels, {
      [`${own}.mediatype.v1`]: "registry+v1",
      [`${own}.manifests.v1`]: "manifests/",
      [`${own}.metadata.v1`]: "metadata/",
      [`${own}.package.v1`]: "disks",
      [`${own}.channels.v1`]: "beta,stable",
      [`${own}.channel.default.v1`]: "stable",
    });
    const other = make({ annotations: undefined }, { package: "mine", channels: ["fast"] });
    assert.deepEqual(
      [other.bundle.package, other.bundle.channels, other.labels[`${own}.package.v1`]],
      ["mine", ["fast"], "mine"],
    );
  });

  it("says which APIs it has, and what catalogs show of it", () => {
    const { properties } = make().bundle;
    assert.deepEqual(
      properties.map(({ type }) => type),
      ["olm.csv.metadata", "olm.gvk", "olm.gvk", "olm.package"],
    );
    assert.deepEqual(properties.slice(1), [
      { type: "olm.gvk", value: { group: "example.org", kind: "Disk", version: "v1" } },
      { type: "olm.gvk", value: { group: "example.org", kind: "Disk", version: "v1beta1" } },
      { type: "olm.package", value: { packageName: "disks", version: "4.22.0" } },
    ]);
  });

  const refused: [given: string, made: () => unknown, faults: string[]][] = [
    [
      "no package name",
      () => make({ annotations: undefined }),
      ["its bundle has no package name: annotations.yaml says none, and neither does its row (package)"],
    ],
    [
      "an operand that nobody builds",
      () =>
        make({
          manifests: bundleFiles(csvOf("disk-operator", "4.22.0", { maker: "quay.io/openshift/origin-disk-makr:1" })),
        }),
      [
        "image quay.io/openshift/origin-disk-makr:1 means disk-makr, which is neither built nor in the release, did you mean disk-maker: name an operand disk-makr, or mend the pattern",
      ],
    ],
    [
      "a tag that no pattern covers",
      () =>
        make({ manifests: bundleFiles(csvOf("disk-operator", "4.22.0", { operator: "quay.io/other/operator:v1" })) }),
      [
        "container disk-operator of disk-operator is quay.io/other/operator:v1, a tag where a digest is due, and no pattern covers it: name it by digest, or add a pattern to pipelines/operators/data/operators.yaml",
      ],
    ],
    [
      "a version that is none",
      () => make({ manifests: bundleFiles(csvOf("disk-operator", "4.22")) }),
      ["version 4.22 is no semantic version: say one (version), such as 4.22.0"],
    ],
    [
      "no ClusterServiceVersion, or two",
      () => make({ manifests: {} }),
      ["a bundle has one ClusterServiceVersion, and manifests have none"],
    ],
    [
      "a file that is no YAML",
      () => make({ manifests: { "a.yaml": "a: [" } }),
      [
        "a.yaml, document 1 is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5",
      ],
    ],
  ];
  for (const [given, made, faults] of refused) {
    it(`is refused for ${given}`, () => {
      assert.deepEqual(
        faultsOf(made),
        faults.map((fault) => `disk-operator: ${fault}`),
      );
    });
  }

  it("keeps images by digest that no pattern covers", () => {
    const image = `quay.io/other/operator@${digest(9)}`;
    const made = make({ manifests: bundleFiles(csvOf("disk-operator", "4.22.0", { operator: image })) });
    assert.equal(csvIn(made).metadata.annotations!.containerImage, image);
  });

  it("is read as opm reads it, and written so: YAML 1.1, merge keys, many aliases", () => {
    const text = `apiVersion: v1
kind: ConfigMap
metadata: { name: a, labels: &l { app: disks } }
immutable: no
mode: 0644
max: 9223372036854775807
data: { answer: "no", octal: "0644", day: "2026-01-05", <<: *l, more: &m x }
many: [${Array(120).fill("*m").join(", ")}]
`;
    const { manifests } = make({ manifests: { ...bundleFiles(), "a.yaml": text } });
    const written = manifests["a.yaml"]!;
    for (const line of [
      ...["immutable: false", "mode: 420", "max: 9223372036854775807"],
      ...['  answer: "no"', '  octal: "0644"', '  day: "2026-01-05"', "  app: disks"],
    ]) {
      assert.ok(written.split("\n").includes(line), `${line} in ${written}`);
    }
    assert.equal([...written.matchAll(/^ +- x$/gm)].length, 120);
  });

  it("is the same whatever order its files come in, and made of itself", () => {
    const made = make();
    assert.deepEqual(make({ manifests: Object.fromEntries(Object.entries(bundleFiles()).reverse()) }), made);
    assert.deepEqual(make({ manifests: made.manifests }).manifests, made.manifests);
  });
});
