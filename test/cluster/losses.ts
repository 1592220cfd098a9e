import * as assert from "node:assert/strict";
import { proves } from "../counts";
import { buildOf, type EventsLab, FIRST, NAMESPACE } from "./events-lab";

interface Role {
  rules: { resources: string[]; verbs: string[] }[];
}

/**
 * Tests of what gets lost between two clusters' last records and the run that composes, on a cluster that has built
 * {@link FIRST} for both architectures before.
 */
export function describeLosses(lab: () => EventsLab, reconcileSeconds: number): void {
  describe("of a build that is complete, once, within a look of the gate at the registry", () => {
    /** What is there after a look, and a run has had time to end. */
    const soon = reconcileSeconds + 110;

    /** Leaves the records of another build with the images of the first; nobody is told. */
    async function complete(buildId: string) {
      const key = await lab().recordKey();
      const [amd64, arm64] = ["amd64", "arm64"].map((architecture) => lab().record(FIRST, architecture));
      for (const record of [amd64!, arm64!])
        lab().leaveRecord({ ...record, buildId, created: new Date().toISOString() }, key);
      return { amd64: amd64!.images, arm64: arm64!.images };
    }
    async function composedOnce(buildId: string, digests: Awaited<ReturnType<typeof complete>>): Promise<void> {
      await lab().composed(buildId, digests, soon);
      await lab().looks(2);
      assert.deepEqual(await lab().runsOf(buildId), [`compose-okd-coreos-4-21-${buildId}`]);
    }

    it("composes what the EventListener was told of and did not live to create", async () => {
      const { kubectl } = lab();
      // What it may do ends between the gate's word and its own act.
      const role = JSON.parse(await kubectl("get", "role", "event-listener", "-o", "json")) as Role;
      const may = (rules: Role["rules"]) => kubectl("patch", "role", "event-listener", "-p", JSON.stringify({ rules }));
      await may(role.rules.filter(({ resources }) => !resources.includes("pipelineruns")));
      const build = buildOf("lost-1");
      let digests: Awaited<ReturnType<typeof complete>>;
      const refusals = async () => {
        const log = await kubectl("logs", "deployment/el-builds", "--since=2m");
        return log.includes(`compose-okd-coreos-4-21-${build}`) && log.includes("forbidden");
      };
      try {
        const can = () => lab().can("event-listener", "create", "pipelineruns.tekton.dev");
        await lab().until(async () => !(await can()), 60, "the Role's change is in force");
        digests = await complete(build);
        await lab().send({ type: "build-finished", buildId: build, architecture: "arm64" });
        await lab().until(refusals, 60, "the EventListener is refused");
        assert.deepEqual(await lab().runsOf(build), []);
      } finally {
        await may(role.rules);
      }
      await composedOnce(build, digests);
    });

    proves("composes what became complete while no EventListener was there", async () => {
      await lab().scaleListener(0);
      const build = buildOf("lost-2");
      const digests = await complete(build);
      const failed = async () => {
        const log = await lab().kubectl("logs", "deployment/gate", "--since=2m");
        return log.split("\n").some((line) => line.includes(build) && line.includes('"level":"error"'));
      };
      try {
        await lab().until(failed, reconcileSeconds + 60, `the gate in ${NAMESPACE} says that nobody listens`);
      } finally {
        await lab().scaleListener(1);
      }
      await composedOnce(build, digests);
    });
  });
}
