import assert from "node:assert/strict";
import type { Deliverer } from "../../../components/delivery/hands";
import { switchTo } from "../../../stacks/commands/delivery/steps";
import { keyOf } from "../../../stacks/commands/delivery/git";
import { Killed, OBJECTS, SwitchWorld } from "./switch-world";

const BOTH: Deliverer[] = ["argocd", "pulumi"];
const other = (to: Deliverer): Deliverer => (to === "argocd" ? "pulumi" : "argocd");

/** The state in which one of both has everything, and the other nothing. */
function assertIs(world: SwitchWorld, to: Deliverer, uids: string[]): void {
  assert.deepEqual(world.owners(), [to]);
  assert.deepEqual(world.marks(), [to]);
  assert.deepEqual(world.uids, uids);
  assert.deepEqual(
    world.summary,
    to === "argocd"
      ? { objects: 0, retained: false, applications: ["syncing", "syncing"], there: ["syncing", "syncing"] }
      : { objects: OBJECTS.length, retained: false, applications: [], there: [] },
  );
}

describe("delivery is switched", () => {
  for (const to of BOTH) {
    it(`to ${to}: each object stays the one that it is, and has one owner`, async () => {
      const world = new SwitchWorld(other(to));
      const { uids } = world;
      await switchTo(to, world.means(to));
      assertIs(world, to, uids);
      assert.equal(
        world.said.at(-1),
        `4 objects are ${to === "argocd" ? "Argo CD" : "Pulumi"}'s, each the one that it was.`,
      );
    });

    it(`to ${to} again: nothing changes that was`, async () => {
      const world = new SwitchWorld(to);
      const { uids } = world;
      await switchTo(to, world.means(to));
      assertIs(world, to, uids);
    });
  }

  for (const checkpoints of [true, false]) {
    for (const to of BOTH) {
      for (const then of BOTH) {
        const way = to === then ? "goes on to its end" : "goes back";
        const writes = checkpoints ? "writes its state after each change" : "writes its state in the end";
        it(`to ${to}; killed after any change it ${way}, with an engine that ${writes}`, async () => {
          let kills = 0;
          for (let fuse = 0; ; fuse++) {
            const world = new SwitchWorld(other(to));
            const { uids } = world;
            Object.assign(world, { fuse, checkpoints });
            const ended = await switchTo(to, world.means(to)).then(
              () => true,
              (error: unknown) => {
                if (!(error instanceof Killed)) throw error;
                return false;
              },
            );
            if (ended) break;
            kills++;
            world.fuse = Infinity;
            await switchTo(then, world.means(then));
            assertIs(world, then, uids);
          }
          assert.ok(kills > 15, `${kills} places to be killed at`);
        });
      }
    }
  }

  it("says which steps are done before where it goes on", async () => {
    const world = new SwitchWorld();
    world.refused = [keyOf(OBJECTS[1]!)];
    await assert.rejects(switchTo("argocd", world.means("argocd")));
    world.said = [];
    world.refused = [];
    await switchTo("argocd", world.means("argocd"));
    assert.deepEqual(world.said, [
      "1/6  Git has what the stack delivers, all of it (before)",
      "2/6  what Pulumi drops stays in the cluster; Argo CD's Applications are there, and wait (before)",
      "3/6  Argo CD sees all of it (before)",
      "4/6  Pulumi drops the objects, Argo CD delivers them (before)",
      "5/6  Argo CD has applied them",
      "6/6  Pulumi's fields in them are given up",
      "4 objects are Argo CD's, each the one that it was.",
    ]);
  });
});

describe("delivery is not switched to Argo CD", () => {
  let world: SwitchWorld;
  beforeEach(() => {
    world = new SwitchWorld();
  });
  const refused = (sentence: RegExp) =>
    assert.rejects(switchTo("argocd", world.means("argocd")), { name: "UserError", message: sentence });

  it("where Git has a part: nothing is touched", async () => {
    world.git = world.git.slice(1);
    await refused(
      /^rendered\/kind of https:\S+ at c0ffee000000 is not what the stack delivers: 1 lacking, as ConfigMap okd-coreos\/scripts\. Have there what `npm run render -- STACK --delivered --out rendered\/kind` writes/,
    );
    assert.equal(world.changes, 0);
  });

  it("where Git has something else, or more: nothing is touched", async () => {
    const [first, ...rest] = world.git;
    const more = { ...first!, metadata: { ...first!.metadata, name: "more" } };
    world.git = [{ ...first!, data: { a: "c" } }, more, ...rest];
    await refused(
      /: 1 more, as ConfigMap okd-coreos\/more; 1 otherwise, as ConfigMap okd-coreos\/scripts \(data\.a\)\. /,
    );
    assert.equal(world.changes, 0);
  });

  /** Pulumi has all objects still, and may have them for good again. */
  const isPulumisStill = async () => {
    assert.deepEqual(world.owners(), ["pulumi"]);
    assert.deepEqual(world.summary, {
      objects: OBJECTS.length,
      retained: true,
      applications: ["waiting", "waiting"],
      there: ["waiting", "waiting"],
    });
    const { uids } = world;
    await switchTo("pulumi", world.means("pulumi"));
    assertIs(world, "pulumi", uids);
  };

  it("where Argo CD cannot read Git", async () => {
    world.gitError = "authentication required";
    await refused(
      /^Application argocd\/okd-streams-kind-okd-coreos after 1 minutes: Argo CD cannot read Git: authentication required\. Run it again/,
    );
    await isPulumisStill();
  });

  it("where Argo CD leaves a kind out", async () => {
    world.excluded = [keyOf(OBJECTS[3]!)];
    await refused(
      /^Argo CD does not see Task okd-release\/release, which Git has: take its kind out of resource\.excl/,
    );
    await isPulumisStill();
  });

  it("where Argo CD would take runs for its own", async () => {
    world.tracking = "label";
    await refused(/^Argo CD tracks objects by label, and would remove runs: .* ConfigMap argocd\/argocd-cm/);
    await isPulumisStill();
  });

  it("for good where Argo CD may not apply an object: Pulumi's fields are not given up, and it is there", async () => {
    world.refused = [keyOf(OBJECTS[1]!)];
    const { uids } = world;
    await refused(/^Application argocd\/okd-streams-kind-okd-coreos after 1 minutes: Argo CD has it OutOfSync\./);
    assert.deepEqual(world.owners(), ["argocd", "pulumi"]);
    assert.deepEqual(world.marks(), ["pulumi", "argocd"]);
    await switchTo("pulumi", world.means("pulumi"));
    assertIs(world, "pulumi", uids);
  });
});

describe("a switch of delivery", () => {
  it("says where somebody made an object anew meanwhile", async () => {
    const world = new SwitchWorld();
    const means = world.means("argocd");
    const { pause } = means.waits;
    let first = true;
    means.waits.pause = (ms) => {
      if (first) world.remove(OBJECTS[0]!);
      first = false;
      return pause(ms);
    };
    await assert.rejects(switchTo("argocd", means), {
      name: "UserError",
      message: /^ConfigMap okd-coreos\/scripts is not the one that was there before, somebody removed it meanwhile/,
    });
  });
});
