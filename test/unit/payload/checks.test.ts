import assert from "node:assert/strict";
import { entryFaults, imageFaults, nextName } from "../../../components/programs/payload/checks";
import type { ReleaseInfo } from "../../../components/programs/payload/entry";

const base: ReleaseInfo = {
  config: { architecture: "amd64" },
  metadata: { version: "4.22.0-okd-scos.7", previous: [] },
  references: {
    ...{ kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: {} },
    spec: {
      tags: ["service-ca-operator", "cli", "cli-artifacts"].map((name) => ({
        name,
        from: { kind: "DockerImage", name },
      })),
    },
  },
};
const release = (version: string) => ({ repository: "quay.io/me/release", version });
const entry = { release: release("4.22.1-mine.1"), minor: "4.22", components: {} };
const where = { image: "quay.io/okd/scos-release@sha256:0", architecture: "amd64" };

describe("what is wrong with a payload's entry", () => {
  it("is nothing where all is well", () => {
    const components = { cli: { image: "x" } };
    assert.deepEqual(entryFaults({ ...entry, components }, base, where), []);
  });

  const cases: [
    given: string,
    change: Partial<Parameters<typeof entryFaults>[0]>,
    fault: string,
    architecture?: string,
  ][] = [
    [
      "a component that the base lacks",
      { components: { "service-ca-operater": { image: "x" } } },
      "component service-ca-operater is not in the base release (did you mean service-ca-operator?): mend the name, or put it under add if it is a new one",
    ],
    [
      "one that nothing is like",
      { components: { xyz: { image: "x" } } },
      "component xyz is not in the base release (it has 3 others): mend the name, or put it under add if it is a new one",
    ],
    [
      "no semantic version",
      { release: release("mine") },
      "version mine is no semantic version: write one such as 4.22.0-mine.1",
    ],
    [
      "the base's own version",
      { release: release("4.22.0-okd-scos.7") },
      "version 4.22.0-okd-scos.7 is not newer than the base's, 4.22.0-okd-scos.7, since versions go by the alphabet: 4.22.0-okd-scos.7.mine.1 would be",
    ],
    [
      "an older version",
      { release: release("4.22.0-mine.1") },
      "version 4.22.0-mine.1 is not newer than the base's, 4.22.0-okd-scos.7, since versions go by the alphabet: 4.22.0-okd-scos.7.mine.1 would be",
    ],
    [
      "a base of another minor",
      { release: release("4.23.0-mine.1"), minor: "4.23" },
      "version 4.23.0-mine.1 is of 4.23, and the base is 4.22.0-okd-scos.7: components of one minor do not go into another",
    ],
    [
      "a base of another minor, for what goes into no release",
      { release: undefined, minor: "4.23", components: { mine: { image: "x" } } },
      "the base is 4.22.0-okd-scos.7, and what is built is of 4.23: name a release of that version by digest",
    ],
    [
      "a base of another architecture",
      {},
      "base quay.io/okd/scos-release@sha256:0 is for amd64, not for arm64: name the release of that architecture by digest",
      "arm64",
    ],
  ];
  for (const [given, change, fault, architecture = "amd64"] of cases) {
    it(given, () => {
      assert.deepEqual(entryFaults({ ...entry, ...change }, base, { ...where, architecture }), [fault]);
    });
  }

  it("an image without the operator's label, or of another architecture", () => {
    const operator = { architecture: "amd64", config: { Labels: { "io.openshift.release.operator": "true" } } };
    const plain = { architecture: "amd64", config: {} };
    const faults = (after: typeof plain, before?: typeof plain) =>
      imageFaults("b", "quay.io/me/b", { before, after, architecture: "amd64" });
    assert.deepEqual(
      [faults(operator, operator), faults(plain, plain), faults(operator), faults(operator, plain)],
      [[], [], [], []],
    );
    assert.deepEqual(faults(plain, operator), [
      "b: quay.io/me/b has no label io.openshift.release.operator, and the base's image has it: without it the release has none of its manifests",
    ]);
    assert.deepEqual(faults({ architecture: "arm64", config: {} }), ["b: quay.io/me/b is for arm64, not for amd64"]);
  });

  it("the next free version counts the last number on", () => {
    const taken = ["4.22.0-mine.2", "4.22.0-mine.3"];
    assert.equal(
      nextName("4.22.0-mine.1", (name) => taken.includes(name)),
      "4.22.0-mine.4",
    );
    assert.equal(
      nextName("4.22.1", () => false),
      "4.22.1-mine.1",
    );
    assert.equal(
      nextName("4.22.0-mine", () => false),
      "4.22.0-mine-mine.1",
    );
  });
});
