import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Machine, requireBuilds, startMachine } from "./machine";
import { lastLine, type Outcome, REHEARSAL, runTask } from "./task";

/** The Tasks that build, in their order, by the image that each makes. */
const BUILDS = { base: "coreos-build-base", node: "coreos-build-node", extensions: "coreos-build-extensions" } as const;

type Image = keyof typeof BUILDS;

const IMAGES = Object.keys(BUILDS) as Image[];

const NAMES = { base: "stream-coreos-base", node: "stream-coreos", extensions: "stream-coreos-extensions" };

describe("okd-coreos: images by a key of their inputs", function () {
  this.timeout(900_000);
  let machine: Machine;

  before(async function () {
    requireBuilds(this);
    machine = await startMachine();
  });
  after(() => machine?.stop());

  /**
   * A run on a volume of its own, up to the extensions image: one script looks for all three, so that some tests end with the base.
   *
   * @param days from today
   */
  async function runOnNewVolume(kept: string, images = IMAGES, params: Record<string, string> = {}, days = 0) {
    const shared = mkdtempSync(join(machine.folder, "volume-"));
    const workspaces = { shared };
    const insecure = { "insecure-registries": machine.registry };
    const sources = {
      ...{ "base-repository": `${machine.sources}/rhel-coreos-config.git`, "base-branch": "main" },
      ...{ "node-repository": `${machine.sources}/os.git`, "node-branch": "release-4.21" },
    };
    const ran: Record<string, Outcome> = {};
    const step = async (name: string, given: Record<string, string>, bound: Record<string, string> = workspaces) => {
      ran[name] = await runTask(name, { params: given, workspaces: bound, env: onDay(days) });
      assert.equal(ran[name].code, 0, ran[name].log);
    };
    await step("coreos-prepare", { version: "4.21", variant: "c9s", ...sources, rehearsal: "true" });
    await step("coreos-hold-bases", { variant: "c9s", ...insecure });
    await step("rpm-artifacts-copy", { image: machine.rpms, ...insecure }, { ws: shared });
    const node = { version: "4.21", "rpms-from": machine.rpms };
    const given = { ...insecure, kept, ...params };
    for (const image of images) {
      const task = BUILDS[image];
      await step(task, { ...given, ...(image === "base" ? { variant: "c9s" } : node) });
      if (kept === "" || ran[task]!.results.outcome !== "built") continue;
      await step("coreos-keep-image", { image, kept, ...insecure, "image-name": NAMES[image] });
    }
    return { shared, ran };
  }
  /** The day as scripts are told it. */
  function onDay(days: number): Record<string, string> {
    const folder = join(machine.folder, `day-${days}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "date"), `#!/bin/sh\nexec /bin/date --date='${days} days' "$@"\n`, { mode: 0o755 });
    return { PATH: `${folder}:${REHEARSAL}/cosa:${process.env.PATH}` };
  }
  const outcomes = (ran: Record<string, Outcome>) => IMAGES.map((image) => ran[BUILDS[image]]?.results.outcome);
  const digests = (ran: Record<string, Outcome>) => IMAGES.map((image) => ran[BUILDS[image]]!.results.digest);

  it("are built by the first run, and found by a second one on another volume and another day, byte for byte", async () => {
    const kept = `${machine.registry}/kept`;
    const first = await runOnNewVolume(kept);
    assert.deepEqual(outcomes(first.ran), ["built", "built", "built"]);
    const second = await runOnNewVolume(kept, IMAGES, {}, 1);
    assert.deepEqual(outcomes(second.ran), ["kept", "kept", "kept"]);
    assert.deepEqual(digests(second.ran), digests(first.ran));
    for (const image of IMAGES) {
      const task = BUILDS[image];
      assert.doesNotMatch(second.ran[task]!.log, /STEP/);
      assert.match(second.ran[task]!.log, new RegExp(`^kept: \\S+:key-[0-9a-f]{64} was made by ${task}-run$`, "m"));
      const records = [first, second].map(({ shared }) => readFileSync(join(shared, `images/${image}.json`), "utf8"));
      assert.deepEqual(JSON.parse(records[1]!), JSON.parse(records[0]!));
    }
    const { results } = second.ran[BUILDS.base]!;
    assert.deepEqual(results, { ...first.ran[BUILDS.base]!.results, outcome: "kept" });

    const forced = await runOnNewVolume(kept, ["base"], { force: "true" });
    const [before, after, moved] = [first, forced, await runOnNewVolume(kept, ["base"])].map(
      ({ ran }) => ran[BUILDS.base]!.results,
    );
    assert.equal(after!.outcome, "built");
    assert.notEqual(
      before!.version,
      after!.version,
      "another build of the same day has another version: tags and folders are called after it",
    );
    assert.deepEqual([moved!.outcome, moved!.digest], ["kept", after!.digest], "the tag has moved to what was forced");
  });

  it("are not looked for where the run keeps none, and a registry that does not say is no reason to build", async () => {
    const alone = await runOnNewVolume("", ["base"]);
    assert.deepEqual(outcomes(alone.ran), ["built", undefined, undefined]);
    const { shared } = alone;
    const away = await runTask(BUILDS.base, {
      params: {
        variant: "c9s",
        "build-version": "9.0.20990101.0",
        kept: "127.0.0.1:1/kept",
        "insecure-registries": "127.0.0.1:1",
      },
      workspaces: { shared },
    });
    assert.equal(away.code, 1);
    assert.match(lastLine(away.log), /^error: 127\.0\.0\.1:1\/kept\/stream-coreos-base:key-\w+ cannot be looked for: /);
  });
});
