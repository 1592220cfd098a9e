import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { KubernetesObject } from "../../../components/kubernetes/object";
import { compare } from "../../../stacks/preview/compare";
import { toComparable, toPreview } from "../../../stacks/preview/json";
import { runProgram } from "../../../stacks/preview/run";

/** As a resource takes it: a URN, or what was otherwise. */
type Alias = string | pulumi.Alias;

interface Names {
  type: string;
  name: string;
  child: string;
}

/** A component with an object in it, and one beside it. */
async function recorded({ type, name, child }: Names, aliases: Alias[] = [], ofChild: Alias[] = []) {
  const program = async () => {
    const part = new pulumi.ComponentResource(type, name, {}, { aliases });
    const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } };
    new KubernetesObject(manifest, { parent: part, aliases: ofChild }, child);
    return Promise.resolve({});
  };
  return runProgram(program, { project: "okd-streams", stack: "small" });
}

const FORMER = { type: "okd-streams:platform:Release", name: "tekton", child: "tekton-settings" };

describe("aliases", () => {
  const renamed: [what: string, now: Names, aliases: Alias[], ofChild?: Alias[]][] = [
    ["another type", { ...FORMER, type: "okd-streams:platform:InstalledPart" }, [{ type: FORMER.type }]],
    [
      "another name, which the child's begins with",
      { ...FORMER, name: "pipelines", child: "pipelines-settings" },
      [{ name: "tekton" }],
    ],
    ["a child of another name", { ...FORMER, child: "settings" }, [], [{ name: "tekton-settings" }]],
    [
      "both",
      { type: "okd-streams:platform:InstalledPart", name: "tekton", child: "settings" },
      [{ type: FORMER.type }],
      [{ name: "tekton-settings" }],
    ],
    [
      "a URN",
      { ...FORMER, child: "settings" },
      [],
      [`urn:pulumi:small::okd-streams::${FORMER.type}$kubernetes:core/v1:ConfigMap::tekton-settings`],
    ],
    ["another parent", { ...FORMER, child: "tekton-settings" }, [], [{ parent: pulumi.rootStackResource }]],
  ];
  for (const [what, now, aliases, ofChild] of renamed) {
    it(`of ${what} are known: nothing is made anew`, async () => {
      const { components, unchanged } = compare(
        toPreview(await recorded(FORMER)),
        toComparable(await recorded(now, aliases, ofChild)),
      );
      assert.deepEqual([components, unchanged], [[], 3]);
    });
  }

  it("are needed: without them it is another resource", async () => {
    const now = { ...FORMER, type: "okd-streams:platform:InstalledPart" };
    const { components, unchanged } = compare(toPreview(await recorded(FORMER)), toComparable(await recorded(now)));
    const count = components.reduce((sum, { added, removed }) => sum + added.length + removed.length, 0);
    assert.deepEqual([count, unchanged], [4, 1]);
  });
});
