import assert from "node:assert/strict";
import type { Look, Stored } from "../../../components/programs/collection/look";
import type { Settings } from "../../../components/programs/collection/settings";
import { surplus } from "../../../components/programs/collection/surplus";
import { RECORD_ANNOTATION } from "../../../components/programs/events/build";
import { digestOf } from "./pushes";

const SETTINGS: Settings = {
  registry: { address: "registry:5000", path: "okd", insecure: true },
  namespaces: [],
  named: [],
  builds: [{ version: "5.0", records: "records", images: ["node"], rehearsal: false, keep: 1 }],
  images: { node: 1 },
};
const TIME = Date.parse("2026-11-01T00:00:00Z");

const stored = (name: string, more: Partial<Stored> = {}): Stored => ({
  ...{ digest: digestOf(name), tags: [`key-${digestOf(name).slice(7)}`], annotations: {}, labels: {} },
  ...{ architecture: "amd64", time: TIME },
  ...more,
});
const record = (id: string, created: string, images: Record<string, string>, tag = `5.0-${id}-amd64`): Stored => {
  const text = {
    schema: 1,
    stream: "okd-coreos",
    version: "5.0",
    buildId: id,
    architecture: "amd64",
    commits: {},
    images,
    created,
  };
  return stored(id, { tags: [tag], annotations: { [RECORD_ANNOTATION]: JSON.stringify(text) }, time: undefined });
};
const gone = (look: Record<string, Stored[]>, settings: Partial<Settings> = {}, used: string[] = []) =>
  surplus(new Map(Object.entries(look)) as Look, { ...SETTINGS, ...settings }, new Set(used));
const digests = (...args: Parameters<typeof gone>) => gone(...args).map(({ digest }) => digest);

describe("what may go from a registry", () => {
  const [old, young] = [stored("old"), stored("young", { time: TIME + 1 })];

  it("is what runs find by a key, or by a build's own tag, beyond the newest", () => {
    assert.deepEqual(digests({ node: [young, old] }), [old.digest]);
    for (const tag of [
      "10.0.20261130-84304436-x86_64",
      "10.0.20261130-84304436-aarch64-rehearsal",
      "418.9.202611301203-0-x86_64",
      "5.0.202611301203-x86_64",
    ]) {
      assert.deepEqual(digests({ node: [young, { ...old, tags: [tag] }] }), [old.digest], tag);
    }
  });

  it("is nothing under a tag of another form, whatever tags it has besides", () => {
    for (const tag of [
      "5.0-x86_64",
      "5.0-x86_64-rehearsal",
      "latest",
      "prod",
      "4.22.0-okd-scos.1",
      "v1",
      "key-1",
      "reserved-x",
    ]) {
      assert.deepEqual(digests({ node: [young, { ...old, tags: [...old.tags, tag] }] }), [], tag);
    }
  });

  it("is nothing of another sort, and nothing that does not say when it was made", () => {
    const others: Partial<Stored>[] = [
      { architecture: "arm64" },
      { labels: { "io.okd-streams.version": "4.22" } },
      { labels: { "io.okd-streams.rpm": "cri-o" } },
      { time: undefined },
    ];
    for (const other of others) {
      assert.deepEqual(digests({ node: [young, { ...old, ...other }] }), []);
    }
  });

  it("is nothing that the settings name, nor runs that have not ended", () => {
    assert.deepEqual(digests({ node: [young, old] }, { named: [old.digest] }), []);
    assert.deepEqual(digests({ node: [young, old] }, {}, [old.digest]), []);
  });

  it("is nothing that a list names which stays", () => {
    const list = stored("list", { tags: ["prod"], names: [old.digest] });
    assert.deepEqual(digests({ node: [young, old, list] }), []);
  });

  it("is what is said of an image that goes, and of nothing else", () => {
    const about = (of: Stored) =>
      stored(`about ${of.digest}`, { tags: [`sha256-${of.digest.slice(7)}.sig`], time: undefined });
    assert.deepEqual(digests({ node: [young, old, about(young), about(old)] }), [old.digest, about(old).digest]);
  });

  it("is a build beyond the newest: what no tag names of it, its list, and its record at last", () => {
    const images = (digest: string) => ({ node: digest });
    const list = stored("list of a", { tags: ["5.0-a"], names: [digestOf("image of a")], time: undefined });
    const look = {
      node: [list],
      records: [
        record("a", "2026-11-01T00:00:00Z", images(digestOf("image of a"))),
        record("b", "2026-11-02T00:00:00Z", images(digestOf("image of b"))),
        record("c", "2026-11-03T00:00:00Z", images(young.digest)),
      ],
    };
    // The newest that is whole stays beside the newest.
    assert.deepEqual(gone(look), [
      { repository: "node", digest: digestOf("image of b"), tags: [] },
      { repository: "records", digest: digestOf("b"), tags: ["5.0-b-amd64"] },
    ]);
    const lists = ["a", "c"].map((id) =>
      stored(`list of ${id}`, { tags: [`5.0-${id}`], names: [digestOf(`image of ${id}`)], time: undefined }),
    );
    const kinds = gone({ ...look, node: lists }).map(({ repository, digest }) => [repository, digest]);
    assert.deepEqual(kinds, [
      ["node", digestOf("image of a")],
      ["node", digestOf("image of b")],
      ["node", digestOf("list of a")],
      ["records", digestOf("a")],
      ["records", digestOf("b")],
    ]);
  });

  it("is nothing elsewhere that somebody's record names, nor a record that says nothing", () => {
    const release = stored("release", { tags: ["4.22.0"] });
    const records = [
      record("a", "2026-11-01T00:00:00Z", { "okd-payload": release.digest, node: young.digest }),
      record("b", "2026-11-02T00:00:00Z", {}),
      stored("c", { tags: ["5.0-c-amd64"], time: undefined }),
    ];
    assert.deepEqual(
      gone({ node: [young], records, "okd-payload": [release] }).map(({ repository, digest }) => [repository, digest]),
      [["records", digestOf("a")]],
    );
  });

  it("is of a rehearsal only what a rehearsal left", () => {
    const builds = [{ ...SETTINGS.builds[0]!, rehearsal: true }];
    const real = stored("list of a", { tags: ["5.0-a"], names: [], time: undefined });
    const records = ["a", "b"].map((id, index) => record(id, `2026-11-0${index + 1}T00:00:00Z`, {}));
    assert.deepEqual(digests({ node: [real], records }, { builds }), [digestOf("a")]);
  });

  describe("of images that sources build on", () => {
    const held = { repository: "held", keep: 1, of: ["c10s-x86_64"] };
    const image = (name: string) => stored(name, { tags: [`sha256-${digestOf(name).slice(7)}-x86_64`] });
    const used = (day: string, of: Stored, what = "c10s-x86_64") =>
      stored(`used ${what} ${day}`, {
        tags: [`used-${what}-${day}-0123456789ab`],
        annotations: { "io.okd-streams.bases": of.digest },
      });
    const [first, second] = [image("first"), image("second")];
    const both = [used("20261101", first), used("20261102", second)];

    it("is what none of the newest records names, and older records", () => {
      assert.deepEqual(digests({ held: [first, second, ...both] }, { held }), [first.digest, both[0]!.digest]);
    });

    it("is nothing as long as of one that is built here nothing was recorded", () => {
      const two = { ...held, of: ["c10s-x86_64", "c9s-x86_64"] };
      assert.deepEqual(digests({ held: [first, second, ...both] }, { held: two }), []);
      const older = used("20261101", first, "c9s-x86_64");
      assert.deepEqual(digests({ held: [first, second, ...both, older] }, { held: two }), [both[0]!.digest]);
    });

    it("is nothing that a run works with", () => {
      assert.deepEqual(digests({ held: [first, second, ...both] }, { held }, [first.digest]), [both[0]!.digest]);
    });
  });
});
