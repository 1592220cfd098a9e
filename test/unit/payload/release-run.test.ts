import assert from "node:assert/strict";
import { BASE_NAME, DOCKERFILES, operatorFiles, World } from "./world";

describe("a payload with components replaced", function () {
  this.timeout(300_000);
  let world: World;
  before(async function () {
    world = await World.start(this);
    await world.commit("service-ca-operator", {
      Dockerfile: DOCKERFILES.operator,
      "main.go": "1\n",
      ...operatorFiles("service-ca-operator", ["service-ca-operator"], 2),
    });
    await world.commit("cli", { Dockerfile: DOCKERFILES.cli, "main.go": "oc 1\n" });
    await world.commit("cli-artifacts", { Dockerfile: DOCKERFILES.artifacts });
  });
  after(() => world?.stop());

  it("is built once, released, and kept without a change", async () => {
    const etcd = await world.push("other/etcd", [{ "usr/bin/x": "other" }], {});
    const entry = world.entry({
      "service-ca-operator": world.row("service-ca-operator"),
      cli: world.row("cli"),
      etcd: { image: etcd },
    });
    const first = await world.run(entry);
    assert.equal(first.released.code, 0, first.released.log);
    console.log(first.resolved.log, first.resolved.results, first.released.log, first.released.results);
    assert.deepEqual(first.built, ["cli", "service-ca-operator"]);
    const again = await world.run(entry);
    assert.deepEqual(again.built, []);
    assert.equal(again.released.code, 0, again.released.log);
    console.log(again.resolved.log, again.released.log);
    assert.equal(again.released.results.release, first.released.results.release);
    void BASE_NAME;
  });
});
