import assert from "node:assert/strict";
import fc from "fast-check";
import { compare } from "semver";
import { addBundles } from "../../../components/programs/operators/catalog";
import type { Blob } from "../../../components/programs/operators/entry";
import { bundleOf, digest } from "./samples";

const channelIn = (blobs: Blob[], channel = "stable", of = "disks") =>
  blobs.find((blob) => blob.schema === "olm.channel" && blob.package === of && blob.name === channel)?.entries as
    { name: string; replaces?: string; skipRange?: string }[] | undefined;
const add = (blobs: Blob[], ...bundles: Parameters<typeof addBundles>[1]) => {
  const added = addBundles(blobs, bundles);
  assert.deepEqual(added.faults, []);
  return added;
};

describe("a catalog", () => {
  it("begins with a bundle: its package, a channel and it", () => {
    const bundle = bundleOf("4.22.0", { skipsFrom: "4.3.0" });
    const { blobs, changes } = add([], bundle);
    assert.deepEqual(changes, ["disks.v4.22.0 is added to stable, skips >=4.3.0 <4.22.0"]);
    assert.deepEqual(blobs, [
      { schema: "olm.package", name: "disks", defaultChannel: "stable" },
      {
        ...{ schema: "olm.channel", package: "disks", name: "stable" },
        entries: [{ name: "disks.v4.22.0", skipRange: ">=4.3.0 <4.22.0" }],
      },
      {
        ...{ schema: "olm.bundle", name: "disks.v4.22.0", package: "disks", image: bundle.image },
        ...{ properties: bundle.properties, relatedImages: [{ name: "", image: bundle.image }] },
      },
    ]);
  });

  it("has the newest replace the one before it, and skip from the oldest on; others of it stay as they are", () => {
    const other = add([], bundleOf("1.0.0", { package: "other" })).blobs;
    const deprecation = { schema: "olm.deprecations", package: "other", entries: [] };
    const first = add([...other, deprecation], bundleOf("4.22.0")).blobs;
    const second = add(first, bundleOf("4.22.1")).blobs;
    const { blobs, changes } = add(
      second,
      bundleOf("4.22.2", { channels: ["stable", "fast"], defaultChannel: "fast" }),
    );
    assert.deepEqual(channelIn(blobs), [
      { name: "disks.v4.22.0" },
      { name: "disks.v4.22.1", replaces: "disks.v4.22.0", skipRange: ">=4.22.0 <4.22.1" },
      { name: "disks.v4.22.2", replaces: "disks.v4.22.1", skipRange: ">=4.22.0 <4.22.2" },
    ]);
    assert.deepEqual(channelIn(blobs, "fast"), [{ name: "disks.v4.22.2" }]);
    assert.deepEqual(changes, [
      "disks.v4.22.2 is added to stable, replaces disks.v4.22.1, skips >=4.22.0 <4.22.2",
      "disks.v4.22.2 is added to fast",
    ]);
    assert.equal(blobs.find(({ name }) => name === "disks")?.defaultChannel, "fast");
    assert.deepEqual(
      blobs.filter(({ name, package: of }) => name === "other" || of === "other"),
      [...other, deprecation],
    );
  });

  it("keeps a bundle that it has, and is then as it was", () => {
    const { blobs } = add([], bundleOf("4.22.0"));
    const again = add(blobs, bundleOf("4.22.0"));
    assert.deepEqual(again, { blobs, changes: ["disks.v4.22.0 is kept"], faults: [] });
  });

  const { blobs: two } = addBundles(addBundles([], [bundleOf("4.22.0")]).blobs, [bundleOf("4.22.1")]);
  const refused: [given: string, bundles: ReturnType<typeof bundleOf>[], faults: string[]][] = [
    [
      "a version that is there with other content",
      [bundleOf("4.22.0", { image: `quay.io/me/disks-bundle@${digest("f")}` })],
      [
        `disks-operator: disks has version 4.22.0 already, with other content (quay.io/me/disks-bundle@${digest(6)}), and what is published is never replaced: the next free one is 4.22.2`,
      ],
    ],
    [
      "a version that is not newer",
      [bundleOf("4.21.7")],
      ["disks-operator: version 4.21.7 is not newer than 4.22.1, which channel stable of disks has: 4.22.2 would be"],
    ],
    [
      "an early version of what is there",
      [bundleOf("4.22.1-mine.1")],
      [
        "disks-operator: version 4.22.1-mine.1 is not newer than 4.22.1, which channel stable of disks has: 4.22.2 would be",
      ],
    ],
    [
      "a package that two operators make",
      [bundleOf("4.22.2"), bundleOf("4.22.3", { operator: "disks-too" })],
      ["package disks is made twice, of disks-operator and disks-too: name one"],
    ],
  ];
  for (const [given, bundles, faults] of refused) {
    it(`refuses ${given}`, () => {
      assert.deepEqual(addBundles(two, bundles).faults, faults);
    });
  }

  it("has one newest bundle in each channel, which all others lead to, whatever comes in which order", () => {
    const version = fc
      .record({ minor: fc.nat(3), patch: fc.nat(3), early: fc.option(fc.nat(2)) })
      .map(({ minor, patch, early }) => `4.${minor}.${patch}${early === null ? "" : `-mine.${early}`}`);
    const bundle = fc.record({
      version,
      channels: fc.subarray(["a", "b"], { minLength: 1 }),
      of: fc.constantFrom("x", "y"),
    });
    fc.assert(
      fc.property(fc.array(bundle, { maxLength: 12 }), (all) => {
        let blobs: Blob[] = [];
        for (const { version: wanted, channels, of } of all) {
          const before = blobs;
          const added = addBundles(blobs, [bundleOf(wanted, { package: of, channels })]);
          if (added.faults.length === 0) blobs = added.blobs;
          else assert.deepEqual(added.blobs, before, "what is refused changes nothing");
        }
        const versions = (entries: { name: string }[]) => entries.map(({ name }) => name.slice(name.indexOf(".v") + 2));
        for (const of of ["x", "y"]) {
          for (const channel of ["a", "b"]) {
            const entries = channelIn(blobs, channel, of) ?? [];
            assert.deepEqual(versions(entries), [...versions(entries)].sort(compare));
            assert.deepEqual(
              entries.map(({ replaces }) => replaces),
              entries.map((_, index) => entries[index - 1]?.name),
            );
          }
        }
        const names = blobs.filter(({ schema }) => schema === "olm.bundle").map((blob) => blob.name);
        assert.equal(new Set(names).size, names.length);
      }),
    );
  });
});
