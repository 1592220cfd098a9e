import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { count } from "../../counts";
import { ARCHITECTURE, findPython, requireTools } from "../../unit/scripts/machine";
import { lastLine, type Outcome, runTask } from "../../unit/scripts/task";
import { S3Server } from "./s3";

interface BuildsJson {
  "schema-version": string;
  builds: { id: string; arches: string[] }[];
  timestamp?: string;
}

/** Writers at one time. */
const WRITERS = count(6, 40);
const PREFIX = "next/builds";
const { PATH } = process.env;

describe("boot images in an S3 bucket", function () {
  this.timeout(count(120_000, 600_000));
  let s3: S3Server;

  before(function () {
    requireTools(this, "versitygw", "python3", "jq");
    const folder = findPython("boto3");
    if (folder === undefined) {
      console.log("      skipped: no python3 has boto3 (npm run lab -- deps tests)");
      this.skip();
    }
    process.env.PATH = `${folder}${delimiter}${PATH}`;
  });
  after(() => {
    process.env.PATH = PATH;
  });
  beforeEach(async () => {
    s3 = await new S3Server().start();
  });
  afterEach(() => {
    s3.stop();
  });

  const listed = () => JSON.parse(s3.text(`${PREFIX}/builds.json`)) as BuildsJson;
  const location = (build: string, architecture = ARCHITECTURE) =>
    `s3://${s3.bucket}/${PREFIX}/${build}/${architecture}`;

  /** A stream's workspace with a build in it. */
  function workspace(build: string): string {
    const folder = mkdtempSync(join(s3.folder, "workspace-"));
    const builds = join(folder, "coreos/builds");
    mkdirSync(join(builds, build, ARCHITECTURE), { recursive: true });
    writeFileSync(join(builds, build, ARCHITECTURE, "meta.json"), JSON.stringify({ buildid: build, images: {} }));
    writeFileSync(join(builds, build, ARCHITECTURE, `scos-${build}-qemu.qcow2`), `disk of ${build}`);
    const list: BuildsJson = { "schema-version": "1.0.0", builds: [{ id: build, arches: [ARCHITECTURE] }] };
    writeFileSync(join(builds, "builds.json"), JSON.stringify(list));
    return folder;
  }
  const upload = (folder: string, run = "run-1"): Promise<Outcome> =>
    runTask("cosa-upload-s3", {
      params: { run, "release-stream": "next", "bucket-name": s3.bucket, "endpoint-url": s3.endpoint },
      workspaces: { ws: folder, s3creds: s3.credentials },
    });
  const merge = (locations: string[], endpoint = s3.endpoint): Promise<Outcome> =>
    runTask("merge-builds-json", {
      params: { "boot-images": locations.join(" "), "endpoint-url": endpoint },
      workspaces: { s3creds: s3.credentials },
    });
  /** Uploads as a run does that stands alone. */
  async function run(build: string): Promise<void> {
    const uploaded = await upload(workspace(build));
    assert.equal(uploaded.code, 0, uploaded.log);
    assert.equal(uploaded.results.location, location(build));
    const { code, log } = await merge([uploaded.results.location!]);
    assert.equal(code, 0, log);
  }
  /** What another machine has uploaded. */
  async function there(...builds: [build: string, architecture: string][]): Promise<string[]> {
    const key = ([build, architecture]: [string, string]) => `${PREFIX}/${build}/${architecture}/meta.json`;
    await s3.put(Object.fromEntries(builds.map((one) => [key(one), JSON.stringify({ buildid: one[0] })])));
    return builds.map((one) => location(...one));
  }

  it("of two runs that upload at the same moment are both in builds.json", async () => {
    await Promise.all([run("9.0.20261123-0"), run("10.0.20261123-0")]);
    const { builds, timestamp, ...rest } = listed();
    assert.deepEqual(rest, { "schema-version": "1.0.0" });
    assert.match(timestamp!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(
      builds.sort((a, b) => a.id.localeCompare(b.id)),
      ["10.0.20261123-0", "9.0.20261123-0"].map((id) => ({ id, arches: [ARCHITECTURE] })),
    );
    assert.equal(
      s3.text(`${PREFIX}/9.0.20261123-0/${ARCHITECTURE}/scos-9.0.20261123-0-qemu.qcow2`),
      "disk of 9.0.20261123-0",
    );
  });

  it("stay apart by architecture, and nothing is listed by the upload itself", async () => {
    const folder = workspace("44.1");
    const { code, log, environment } = await upload(folder, "run-7");
    assert.equal(code, 0, log);
    assert.doesNotMatch(log + JSON.stringify(environment), /a secret of tests/);
    const root = join(s3.folder, "objects", s3.bucket, PREFIX);
    assert.deepEqual(readdirSync(root), ["44.1"]);
    assert.deepEqual(readdirSync(join(root, "44.1")), [ARCHITECTURE]);
    assert.equal(readFileSync(join(folder, "uploaded/run-7"), "utf8"), location("44.1"));
    assert.ok(existsSync(join(folder, "coreos/tmp/builds-source.json")), "the next buildfetch may replace the list");
  });

  it(`are all in builds.json, whatever ${WRITERS} writers do at one time, beside what was there`, async () => {
    const before = [{ id: "old", arches: ["s390x"], "policy-cleanup": true }];
    const list = JSON.stringify({ "schema-version": "1.0.0", builds: before, tags: [] });
    await s3.put({ [`${PREFIX}/builds.json`]: list });
    const locations = await there(
      ...Array.from({ length: WRITERS }, (_, index): [string, string] => [
        `b${index >> 1}`,
        index % 2 === 0 ? "x86_64" : "aarch64",
      ]),
    );
    const outcomes = await Promise.all(locations.map((one) => merge([one])));
    assert.deepEqual(
      outcomes.filter(({ code }) => code !== 0).map(({ log }) => log),
      [],
    );
    const { builds, ...rest } = listed();
    assert.deepEqual(rest, { "schema-version": "1.0.0", tags: [], timestamp: rest.timestamp });
    assert.deepEqual(builds.at(-1), before[0]);
    const found = builds
      .slice(0, -1)
      .flatMap(({ id, arches }) => arches.map((architecture) => location(id, architecture)));
    assert.deepEqual(found.sort(), locations.sort());
    const text = s3.text(`${PREFIX}/builds.json`);
    const again = await merge(locations);
    assert.deepEqual([again.code, s3.text(`${PREFIX}/builds.json`)], [0, text], "a repetition changes nothing");
  });

  const HERE: [string, string] = ["here", "x86_64"];
  const faults: [name: string, sentence: RegExp, act: () => Promise<Outcome>][] = [
    [
      "a build that is not there",
      /^error: s3:\/\/okd\/next\/builds\/gone\/x86_64\/meta\.json is not there: was the build removed\?$/,
      async () => merge([...(await there(HERE)), location("gone", "x86_64")]),
    ],
    ["words that are no place", /^error: boot-images have to be s3:/, () => merge(["s3://okd/x", "$(id)"])],
    ["nothing", /^error: boot-images have to be s3:/, () => merge([])],
    [
      "a server that does not answer",
      /^error: builds cannot be listed at http:\/\/127\.0\.0\.1:1: Could not connect/,
      () => merge([location("x")], "http://127.0.0.1:1"),
    ],
    [
      "a list of another schema",
      /^error: s3:\/\/okd\/next\/builds\/builds\.json has schema 2\.0\.0, of which nothing is known here$/,
      async () => {
        await s3.put({ [`${PREFIX}/builds.json`]: '{"schema-version": "2.0.0", "builds": []}' });
        return merge(await there(HERE));
      },
    ],
    [
      "a list that is none",
      /^error: builds cannot be listed at http:\S+: Expecting value/,
      async () => {
        await s3.put({ [`${PREFIX}/builds.json`]: "<html>" });
        return merge(await there(HERE));
      },
    ],
    [
      "credentials that are wrong",
      /^error: builds cannot be listed at http:\S+: An error occurred/,
      async () => {
        const locations = await there(HERE);
        writeFileSync(
          join(s3.credentials, "credentials"),
          "[default]\naws_access_key_id = tests\naws_secret_access_key = wrong\n",
        );
        return merge(locations);
      },
    ],
  ];
  for (const [name, sentence, act] of faults) {
    it(`of ${name} end in a sentence, and nothing is listed`, async () => {
      const { code, log } = await act();
      assert.equal(code, 1, log);
      assert.match(lastLine(log), sentence);
      const list = join(s3.folder, "objects", s3.bucket, PREFIX, "builds.json");
      assert.doesNotMatch(existsSync(list) ? readFileSync(list, "utf8") : "", /here|gone/);
    });
  }
});
