import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { BuildRecord } from "../../../components/programs/events/build";
import { decide, type Facts, type Hint, type Reading } from "../../../components/programs/gate/decide";
import { BUILD, digestOf, NOW, recordOf, STREAM } from "./samples";

const present = (architecture: string, changes: Partial<BuildRecord> = {}): Reading => ({
  state: "present",
  digest: digestOf(`record ${architecture}`),
  record: { ...recordOf(architecture), ...changes },
});
const BOTH = { amd64: present("amd64"), arm64: present("arm64") };

function outcome(facts: Partial<Facts>, hint?: Hint): string {
  const verdict = decide(BUILD, { stream: STREAM, records: BOTH, lists: [], now: NOW, ...facts }, hint);
  return `${verdict.outcome}: ${verdict.message}`;
}

describe("the gate's decision", () => {
  const cases: [name: string, expected: string, facts: Partial<Facts>, hint?: Hint][] = [
    ["a complete build is composed", "compose: BUILD: all of amd64, arm64 are there", {}],
    [
      "a missing architecture holds it back",
      "incomplete: BUILD: 1 of 2 architectures are there, arm64 missing",
      { records: { amd64: present("amd64"), arm64: { state: "absent" } } },
    ],
    [
      "an architecture that was not read is missing",
      "incomplete: BUILD: 0 of 2 architectures are there, amd64, arm64 missing",
      { records: {} },
    ],
    [
      "a build whose lists exist is done",
      "composed: BUILD: its manifest lists are in the registry",
      { lists: STREAM.images },
    ],
    [
      "a build whose lists exist is done, whatever else was pruned",
      "composed: BUILD: its manifest lists are in the registry",
      { lists: STREAM.images, records: {} },
    ],
    [
      "a build with one of its lists is composed again",
      "compose: BUILD: all of amd64, arm64 are there",
      { lists: ["stream-coreos"] },
    ],
    [
      "a version that the stack does not build is foreign",
      "foreign: BUILD: this stack does not build that version",
      { stream: undefined },
    ],
    [
      "an architecture that the stack does not want is refused",
      "unknown-architecture: BUILD: s390x is none of amd64, arm64",
      {},
      { architecture: "s390x" },
    ],
    [
      "the record of an architecture that the stack does not want counts for nothing",
      "incomplete: BUILD: 1 of 2 architectures are there, arm64 missing",
      { records: { amd64: present("amd64"), s390x: present("s390x") } },
    ],
    [
      "an old build is never complete",
      "expired: BUILD: its first architecture arrived more than 24 hours ago",
      { now: new Date(NOW.getTime() + 24 * 3_600_000) },
    ],
    [
      "an old build that lacks an architecture is not waited for",
      "expired: BUILD: its first architecture arrived more than 24 hours ago",
      { records: { amd64: BOTH.amd64 }, now: new Date(NOW.getTime() + 24 * 3_600_000) },
    ],
    [
      "sources of other commits are no part of it",
      "conflicting: BUILD: arm64 was built from other commits than amd64",
      { records: { ...BOTH, arm64: present("arm64", { commits: { base: "ccccccc", node: "bbbbbbb" } }) } },
    ],
    [
      "an image that two architectures claim is nobody's",
      `conflicting: BUILD: arm64 and amd64 claim the same image ${recordOf("amd64").images["stream-coreos-base"]}`,
      { records: { ...BOTH, arm64: present("arm64", { images: recordOf("amd64").images }) } },
    ],
    [
      "a place of boot images that two architectures claim is nobody's",
      "conflicting: BUILD: arm64 and amd64 claim the same image s3://okd/next/builds/1/x86_64",
      {
        records: {
          amd64: present("amd64", { bootImages: "s3://okd/next/builds/1/x86_64" }),
          arm64: present("arm64", { bootImages: "s3://okd/next/builds/1/x86_64" }),
        },
      },
    ],
    [
      "boot images are in the stack's own bucket",
      "conflicting: BUILD: the record of arm64 has its boot images in s3://okd.example/next/builds/1/aarch64, which is no place of this stack's",
      { records: { ...BOTH, arm64: present("arm64", { bootImages: "s3://okd.example/next/builds/1/aarch64" }) } },
    ],
    [
      "a stack without a bucket has no boot images",
      "conflicting: BUILD: the record of arm64 has its boot images in s3://okd/next/builds/1/aarch64, which is no place of this stack's",
      {
        stream: { ...STREAM, bucket: undefined },
        records: { ...BOTH, arm64: present("arm64", { bootImages: "s3://okd/next/builds/1/aarch64" }) },
      },
    ],
    [
      "a stranger's record composes nothing",
      "unsigned-record: BUILD: the record of arm64 is a stranger's",
      { records: { ...BOTH, arm64: { state: "unsigned", reason: "is a stranger's" } } },
    ],
    [
      "every image of the stream has to be there",
      "conflicting: BUILD: the record of arm64 has no image stream-coreos-base",
      { records: { ...BOTH, arm64: present("arm64", { images: { other: digestOf("x") } }) } },
    ],
    [
      "a record under another build's tag is refused",
      "conflicting: BUILD: the record of arm64 says buildId other",
      { records: { ...BOTH, arm64: present("arm64", { buildId: "other" }) } },
    ],
    [
      "a record under another architecture's tag is refused",
      "conflicting: BUILD: the record of arm64 says architecture s390x",
      { records: { ...BOTH, arm64: present("arm64", { architecture: "s390x" }) } },
    ],
    [
      "what is no record is refused",
      "conflicting: BUILD: the record of amd64 is no JSON",
      { records: { ...BOTH, amd64: { state: "unreadable", reason: "is no JSON" } } },
    ],
    [
      "an event of another record than the registry's is refused",
      "conflicting: BUILD: the event's record of amd64 is not the one in the registry",
      {},
      { architecture: "amd64", record: digestOf("another") },
    ],
    [
      "an event of the registry's record is not",
      "compose: BUILD: all of amd64, arm64 are there",
      {},
      { architecture: "amd64", record: digestOf("record amd64") },
    ],
  ];
  for (const [name, expected, facts, hint] of cases) {
    it(name, () => {
      assert.equal(outcome(facts, hint), expected.replace("BUILD", "okd-coreos 4.21 build 20261123-ab12"));
    });
  }

  it("names what is to be composed by digest", () => {
    assert.deepEqual(decide(BUILD, { stream: STREAM, records: BOTH, lists: [], now: NOW }).composition?.sources, {
      "stream-coreos": {
        amd64: recordOf("amd64").images["stream-coreos"],
        arm64: recordOf("arm64").images["stream-coreos"],
      },
      "stream-coreos-base": {
        amd64: recordOf("amd64").images["stream-coreos-base"],
        arm64: recordOf("arm64").images["stream-coreos-base"],
      },
    });
  });

  it("names the boot images that are to be listed, of the architectures that have some", () => {
    const records = { ...BOTH, arm64: present("arm64", { bootImages: "s3://okd/next/builds/1/aarch64" }) };
    const { composition } = decide(BUILD, { stream: STREAM, records, lists: [], now: NOW });
    assert.deepEqual(composition?.bootImages, ["s3://okd/next/builds/1/aarch64"]);
  });

  it("says when a whole build was: as its last architecture came, where records are left to say it", () => {
    const late = new Date(NOW.getTime() - 60_000);
    const records = { ...BOTH, arm64: present("arm64", { created: late.toISOString() }) };
    const completed = (facts: Partial<Facts>) =>
      decide(BUILD, { stream: STREAM, records, lists: STREAM.images, now: NOW, ...facts }).completed;
    assert.deepEqual(completed({}), late);
    assert.equal(completed({ records: {} }), undefined);
    assert.equal(completed({ lists: [] }), undefined);
  });

  it("counts attempts by the time since the last architecture came, all hours of one alike", () => {
    // The samples' records are an hour old; one of them comes later.
    const late = present("arm64", { created: NOW.toISOString() });
    const attempt = (minutes: number, arm64: Reading = BOTH.arm64) =>
      decide(BUILD, {
        stream: STREAM,
        records: { ...BOTH, arm64 },
        lists: [],
        now: new Date(NOW.getTime() + minutes * 60_000),
      }).composition?.attempt;
    assert.deepEqual(
      [-120, 0, 59, 60, 179, 180, 1200].map((minutes) => attempt(minutes)),
      [1, 1, 1, 2, 2, 3, 9],
    );
    assert.deepEqual([attempt(119, late), attempt(120, late)], [1, 2]);
  });
});

const ARCHITECTURES = ["amd64", "arm64", "ppc64le", "s390x"];
const HOUR = 3_600_000;

/** What any registry could hold: sound records, and everything that is none. */
const reading = (architecture: string): fc.Arbitrary<Reading> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(present(architecture)) },
    { weight: 2, arbitrary: fc.constant<Reading>({ state: "absent" }) },
    { weight: 1, arbitrary: fc.constant<Reading>({ state: "unreadable", reason: "is no JSON" }) },
    { weight: 1, arbitrary: fc.constantFrom("4.20", "4.21").map((version) => present(architecture, { version })) },
    { weight: 1, arbitrary: fc.constant(present(architecture, { commits: { base: "ccccccc" } })) },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: -48, max: 48 })
        .map((hours) => present(architecture, { created: new Date(NOW.getTime() + hours * HOUR).toISOString() })),
    },
  );

const facts: fc.Arbitrary<Facts> = fc.record({
  stream: fc
    .subarray(ARCHITECTURES, { minLength: 1 })
    .chain((architectures) => fc.constant({ ...STREAM, architectures })),
  records: fc.record(Object.fromEntries(ARCHITECTURES.map((architecture) => [architecture, reading(architecture)])), {
    requiredKeys: [],
  }) as fc.Arbitrary<Record<string, Reading>>,
  lists: fc.subarray([...STREAM.images, "elsewhere"]),
  now: fc.constant(NOW),
});

/** The rule said once more, the other way round: what all the facts have to be for a composition. */
function mayCompose({ stream, records, lists, now }: Facts): boolean {
  const found = stream!.architectures.map((architecture) => records[architecture]);
  const sound = found.flatMap((one, index) =>
    one?.state === "present" &&
    one.record.version === BUILD.version &&
    one.record.architecture === stream!.architectures[index]
      ? [one.record]
      : [],
  );
  return (
    sound.length === found.length &&
    new Set(sound.map(({ commits }) => JSON.stringify(commits))).size === 1 &&
    Math.min(...sound.map(({ created }) => Date.parse(created))) >= now.getTime() - stream!.expireAfterHours * HOUR &&
    !stream!.images.every((image) => lists.includes(image))
  );
}

describe("the gate's decision, whatever the registry holds", () => {
  it("is to compose exactly when everything required is there, sound, young and not composed", () => {
    let composed = 0;
    fc.assert(
      fc.property(facts, (given) => {
        const { outcome: found } = decide(BUILD, given);
        if (found === "compose") composed += 1;
        assert.equal(found === "compose", mayCompose(given));
      }),
      { numRuns: 2_000 },
    );
    assert.ok(composed > 50, "some are composed");
  });

  it("does not depend on any order, on repetitions, or on what nobody asked for", () => {
    const shuffled = facts.chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.shuffledSubarray(given.stream!.architectures, { minLength: given.stream!.architectures.length }),
        fc.shuffledSubarray(Object.entries(given.records), { minLength: Object.keys(given.records).length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([given, architectures, records]) => {
        const other = {
          ...given,
          stream: { ...given.stream!, architectures: [...architectures, architectures[0]!] },
          records: Object.fromEntries(
            records.filter(([architecture]) => architectures.includes(architecture)),
          ) as Record<string, Reading>,
          lists: [...given.lists].reverse(),
        };
        assert.deepEqual(decide(BUILD, other), decide(BUILD, given));
      }),
      { numRuns: 1_000 },
    );
  });

  it("is the same for every event of a build that tells the truth", () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...ARCHITECTURES), (given, architecture) => {
        const hint = { architecture, record: digestOf(`record ${architecture}`) };
        const expected = given.stream!.architectures.includes(architecture)
          ? decide(BUILD, given).outcome
          : "unknown-architecture";
        assert.equal(decide(BUILD, given, hint).outcome, expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it("composes of each required architecture exactly one image by each name", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { composition } = decide(BUILD, given);
        if (!composition) return;
        const { sources, attempt } = composition;
        assert.ok(attempt >= 1 && attempt <= 9);
        assert.deepEqual(Object.keys(sources).sort(), [...given.stream!.images].sort());
        for (const digests of Object.values(sources)) {
          assert.deepEqual(Object.keys(digests).sort(), [...given.stream!.architectures].sort());
        }
      }),
    );
  });
});
