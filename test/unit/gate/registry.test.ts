import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry, Unavailable } from "../../../components/gate/server/registry";
import { type Behaviour, FakeRegistry, pushManifest } from "./fake-registry";

const soon = () => AbortSignal.timeout(300);

describe("the gate's registry client", () => {
  let fake: FakeRegistry;
  let folder: string;
  let credentials: string;

  beforeEach(async () => {
    fake = await new FakeRegistry().start();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-registry-"));
    credentials = join(folder, ".dockerconfigjson");
    writeFileSync(credentials, JSON.stringify({ auths: { [fake.address]: { auth: "cm9ib3Q6c2VjcmV0" } } }));
  });
  afterEach(() => {
    fake.stop();
    rmSync(folder, { recursive: true });
  });
  const client = (more: object = {}) => new Registry({ address: fake.address, insecure: true, ...more });

  it("reads manifests and digests, and says nothing of what is not there", async () => {
    const digest = await pushManifest(fake.address, "okd/x", "1", { a: "b" });
    const manifest = await client().manifest("okd/x", "1", soon());
    assert.deepEqual([manifest?.digest, manifest?.body.annotations], [digest, { a: "b" }]);
    assert.equal(await client().digest("okd/x", "1", soon()), digest);
    assert.equal(await client().manifest("okd/x", "2", soon()), undefined);
    assert.equal(await client().digest("okd/y", "1", soon()), undefined);
  });

  it("reads all pages of tags", async () => {
    const tags = ["a", "b", "c", "d", "e", "f", "g"];
    for (const tag of tags) await pushManifest(fake.address, "okd/x", tag, {});
    assert.deepEqual(await client().tags("okd/x", soon()), tags);
    assert.deepEqual(await client().tags("okd/none", soon()), []);
  });

  it("pays with credentials or a token, as it is asked", async () => {
    await pushManifest(fake.address, "okd/x", "1", {});
    for (const behaviour of ["asks-basic", "asks-token"] as Behaviour[]) {
      fake.behaviour = behaviour;
      assert.ok(await client({ credentials }).digest("okd/x", "1", soon()), behaviour);
    }
  });

  const silences: [Behaviour, RegExp][] = [
    ["hanging", /^the registry does not answer in time$/],
    ["failing", /^the registry answers GET with 500$/],
    ["babbling", /^the registry's answer is no JSON object$/],
    ["asks-basic", /^the registry asks for credentials, and none are given$/],
    ["asks-token", /^the registry's realm answers with 401 and no token$/],
    ["asks-novelty", /^the registry asks for an authorization of a kind that is not known$/],
  ];
  for (const [behaviour, message] of silences) {
    it(`takes a registry that is ${behaviour} for no answer, never for an empty one`, async () => {
      await pushManifest(fake.address, "okd/x", "1", {});
      fake.behaviour = behaviour;
      const unavailable = (error: Error) => error instanceof Unavailable && message.test(error.message);
      await assert.rejects(client().manifest("okd/x", "1", soon()), unavailable);
      await assert.rejects(client().tags("okd/x", soon()), unavailable);
    });
  }

  it("follows redirections, and takes the credentials to no other server", async () => {
    const other = await new FakeRegistry().start();
    await pushManifest(other.address, "okd/x", "1", {});
    fake.behaviour = "asks-basic";
    fake.elsewhere = other.address;
    assert.ok(await client({ credentials }).digest("okd/x", "1", soon()));
    assert.equal(fake.authorization, "Basic cm9ib3Q6c2VjcmV0");
    assert.equal(other.authorization, undefined);
    other.stop();
  });

  it("asks again where the server closed a connection that was kept", async () => {
    await pushManifest(fake.address, "okd/x", "1", {});
    const kept = client();
    assert.ok(await kept.digest("okd/x", "1", soon()));
    fake.hangUp();
    assert.ok(await kept.digest("okd/x", "1", soon()));
  });

  it("reads no more than it can hold", async () => {
    await pushManifest(fake.address, "okd/x", "1", { a: "x".repeat(4 * 1024 * 1024) });
    await assert.rejects(client().manifest("okd/x", "1", AbortSignal.timeout(5_000)), /answer is too large$/);
  });

  it("takes a port without a registry for no answer", async () => {
    fake.stop();
    await assert.rejects(client().digest("okd/x", "1", soon()), /^Error: no registry: ECONNREFUSED$/);
  });

  it("waits for its turn no longer than the signal allows", async () => {
    fake.behaviour = "hanging";
    const narrow = client({ width: 1 });
    const results = await Promise.allSettled([1, 2, 3].map((tag) => narrow.digest("okd/x", String(tag), soon())));
    assert.deepEqual(
      results.map(({ status }) => status),
      ["rejected", "rejected", "rejected"],
    );
    assert.equal(fake.requests.length, 1, "only one was let through");
    fake.behaviour = "sound";
    assert.equal(await narrow.digest("okd/x", "1", soon()), undefined);
  });
});
