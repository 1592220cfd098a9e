import assert from "node:assert/strict";
import { Interrupted } from "../../../stacks/commands/failure";
import { Watch, type Limits } from "../../../stacks/commands/engine/watch";

describe("the watch over an operation", () => {
  let killed: number, said: string[];
  const watch = (limits: Limits) =>
    new Watch(
      limits,
      () => Promise.resolve(void killed++),
      () => "creating KindNodes cluster-nodes (900 s)",
      (text) => said.push(text),
    );
  /** An operation that goes on until it is asked to stop, and then fails as the engine does. */
  const endless = (over: Watch) => () =>
    new Promise<never>((_, reject) =>
      over.signal.addEventListener("abort", () => reject(new Error("update canceled"))),
    );
  const long: Limits = { deadline: 60, patience: 15 };
  const none = 0.0001;

  beforeEach(() => {
    killed = 0;
    said = [];
  });

  it("lets an operation end by itself", async () => {
    const over = watch(long);
    assert.equal(await over.over(() => Promise.resolve("done")), "done");
    await assert.rejects(
      over.over(() => Promise.reject(new Error("its own"))),
      { message: "its own" },
    );
    assert.deepEqual([said, process.listenerCount("SIGHUP")], [[], 0]);
  });

  it("gives up after the deadline, and says what was waited for", async () => {
    const over = watch({ ...long, deadline: none });
    await assert.rejects(over.over(endless(over)), {
      name: "UserError",
      message:
        "Given up after 0.0001 minutes; it was creating KindNodes cluster-nodes (900 s): look there, then run the same command again.",
    });
    assert.deepEqual(said, ["Stopping: the engine ends what is under way."]);
  });

  it("gives up when nothing happens", async () => {
    const over = watch({ ...long, patience: none });
    await assert.rejects(over.over(endless(over)), {
      name: "UserError",
      message: /^Nothing happened for 0.0001 minutes; it was creating KindNodes/,
    });
  });

  it("asks the engine to stop when it is interrupted, and makes it when that is repeated", async () => {
    const over = watch(long);
    let finish: (error: Error) => void = () => undefined;
    const operation = over.over(() => new Promise<never>((_, reject) => (finish = reject)));
    process.emit("SIGTERM");
    assert.deepEqual([over.signal.aborted, killed], [true, 0]);
    process.emit("SIGTERM");
    assert.equal(killed, 1);
    finish(new Error("killed"));
    await assert.rejects(operation, Interrupted);
    assert.deepEqual(said, ["Stopping: the engine ends what is under way (once more ends it at once)."]);
  });

  it("takes the ^C that npm passes on for the one that the terminal has sent", async () => {
    const over = watch(long);
    const operation = over.over(endless(over));
    process.emit("SIGINT", "SIGINT");
    process.emit("SIGINT", "SIGINT");
    await assert.rejects(operation, Interrupted);
    assert.equal(killed, 0);
  });
});
