import assert from "node:assert/strict";
import { compareReleases, type ReleaseContent } from "../../../components/programs/payload/compare";

const image = (name: string, digit = "1") => `registry.example/${name}@sha256:${digit.repeat(64)}`;

const base: ReleaseContent = {
  version: "4.22.0-okd-scos.7",
  images: { a: image("a"), b: image("b"), cli: image("cli") },
  manifests: {
    "0000_10_a_crd.yaml": "kind: CRD\n",
    "0000_50_a_deployment.yaml": `image: ${image("a")}\n`,
    "0000_50_b_deployment.yaml": `image: ${image("b")}\ncli: ${image("cli")}\nversion: 4.22.0-okd-scos.7\n`,
  },
};
const made: ReleaseContent = {
  version: "4.22.0-mine.1",
  images: { ...base.images, b: image("mine", "2"), cli: image("mine-cli", "3") },
  manifests: {
    ...base.manifests,
    "0000_50_b_deployment.yaml": `image: ${image("mine", "2")}\ncli: ${image("mine-cli", "3")}\nversion: 4.22.0-mine.1\n`,
  },
};
const b = { name: "b", before: ["deployment.yaml"], after: ["deployment.yaml"] };
const cli = { name: "cli", before: [], after: [] };

const compare = (change: Partial<ReleaseContent>, replaced = [b, cli]) =>
  compareReleases(base, { ...made, ...change }, replaced);

describe("a release beside its base", () => {
  it("differs in what was replaced, in its name, and in the references of what was replaced", () => {
    assert.deepEqual(compare({}), {
      faults: [],
      changes: [
        `b: ${image("mine", "2")} in place of ${image("b")}`,
        `cli: ${image("mine-cli", "3")} in place of ${image("cli")}`,
      ],
    });
    const manifests: Record<string, string> = {
      ...made.manifests,
      "0000_50_b_deployment.yaml": "other",
      "0000_50_b_new.yaml": "new",
    };
    assert.deepEqual(compare({ manifests }, [{ ...b, after: ["deployment.yaml", "new.yaml"] }, cli]).changes.slice(2), [
      "manifest 0000_50_b_deployment.yaml of b changed",
      "manifest 0000_50_b_new.yaml of b is new",
    ]);
    delete manifests["0000_50_b_deployment.yaml"];
    assert.deepEqual(compare({ manifests }, [{ ...b, after: ["new.yaml"] }, cli]).changes.slice(2), [
      "manifest 0000_50_b_new.yaml of b is new",
      "manifest 0000_50_b_deployment.yaml of b is gone",
    ]);
  });

  const crd = base.manifests["0000_10_a_crd.yaml"]!;
  const without = (file: string) =>
    Object.fromEntries(Object.entries(made.manifests).filter(([name]) => name !== file));
  const faults: [fault: string, change: Partial<ReleaseContent>][] = [
    [
      "manifest 0000_10_a_crd.yaml is there twice, as 0000_10_a_crd_2.yaml",
      { manifests: { ...made.manifests, "0000_10_a_crd_2.yaml": crd } },
    ],
    ["manifest 0000_10_a_crd.yaml is lost", { manifests: without("0000_10_a_crd.yaml") }],
    ["manifest 0000_50_b_deployment.yaml of b is lost", { manifests: without("0000_50_b_deployment.yaml") }],
    [
      "manifest 0000_10_a_crd.yaml changed, and is of no component that was replaced",
      { manifests: { ...made.manifests, "0000_10_a_crd.yaml": "kind: Other\n" } },
    ],
    [
      "manifest 0000_50_c_x.yaml is of no component that was replaced, and the base has none of this name",
      { manifests: { ...made.manifests, "0000_50_c_x.yaml": "" } },
    ],
    ["component a is lost", { images: { b: made.images.b!, cli: made.images.cli! } }],
    ["component c is one that the base has not", { images: { ...made.images, c: image("c") } }],
    [
      `component a has another image, ${image("a", "9")}, and was not replaced`,
      { images: { ...made.images, a: image("a", "9") } },
    ],
  ];
  for (const [fault, change] of faults) {
    it(`is refused: ${fault.replace(/@sha256:\d+/, "")}`, () => {
      assert.deepEqual(compare(change).faults, [fault]);
    });
  }

  it("is refused where a manifest of the base's image stays that the new image has not", () => {
    const { faults } = compare({}, [{ ...b, after: [] }, cli]);
    assert.deepEqual(faults, ["manifest 0000_50_b_deployment.yaml of the base's b is there still"]);
  });
});
