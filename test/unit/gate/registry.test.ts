import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RegistryClient, Unavailable } from "../../../components/programs/gate/registry";
import { type Behaviour, FakeRegistry, pushManifest } from "./fake-registry";

/** For registries that answer, on a busy machine too; the other for those that never do. */
const patient = () => AbortSignal.timeout(600_000);
const soon = () => AbortSignal.timeout(50);

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
  const client = (more: object = {}) => new RegistryClient({ address: fake.address, insecure: true, ...more });

  it("reads manifests and digests, and says nothing of what is not there", async () => {
    const digest = await pushManifest(fake.address, "okd/x", "1", { a: "b" });
    const manifest = await client().manifest("okd/x", "1", patient());
    assert.deepEqual([manifest?.digest, manifest?.body.annotations], [digest, { a: "b" }]);
    assert.equal(await client().digest("okd/x", "1", patient()), digest);
    assert.equal(await client().manifest("okd/x", "2", patient()), undefined);
    assert.equal(await client().digest("okd/y", "1", patient()), undefined);
  });

  it("reads all pages of tags", async () => {
    const tags = ["a", "b", "c", "d", "e", "f", "g"];
    for (const tag of tags) await pushManifest(fake.address, "okd/x", tag, {});
    assert.deepEqual(await client().tags("okd/x", patient()), tags);
    assert.deepEqual(await client().tags("okd/none", patient()), []);
  });

  it("pays with credentials or a token, as it is asked", async () => {
    await pushManifest(fake.address, "okd/x", "1", {});
    for (const behaviour of ["asks-basic", "asks-token"] as Behaviour[]) {
      fake.behaviour = behaviour;
      assert.ok(await client({ credentials }).digest("okd/x", "1", patient()), behaviour);
    }
  });

  it("pays with the account of the repository, where there is one, or else of what it is in", async () => {
    await pushManifest(fake.address, "okd/x", "1", {});
    fake.behaviour = "asks-basic";
    const [right, wrong] = [{ auth: "cm9ib3Q6c2VjcmV0" }, { auth: "wrong" }];
    const auths = (accounts: Record<string, object>) => {
      const named = Object.entries(accounts).map(([path, account]) => [`${fake.address}${path}`, account]);
      writeFileSync(credentials, JSON.stringify({ auths: Object.fromEntries(named) as object }));
    };
    const enough: Record<string, object>[] = [
      { "/okd": right, "": wrong },
      { "/okd": wrong, "/okd/x": right },
      { "/ok": wrong, "": right },
    ];
    for (const accounts of enough) {
      auths(accounts);
      assert.ok(await client({ credentials }).digest("okd/x", "1", patient()), JSON.stringify(accounts));
    }
    auths({ "/okd/x": wrong, "": right });
    await assert.rejects(client({ credentials }).digest("okd/x", "1", patient()), Unavailable);
  });

  const silences: [Behaviour, RegExp][] = [
    ["hanging", /^the registry does not answer in time$/],
    ["failing", /^the registry answers GET with 500$/],
    ["babbling", /^the registry's answer is no JSON object$/],
    ["asks-basic", /^the registry asks for credentials, and none are given$/],
    ["asks-token", /^the registry's realm answers with 401 and no token$/],
    ["asks-novelty", /^the registry asks for an authorization of a kind that is not known$/],
    ["behind-a-proxy", /^the registry answers GET with 404$/],
  ];
  for (const [behaviour, message] of silences) {
    it(`takes a registry that is ${behaviour} for no answer, never for an empty one`, async () => {
      await pushManifest(fake.address, "okd/x", "1", {});
      fake.behaviour = behaviour;
      const unavailable = (error: Error) => error instanceof Unavailable && message.test(error.message);
      const signal = behaviour === "hanging" ? soon : patient;
      await assert.rejects(client().manifest("okd/x", "1", signal()), unavailable);
      await assert.rejects(client().tags("okd/x", signal()), unavailable);
    });
  }

  it("takes what Quay denies for not there yet, and says so once", async () => {
    const warnings: string[] = [];
    await pushManifest(fake.address, "okd/x", "1", {});
    fake.behaviour = "denies";
    const paying = client({ credentials, warn: (message: string) => warnings.push(message) });
    assert.equal(await paying.manifest("mine/x", "1", patient()), undefined);
    assert.deepEqual(await paying.tags("mine/x", patient()), []);
    assert.deepEqual(warnings, [
      "the registry denies mine/x: taken for none yet, as Quay says so of what is not there",
    ]);
    assert.ok(await paying.digest("okd/x", "1", patient()));
    await assert.rejects(client().tags("mine/x", patient()), /answers with 401 and no token$/);
  });

  const lists: [Behaviour, RegExp][] = [
    ["endless", /^the registry's list of tags of okd\/x does not end$/],
    ["misshapen", /^the registry's list of tags is no list of texts$/],
    ["lost", /^the registry's next page has no address$/],
  ];
  for (const [behaviour, message] of lists) {
    it(`takes a list of tags that is ${behaviour} for no answer`, async () => {
      fake.behaviour = behaviour;
      const unavailable = (error: Error) => error instanceof Unavailable && message.test(error.message);
      await assert.rejects(client().tags("okd/x", patient()), unavailable);
      assert.ok(fake.requests.length < 2_000);
    });
  }

  it("follows redirections, and takes the credentials to no other server", async () => {
    const other = await new FakeRegistry().start();
    await pushManifest(other.address, "okd/x", "1", {});
    fake.behaviour = "asks-basic";
    fake.elsewhere = other.address;
    assert.ok(await client({ credentials }).digest("okd/x", "1", patient()));
    assert.equal(fake.authorization, "Basic cm9ib3Q6c2VjcmV0");
    assert.equal(other.authorization, undefined);
    other.stop();
  });

  it("asks again where the server closed a connection that was kept, and a new one never", async () => {
    await pushManifest(fake.address, "okd/x", "1", {});
    const kept = client();
    fake.hangsUp = "kept";
    for (let time = 0; fake.hangsUp && time < 100; time++) {
      assert.ok(await kept.manifest("okd/x", "1", patient()));
      await new Promise((next) => setTimeout(next, 1)); // it is kept from now on
    }
    assert.equal(fake.hangsUp, undefined);
    fake.hangsUp = "new";
    await assert.rejects(client().digest("okd/x", "1", patient()), /^Error: no registry: ECONNRESET$/);
  });

  it("reads no more than it can hold", async () => {
    await pushManifest(fake.address, "okd/x", "1", { a: "x".repeat(4 * 1024 * 1024) });
    await assert.rejects(client().manifest("okd/x", "1", patient()), /answer is too large$/);
  });

  it("takes a port without a registry for no answer", async () => {
    fake.stop();
    await assert.rejects(client().digest("okd/x", "1", patient()), /^Error: no registry: ECONNREFUSED$/);
  });

  it("waits for its turn no longer than the signal allows, and leaves the turn to the next one", async () => {
    fake.behaviour = "hanging";
    const narrow = client({ width: 1 });
    const [first, second] = [new AbortController(), new AbortController()];
    const ended = Promise.allSettled([
      narrow.digest("okd/x", "1", first.signal),
      narrow.digest("okd/x", "2", second.signal),
    ]);
    await assert.rejects(narrow.digest("okd/x", "3", soon()), /does not answer in time$/);
    const last = narrow.digest("okd/x", "4", patient());
    const asked = async (...tags: number[]) => {
      while (fake.requests.length < tags.length) await new Promise((next) => setTimeout(next, 1));
      assert.deepEqual(
        fake.requests,
        tags.map((tag) => `GET okd/x manifests/${tag}`),
      );
    };
    await asked(1);
    first.abort();
    await asked(1, 2);
    fake.behaviour = "sound";
    second.abort();
    assert.equal(await last, undefined);
    await asked(1, 2, 4);
    assert.deepEqual(
      (await ended).map(({ status }) => status),
      ["rejected", "rejected"],
    );
  });
});
