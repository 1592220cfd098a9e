import assert from "node:assert/strict";
import { UserError } from "../../../../components/errors";
import { type End, live, type Steps } from "../../../../stacks/commands/ephemeral/life";
import { Interrupted } from "../../../../stacks/commands/failure";

describe("the life of an ephemeral stack", () => {
  let done: string[], told: string[], end: End | undefined;
  beforeEach(() => {
    [done, told, end] = [[], [], undefined];
  });

  /** Steps that write down that they were begun; those named fail. */
  function steps(failing: Partial<Record<keyof Steps<string>, Error>> = {}): Steps<string> {
    const act = (name: keyof Steps<string>, given?: string) => {
      done.push(given === undefined ? name : `${name} ${given}`);
      return failing[name] ? Promise.reject(failing[name]) : Promise.resolve();
    };
    return {
      up: () => act("up").then(() => "outputs"),
      run: (outputs) => act("run", outputs),
      collect: (outputs) => act("collect", outputs),
      destroy: () => act("destroy"),
      keep: () => void act("keep"),
      report: (it) => {
        end = it;
        return act("report");
      },
    };
  }
  const tell = (sentence: string) => void told.push(sentence);
  const broken = new UserError("It broke.");

  it("is up, run, collect, destroy and a report", async () => {
    await live(steps(), { tell });
    assert.deepEqual(done, ["up", "run outputs", "collect outputs", "destroy", "report"]);
    assert.deepEqual(end, {
      phases: ["up", "run", "collect", "destroy"].map((name) => ({ name, seconds: 0 })),
      outcome: "succeeded",
      left: "removed",
    });
  });

  it("ends with what failed first, and everything that follows is done", async () => {
    await assert.rejects(live(steps({ run: broken, collect: new UserError("No logs.") }), { tell }), broken);
    assert.deepEqual(done, ["up", "run outputs", "collect outputs", "destroy", "report"]);
    assert.deepEqual([end!.outcome, end!.sentence, end!.left], ["failed", "It broke.", "removed"]);
    assert.deepEqual(told, ["No logs."]);
  });

  it("is removed where it was never whole, and nothing runs in it", async () => {
    await assert.rejects(live(steps({ up: broken }), { tell }), broken);
    assert.deepEqual(done, ["up", "collect", "destroy", "report"]);
  });

  it("is no success where its logs or itself cannot be dealt with", async () => {
    for (const phase of ["collect", "destroy"] as const) {
      done = [];
      await assert.rejects(live(steps({ [phase]: broken }), { tell }), broken);
      assert.deepEqual(done, ["up", "run outputs", "collect outputs", "destroy", "report"]);
      assert.equal(end!.left, phase === "destroy" ? "left behind" : "removed");
    }
  });

  it("is kept when its run fails and that was wished", async () => {
    await assert.rejects(live(steps({ run: broken }), { keepOnFailure: true, tell }), broken);
    assert.deepEqual(done, ["up", "run outputs", "collect outputs", "keep", "report"]);
    assert.equal(end!.left, "kept");
  });

  it("is not kept for a success, nor for whoever interrupts it", async () => {
    await live(steps(), { keepOnFailure: true, tell });
    assert.equal(end!.left, "removed");
    await assert.rejects(live(steps({ run: new Interrupted() }), { keepOnFailure: true, tell }), Interrupted);
    assert.deepEqual([end!.outcome, end!.sentence, end!.left], ["interrupted", "It was interrupted.", "removed"]);
  });

  it("fails where its report cannot be written, unless something failed before", async () => {
    await assert.rejects(live(steps({ report: new UserError("No space.") }), { tell }), /No space/);
    await assert.rejects(live(steps({ run: broken, report: new UserError("No space.") }), { tell }), broken);
    assert.deepEqual(told, ["No space."]);
  });
});
