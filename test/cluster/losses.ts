import * as assert from "node:assert/strict";
import { type EventsLab, NAMESPACE } from "./events-lab";

interface Role {
  rules: { resources: string[]; verbs: string[] }[];
}

/**
 * Tests of what gets lost between two clusters' last records and the run that composes, on a cluster that has built
 * `test-1` for both architectures before.
 */
export function describeLosses(lab: () => EventsLab, reconcileSeconds: number): void {
  describe("of a build that is complete, once, within a look of the gate at the registry", () => {
    /** What is there after a look, and a run has had time to end. */
    const soon = reconcileSeconds + 110;

    /** Leaves the records of another build with the images of the first; nobody is told. */
    function complete(buildId: string) {
      const [amd64, arm64] = ["amd64", "arm64"].map((architecture) => lab().record("test-1", architecture));
      for (const record of [amd64!, arm64!])
        lab().leaveRecord({ ...record, buildId, created: new Date().toISOString() });
      return { amd64: amd64!.images, arm64: arm64!.images };
    }
    async function composedOnce(buildId: string, digests: ReturnType<typeof complete>): Promise<void> {
      await lab().composed(buildId, digests, soon);
      await new Promise((next) => setTimeout(next, 2 * reconcileSeconds * 1000));
      const runs = (await lab().runs()).filter((name) => name.endsWith(buildId));
      assert.deepEqual(runs, [`compose-okd-coreos-4-21-${buildId}`]);
    }

    it("composes what the EventListener was told of and did not live to create", async () => {
      const { kubectl } = lab();
      // What it may do ends between the gate's word and its own act.
      const role = JSON.parse(await kubectl("get", "role", "event-listener", "-o", "json")) as Role;
      const may = (rules: Role["rules"]) => kubectl("patch", "role", "event-listener", "-p", JSON.stringify({ rules }));
      await may(role.rules.filter(({ resources }) => !resources.includes("pipelineruns")));
      const digests = complete("lost-1");
      const refusals = async () => {
        const log = await kubectl("logs", "deployment/el-builds", "--since=2m");
        return log.includes("compose-okd-coreos-4-21-lost-1") && log.includes("forbidden");
      };
      try {
        await lab().send({ type: "build-finished", buildId: "lost-1", architecture: "arm64" });
        await lab().until(refusals, 60, "the EventListener is refused");
        assert.deepEqual(
          (await lab().runs()).filter((name) => name.endsWith("lost-1")),
          [],
        );
      } finally {
        await may(role.rules);
      }
      await composedOnce("lost-1", digests);
    });

    it("composes what became complete while no EventListener was there", async () => {
      await lab().scaleListener(0);
      const digests = complete("lost-2");
      const failed = async () => {
        const log = await lab().kubectl("logs", "deployment/gate", "--since=2m");
        return log.split("\n").some((line) => line.includes("lost-2") && line.includes('"level":"error"'));
      };
      try {
        await lab().until(failed, 3 * reconcileSeconds, `the gate in ${NAMESPACE} says that nobody listens`);
      } finally {
        await lab().scaleListener(1);
      }
      await composedOnce("lost-2", digests);
    });
  });
}
