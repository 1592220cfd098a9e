import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { makeBundle } from "../../../components/programs/operators/bundle";
import { addBundles } from "../../../components/programs/operators/catalog";
import type { Blob } from "../../../components/programs/operators/entry";
import { canonical } from "../../../components/programs/payload/record";
import { ANNOTATIONS, bundleFiles, bundleOf, digest, IMAGES, PATTERNS } from "../../unit/operators/samples";
import { requireTools } from "../../unit/scripts/machine";
import { run } from "../../unit/scripts/task";
import { OPM } from "./opm";

const CONTRACT = join(__dirname, "../../lab/release/opm/contract.json");

/** What is recorded of opm. */
interface Contract {
  recordedFrom: string;
  /** What it says of catalogs, by what is in them. */
  validate: Record<string, string>;
  /** What it renders of a bundle's folder, as a catalog has it. */
  render: Blob;
}

/**
 * Which catalogs `opm validate` takes, and what `opm render` makes of a bundle. Recorded from the real one with `OKD_STREAMS_OPM=FOLDER
 * OKD_STREAMS_RECORD='WHICH OPM'`; the stand-in, and any opm that OKD_STREAMS_OPM names, is held to it, and so is what we render.
 */
describe("opm, as catalogs use it", function () {
  this.timeout(300_000);
  const contract = () => JSON.parse(readFileSync(CONTRACT, "utf8")) as Contract;
  let folder: string;
  before(async function () {
    requireTools(this, "python3");
    folder = mkdtempSync(join(tmpdir(), "okd-streams-opm-"));
    if (!process.env.OKD_STREAMS_RECORD) return;
    assert.ok(process.env.OKD_STREAMS_OPM, "a contract is recorded from the real opm");
    const recorded = {
      recordedFrom: process.env.OKD_STREAMS_RECORD,
      validate: await verdicts(),
      render: await rendered(),
    };
    writeFileSync(CONTRACT, `${JSON.stringify(recorded, undefined, 2)}\n`);
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  async function verdicts(): Promise<Record<string, string>> {
    const seen: Record<string, string> = {};
    for (const [given, blobs] of Object.entries(CATALOGS)) {
      const configs = mkdtempSync(join(folder, "configs-"));
      mkdirSync(join(configs, "disks"));
      writeFileSync(join(configs, "disks/catalog.json"), blobs.map((blob) => `${JSON.stringify(blob)}\n`).join(""));
      const { code } = await run(join(OPM, "opm"), ["validate", configs]);
      seen[given] = code === 0 ? "valid" : "not valid";
    }
    return seen;
  }

  async function rendered(): Promise<Blob> {
    const root = mkdtempSync(join(folder, "bundle-"));
    const { manifests, labels } = made();
    for (const part of ["manifests", "metadata"]) mkdirSync(join(root, part));
    for (const [file, text] of Object.entries(manifests)) writeFileSync(join(root, "manifests", file), text);
    writeFileSync(join(root, "metadata/annotations.yaml"), stringify({ annotations: labels }));
    const options = ["--migrate-level=bundle-object-to-csv-metadata", `--alpha-image-ref-template=${IMAGE}`];
    const { code, log } = await run(join(OPM, "opm"), ["render", root, "--output=json", ...options]);
    assert.equal(code, 0, log);
    return JSON.parse(log.slice(log.indexOf("{"))) as Blob;
  }

  it("takes the catalogs that it took when it was recorded, and no others", async () => {
    const { recordedFrom, validate } = contract();
    assert.match(recordedFrom, /operator-registry/);
    assert.deepEqual(await verdicts(), validate);
  });

  it("renders a bundle as we do", () => {
    const { bundle } = made();
    const ours = addBundles([], [{ ...bundle, image: IMAGE }]).blobs.find(({ schema }) => schema === "olm.bundle")!;
    const sorted = ({ properties, relatedImages, ...blob }: Blob) => ({
      ...blob,
      properties: (properties as unknown[]).map(canonical).sort(),
      relatedImages: (relatedImages as unknown[]).map(canonical).sort(),
    });
    assert.deepEqual(sorted(ours), sorted(contract().render));
  });
});

const IMAGE = `quay.io/me/disk-operator-bundle@${digest(4)}`;
const made = () =>
  makeBundle(
    "disk-operator",
    { manifests: bundleFiles(), annotations: ANNOTATIONS },
    { entry: { manifests: ["manifests"] }, images: IMAGES, patterns: PATTERNS },
  );

const add = (blobs: Blob[], ...versions: string[]) =>
  versions.reduce((before, version) => addBundles(before, [bundleOf(version)]).blobs, blobs);
const THREE = add([], "4.22.0", "4.22.1", "4.22.2-mine.1");
const changed = (schema: string, change: (blob: Blob, index: number) => Blob | Blob[]) => {
  let index = 0;
  return THREE.flatMap((blob) => (blob.schema === schema ? change(blob, index++) : blob));
};
const entries = (change: (all: Record<string, unknown>[]) => unknown[]) =>
  changed("olm.channel", (blob) => ({ ...blob, entries: change(blob.entries as Record<string, unknown>[]) }));
const properties = (value: unknown[]) =>
  changed("olm.bundle", (blob, index) => (index === 0 ? { ...blob, properties: value } : blob));
const packageOf = (packageName: string, version: string) => ({ type: "olm.package", value: { packageName, version } });

const CATALOGS: Record<string, Blob[]> = {
  "one bundle": add([], "4.22.0"),
  "three bundles": THREE,
  "two channels": addBundles(THREE, [bundleOf("4.23.0", { channels: ["stable", "fast"] })]).blobs,
  "no package": changed("olm.package", () => []),
  "a package twice": changed("olm.package", (blob) => [blob, blob]),
  "a package of a name with a dot": addBundles([], [bundleOf("1.0.0", { package: "my.disks" })]).blobs,
  "no default channel": changed("olm.package", ({ defaultChannel: _, ...blob }) => blob),
  "a default channel that is not there": changed("olm.package", (blob) => ({ ...blob, defaultChannel: "fast" })),
  "a channel of nothing": changed("olm.channel", (blob) => [blob, { ...blob, name: "empty", entries: [] }]),
  "a channel twice": changed("olm.channel", (blob) => [blob, blob]),
  "an entry without its bundle": entries((all) => [...all, { name: "disks.v5.0.0", replaces: "disks.v4.22.2-mine.1" }]),
  "an entry twice": entries((all) => [...all, all[0]]),
  "two newest": entries((all) => all.map(({ replaces: _, ...entry }) => entry)),
  "a circle": entries((all) =>
    all.map((entry, index) => (index === 0 ? { ...entry, replaces: "disks.v4.22.2-mine.1" } : entry)),
  ),
  "one that none leads to, but skipped": entries((all) =>
    all.map(({ replaces, ...entry }, index) =>
      index === 2 ? { ...entry, replaces: all[0]!.name, skips: [replaces] } : { ...entry },
    ),
  ),
  "a replaced one that is not there": entries((all) =>
    all.map((entry, index) => (index === 0 ? { ...entry, replaces: "disks.v4.0.0" } : entry)),
  ),
  "a bundle twice": changed("olm.bundle", (blob) => [blob, blob]),
  "a bundle that no channel has": entries((all) => all.slice(0, 2)),
  "a bundle without image": changed("olm.bundle", (blob) => ({ ...blob, image: "" })),
  "a bundle without version": properties([]),
  "a bundle of two versions": properties([packageOf("disks", "4.22.0"), packageOf("disks", "4.22.7")]),
  "a version of two bundles": properties([packageOf("disks", "4.22.1")]),
  "a version that is none": properties([packageOf("disks", "4.22")]),
  "a bundle of another package": properties([packageOf("other", "4.22.0")]),
};
