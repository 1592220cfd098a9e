import assert from "node:assert/strict";
import { imagesOf } from "../../../components/programs/payload/entry";
import { lastLine } from "../../unit/scripts/task";
import { BASE_NAME, LABEL, operatorFiles } from "./sample";
import { World } from "./world";

describe("a payload that has more than its base, or all of it, by its Tasks", function () {
  this.timeout(300_000);
  let world: World;
  before(async function () {
    world = await World.start(this, { builds: false });
  });
  after(() => world?.stop());
  const release = (version: string, image: string) =>
    world.release([{ name: "kube-vip", image, added: true }], { version });

  it("has a component that the base lacks, with its manifests", async () => {
    const image = await world.push("me/kube-vip", [operatorFiles("kube-vip", ["kube-vip"])], LABEL);
    const { code, log, results } = await release(`${BASE_NAME}.added.1`, image);
    assert.equal(code, 0, log);
    assert.deepEqual(results.changes!.split("\n"), [
      `kube-vip: ${image} is new`,
      "manifest 0000_10_kube-vip_crd.yaml of kube-vip is new",
      "manifest 0000_50_kube-vip_07_deployment.yaml of kube-vip is new",
    ]);
    assert.equal(imagesOf(await world.info(results.release!))["kube-vip"], image);
    assert.equal((await release(`${BASE_NAME}.added.1`, image)).results.outcome, "kept");
  });

  it("takes for new only what it is told is new, and only what is new", async () => {
    const image = await world.push("me/etcd", [{ "usr/bin/x": "etcd" }], {});
    const unknown = await world.release([{ name: "kube-vip", image }], { version: `${BASE_NAME}.added.2` });
    assert.match(
      lastLine(unknown.log),
      /^error: component kube-vip is not in the base release \(it has \d+ others\): /,
    );
    const entry = world.entry({ etcd: { image } }, { version: `${BASE_NAME}.added.2`, added: ["etcd"] });
    const known = await world.resolve(entry);
    assert.equal(
      lastLine(known.log),
      "error: component etcd is in the base release: name it under replace, not under add",
    );
    assert.deepEqual([unknown.code, known.code], [1, 1]);
  });

  it("names an added component in its plan", async () => {
    const image = await world.push("me/kube-vip", [{ "usr/bin/x": "vip" }], {});
    const entry = world.entry({ "kube-vip": { image } }, { version: `${BASE_NAME}.added.3`, added: ["kube-vip"] });
    const { code, log, results } = await world.resolve(entry);
    assert.equal(code, 0, log);
    assert.deepEqual(await world.planned(results["plan-image"]!), [{ name: "kube-vip", image, added: true }]);
  });

  it("stands alone once it is mirrored: all of it is in its repository, as the base has it", async () => {
    const etcd = await world.push("me/etcd", [{ "usr/bin/x": "another etcd" }], {});
    const version = `${BASE_NAME}.alone.1`;
    const mirrored = () => world.release([{ name: "etcd", image: etcd }], { version, mirror: "true" });
    const { code, log, results } = await mirrored();
    assert.equal(code, 0, log);
    const repository = `${world.host}/me/release`;
    const before = imagesOf(await world.info(world.base));
    const after = imagesOf(await world.info(results.release!));
    const digestOf = (image: string) => image.split("@")[1]!;
    assert.deepEqual(
      after,
      Object.fromEntries(
        Object.entries({ ...before, etcd }).map(([name, image]) => [name, `${repository}@${digestOf(image)}`]),
      ),
    );
    for (const [name, image] of Object.entries(after)) {
      assert.equal(await world.digest(`${repository}:content-${version}-${name}`), digestOf(image));
    }
    assert.match(log, /^(\d+) of \1 components were copied to /m);
    assert.deepEqual(results.changes!.split("\n"), [
      `etcd: ${after.etcd} in place of ${repository}@${digestOf(before.etcd!)}`,
    ]);
    assert.equal((await mirrored()).results.outcome, "kept");
    const plain = await world.release([{ name: "etcd", image: etcd }], { version });
    assert.match(lastLine(plain.log), /is there already, with other content, and a release is never overwritten/);
  });
});
