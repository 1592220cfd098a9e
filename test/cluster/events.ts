import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { BuildRecord } from "../../components/programs/events/build";
import { signEvent } from "../../components/programs/events/envelope";
import { exampleLayer } from "../unit/streams/samples";
import { proves, PROVING } from "../counts";
import { describeAdmission } from "./admission";
import { EventsLab, FIRST, labStream } from "./events-lab";
import type { Factory } from "./factory";
import { describeGitEvents } from "./git-events";
import { REGISTRY } from "./images";
import { describeJobs } from "./jobs";
import { describeLayer } from "./layer";
import { describeLosses } from "./losses";
import { inSequence } from "../sequence";
import { pushNodeImage } from "./node-image";
import { describeSpoke } from "./spoke";

const RECONCILE_SECONDS = 5; // the least that a stack takes

/**
 * What the tests of events lay over the settings of stack kind.
 *
 * @param node reference of an image with Node
 */
export function eventSettings(node: string) {
  return {
    // One architecture that a node has, and one that another cluster would build.
    streams: [labStream({ architectures: ["amd64", "arm64"], schedule: "@yearly" })],
    layers: [{ ...exampleLayer(), architectures: ["amd64"] }],
    images: { node },
    events: {
      ...{ enabled: true, reconcileSeconds: RECONCILE_SECONDS, replicas: 1 },
      git: { enabled: true, pullRequests: true },
    },
    keep: { runs: 1, pullRequests: 1 },
    // No node has that taint: what starts builds has to be taken with them all the same.
    builds: { tolerations: [{ key: "example.org/builds" }] },
  };
}

/** Tests of builds by events. To prove more: on a cluster that comes back for them when it was deleted behind the stack's back. */
export function describeEvents(given: () => Factory, cluster: string): void {
  describe("builds by events", function () {
    inSequence(this);
    let factory: Factory;
    let lab: EventsLab;
    let settings: ReturnType<typeof eventSettings>;
    /** Identity of the cluster that was deleted. */
    let former: string;
    const identity = () => factory.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}");

    before(async () => {
      factory = given();
      lab = new EventsLab(factory);
      settings = eventSettings(pushNodeImage(REGISTRY.here, fs.mkdtempSync(path.join(factory.home, "node-"))));
      factory.settings(settings);
      if (PROVING) {
        former = await identity();
        await factory.exec("kind", ["delete", "cluster", "--name", cluster]);
      } else {
        await lab.kubectl("delete", "pipelineruns", "--all");
      }
      await lab.up();
      // Their hour may come while tests look for runs and what these pushed.
      for (const name of ["clean-up", "collect"]) {
        await lab.kubectl("patch", "cronjob", name, "--patch", '{"spec": {"suspend": true}}');
      }
    });
    afterEach(async function () {
      if (this.currentTest?.isFailed()) console.log(await lab.told());
    });
    after(() => {
      factory.endForwards();
    });

    proves("come with the cluster when it was deleted behind the stack's back", async () => {
      assert.notEqual(await identity(), former);
      await factory.kubectl("get", "pipeline", "-n", "okd-coreos", "okd-coreos");
    });

    // The first group does the same with the settings that a stack has at first, which are these but for names.
    proves("change nothing when they are deployed again", async () => {
      await lab.up("--expect-no-changes");
    });

    it("creates nothing of events that it refuses, counts them, and logs why without what they say", async () => {
      const event = { type: "build-requested", buildId: "refused-1", note: "what-an-event-says" };
      const refused: Record<string, () => Promise<void>> = {
        unsigned: () => lab.send(event, () => ({})),
        "wrongly-signed": () => lab.send(event, (body) => signEvent(body, "another key", new Date())),
        "outside-window": () => lab.send(event, (body, key) => signEvent(body, key, new Date(Date.now() - 301_000))),
        oversized: () => lab.send({ ...event, note: "x".repeat(70_000) }),
        "unknown-type": () => lab.send({ ...event, type: "joke" }),
        invalid: () => lab.send({ ...event, schema: 2 }),
      };
      assert.equal((await lab.post("what-an-event-says is no JSON")).status, 400);
      const metrics = `${await lab.forwardTo("service/gate", 8080)}metrics`;
      await lab.sendAll(refused, async () => {
        const lines = await (await fetch(metrics)).text();
        return (outcome) => new RegExp(`judgements_total\\{outcome="${outcome}"\\} [1-9]`).test(lines);
      });
      const log = await lab.kubectl("logs", "deployment/gate");
      for (const outcome of Object.keys(refused)) assert.match(log, new RegExp(`"outcome":"${outcome}"`));
      for (const said of [log, await lab.kubectl("logs", "deployment/el-builds")]) {
        assert.doesNotMatch(said, /what-an-event-says|refused-1/);
      }
      assert.deepEqual(await lab.runs(), []);
    });

    it("starts one run for a request, however often it comes, and holds the build back as long as it is not complete", async () => {
      const run = `rehearsal-okd-coreos-4-21-amd64-${FIRST}`;
      const request = () => lab.send({ type: "build-requested", buildId: FIRST });
      await lab.sendUntil(run, request);
      for (let time = 0; time < 3; time++) await request();
      await lab.shows(FIRST, /^(waiting|running), amd64 (waiting|running)$/);
      await lab.succeeds(run, 600);
      await lab.looks(2);
      assert.deepEqual(await lab.runs(), [run]);
      const { outcome, arrived, missing } = await lab.seen(FIRST);
      assert.deepEqual(
        { outcome, arrived, missing },
        { outcome: "incomplete", arrived: ["amd64"], missing: ["arm64"] },
      );
      await lab.shows(FIRST, /^incomplete, amd64 arrived, arm64 missing$/);
    });

    it("composes one list of both architectures, though the last event is lost, and none again", async () => {
      const amd64 = lab.record(FIRST, "amd64");
      const arm64 = forArm(amd64);
      lab.leaveRecord(arm64, undefined);
      await lab.looks(2);
      const { outcome, message } = await lab.seen(FIRST);
      assert.equal(outcome, "unsigned-record");
      assert.match(message, /the record of arm64 is not signed: a stranger's, or of before records were/);
      assert.deepEqual(await lab.runs(), [`rehearsal-okd-coreos-4-21-amd64-${FIRST}`], "nothing is composed of it");
      lab.leaveRecord(arm64, await lab.recordKey());
      await lab.composed(FIRST, { amd64: amd64.images, arm64: arm64.images }, 120);
      await lab.shows(FIRST, /^complete, amd64 arrived, arm64 arrived$/);

      await lab.kubectl("delete", "pipelinerun", `compose-okd-coreos-4-21-${FIRST}`);
      for (const architecture of ["amd64", "arm64", "amd64"]) {
        await lab.send({ type: "build-finished", buildId: FIRST, architecture });
      }
      await lab.looks(2);
      assert.deepEqual(await lab.runs(), [`rehearsal-okd-coreos-4-21-amd64-${FIRST}`]);
      assert.equal((await lab.seen(FIRST)).outcome, "composed");
    });
    const forArm = (record: BuildRecord): BuildRecord => ({
      ...record,
      architecture: "arm64",
      images: Object.fromEntries(
        Object.entries(record.images).map(([name, digest]) => [name, lab.pushForArm(name, digest)]),
      ),
    });

    describeAdmission(() => lab);
    describeLosses(() => lab, RECONCILE_SECONDS);
    describeLayer(() => lab);
    describeGitEvents(() => lab);
    describeJobs(() => lab);
    // This takes minutes more.
    if (PROVING) {
      describeSpoke(
        () => lab,
        () => settings,
        cluster,
      );
    }
  });
}
