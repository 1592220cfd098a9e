import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { format } from "prettier";
import { parse, stringify } from "yaml";
import { parseData } from "../../../components/pipelines/data";
import { tableFile } from "../../../components/streams/payload/table";
import { readUpstream, writeTable } from "../../../components/streams/payload/write-table";

const BY_HAND = "pipelines/payload/data/by-hand.yaml";
const CI = "registry.ci.openshift.org/ocp";
const HEAD = readFileSync(BY_HAND, "utf8").split("\ncomponents:\n")[0]!;

const source = (name: string, more: object = {}) => ({
  git: { web: `https://github.com/openshift/${name}`, branch: { target: "release-{MAJOR}.{MINOR}" } },
  ...more,
});
const image = (name: string, more: object = {}, sources: object = {}) => ({
  ...{ name: `openshift/ose-${name}`, for_payload: true, content: { source: source(name, sources) } },
  from: { builder: [{ stream: "rhel-9-golang" }], member: "openshift-base" },
  ...more,
});

/** A small table as upstream's: each image shows one of the rules. */
const IMAGES: Record<string, object> = {
  "openshift-base": image(
    "base",
    { for_payload: false, from: { member: "rhel-base" } },
    { okd_alignment: { tag_name: "base-stream9" }, path: "base/", dockerfile: "./Dockerfile.rhel9" },
  ),
  "rhel-base": image("rhel", { for_payload: false }, { okd_alignment: { resolve_as: { stream: "centos" } } }),
  "ose-plain": image("plain"),
  "ose-off": image("off", { okd: { mode: "disabled" } }),
  "okd-only": image("only", { mode: "disabled", okd: { mode: "enabled" } }),
  "ose-named": image("named", { payload_name: "its-name" }, { dockerfile: "/images/Dockerfile.ocp" }),
  "ose-okd": image(
    "okd",
    {
      from: { builder: [{ stream: "rhel-9-golang" }], member: "ose-parent" },
      okd: { content: { source: { dockerfile: "Dockerfile.okd" } }, from: { member: "ose-plain", builder: [] } },
    },
    { dockerfile: "Dockerfile.ocp" },
  ),
  "ose-user": image(
    "user",
    {
      from: {
        builder: [{ stream: "rhel-9-golang" }, { member: "ose-parent" }, { stream: "rhel-9-golang" }],
        stream: "own",
      },
    },
    { okd_alignment: { build_args: [{ name: "MODE", value: "x" }] } },
  ),
  "ose-parent": image("parent", { for_payload: false }),
  "ose-unused": image("unused", { for_payload: false }),
  "ose-etcd": {
    ...image("etcd"),
    content: { source: { git: { web: "https://github.com/other/etcd.git", branch: { target: "openshift-4.22" } } } },
  },
};
const ROWS = {
  "base-stream9": {
    ...{ repository: "https://github.com/openshift/base", dockerfile: "Dockerfile.rhel9", context: "base" },
    ...{ from: `${CI}/builder:stream9`, stages: [], parent: true },
  },
  etcd: { repository: "https://github.com/other/etcd", branch: "openshift-VERSION" },
  "its-name": { repository: "https://github.com/openshift/named", dockerfile: "images/Dockerfile.ocp" },
  okd: { dockerfile: "Dockerfile.okd", from: "plain", stages: [] },
  only: {},
  parent: { parent: true },
  plain: {},
  user: { from: "quay.io/own:1", stages: ["golang", "parent"], arguments: { MODE: "x" } },
};

describe("the table of components, from upstream's", () => {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  function checkout(images = IMAGES): string {
    const folder = mkdtempSync(join(tmpdir(), "okd-streams-upstream-"));
    folders.push(folder);
    const files: Record<string, object> = {
      "group.yml": { vars: { MAJOR: 4, MINOR: 22, GO_LATEST: "1.25" } },
      "streams.yml": {
        "rhel-9-golang": {
          image: "x",
          upstream_image: `${CI}/builder:rhel-9-golang-{GO_LATEST}-openshift-{MAJOR}.{MINOR}`,
        },
        centos: { image: "x", upstream_image: `${CI}/builder:stream9` },
        own: { image: "quay.io/own:1" },
      },
      ...Object.fromEntries(Object.entries(images).map(([name, content]) => [`images/${name}.yml`, content])),
    };
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), stringify(content));
    }
    return folder;
  }
  const write = (folder: string, components = "  {}\n", version = "4.22") =>
    writeTable(`${HEAD}\ncomponents:\n${components}`, readUpstream(folder), version);

  it("has the rows that rules give, each with what differs alone", () => {
    const { text, notes } = write(checkout());
    assert.deepEqual((parse(text) as { components: object }).components, ROWS);
    assert.deepEqual(notes, []);
    assert.equal(parseData(text, "x.yaml", tableFile).rows.length, Object.keys(ROWS).length);
  });

  it("has what is written by hand over them, and says of what it has no component", () => {
    const { text, notes } = write(
      checkout(),
      "  plain: { rpms: true, stages: [] }\n  user: { from: base-stream9 }\n  gone: { rpms: true }\n",
    );
    const { components } = parse(text) as { components: Record<string, object> };
    assert.deepEqual(components.plain, { stages: [], rpms: true });
    assert.deepEqual(components.user, { stages: ["golang", "parent"], arguments: { MODE: "x" } });
    assert.deepEqual(notes, ["by-hand.yaml says something of gone, which 4.22 has not"]);
  });

  it("is the same bytes, however upstream's files are ordered", () => {
    const { text } = write(checkout());
    const reversed = Object.fromEntries(Object.entries(IMAGES).reverse());
    assert.equal(write(checkout(reversed)).text, text);
    assert.equal(write(checkout()).text, text);
  });

  it("is as the formatter has it, long lists too", async () => {
    const builder = Array.from({ length: 8 }, (_, index) => ({ image: `quay.io/a-rather-long-name/tool:${index}` }));
    const images = { ...IMAGES, "ose-long": image("long", { from: { builder, member: "ose-plain" } }) };
    const { text } = write(checkout(images));
    assert.equal(await format(text, { parser: "yaml", printWidth: 120 }), text);
    assert.equal(
      (parse(text) as { components: Record<string, { stages: string[] }> }).components.long!.stages.length,
      8,
    );
  });

  it("that is committed is as it would be written: head and rows of by-hand.yaml are in it", () => {
    const byHand = readFileSync(BY_HAND, "utf8");
    const text = readFileSync("pipelines/payload/data/components.yaml", "utf8");
    const head = HEAD.slice(HEAD.indexOf("#   "));
    assert.ok(text.includes(`${head}\ncomponents:\n`));
    const rows = (of: string) => (parse(of) as { components: Record<string, Record<string, unknown>> }).components;
    const [written, table] = [rows(byHand), rows(text)];
    for (const [name, columns] of Object.entries(written)) {
      for (const [column, value] of Object.entries(columns)) {
        // A column that is as usual is not said.
        const said = table[name]![column];
        if (said !== undefined) assert.deepEqual(said, value, `${name}: ${column}`);
      }
    }
  });

  const wrong: [given: string, images: Record<string, object>, sentence: string, version?: string][] = [
    ["another version", {}, "The checkout is of 4.22, not of 5.0: check out branch openshift-5.0 in it.", "5.0"],
    [
      "two rows of one output",
      { "ose-twin": image("plain") },
      "images/ose-plain.yml and images/ose-twin.yml are both plain: two rows of one output.",
    ],
    [
      "an unknown input",
      { "ose-lost": image("lost", { from: { member: "nothing" } }) },
      "images/ose-lost.yml stands on nothing, and there is no such image.",
    ],
    [
      "an unknown stream",
      { "ose-lost": image("lost", { from: { stream: "nothing" } }) },
      "images/ose-lost.yml stands on stream nothing, which streams.yml has not.",
    ],
    [
      "no repository",
      { "ose-lost": image("lost", { content: {} }) },
      "images/ose-lost.yml names no repository (content.source.git).",
    ],
  ];
  for (const [given, more, message, version] of wrong) {
    it(`is not written of ${given}`, () => {
      assert.throws(() => write(checkout({ ...IMAGES, ...more }), undefined, version), { name: "UserError", message });
    });
  }

  it("is not written of a folder that is no checkout", () => {
    assert.throws(() => readUpstream(tmpdir()), {
      name: "UserError",
      message: `${tmpdir()} has no group.yml: name a checkout of github.com/openshift-eng/ocp-build-data.`,
    });
  });
});
