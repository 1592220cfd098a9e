import assert from "node:assert/strict";
import { lastLine, runTask } from "../scripts/task";
import { Factory, repositoryOf } from "./factory";
import { makeTesterKey, pushVerdicts, type Verdict } from "./verdict";

describe("check-test-verdict, with real skopeo, openssl and registry", function () {
  this.timeout(180_000);
  const { privateKey: key, pem } = makeTesterKey();
  const stranger = makeTesterKey().privateKey;
  let factory: Factory;
  let payload: string;
  before(async function () {
    factory = await Factory.start(this);
    await factory.reset();
    payload = repositoryOf(factory.pullspec);
  });
  afterEach(() => {
    factory.outside.override = () => undefined;
  });
  after(() => factory?.stop());

  const check = (params: Record<string, string> = {}) =>
    runTask("check-test-verdict", {
      params: {
        "release-pullspec": `${payload}@${factory.digest}`,
        "verdict-key": pem,
        "insecure-registries": factory.outside.host,
        ...params,
      },
      env: factory.volumes(),
    });

  const cases: [what: string, verdicts: Verdict[], sentence: RegExp][] = [
    ["one that passed", [{ key }], /^test of .*: PASSED https:\/\/tests\.example\/1$/],
    ["the last one, which passed", [{ key, result: "FAILED" }, { key }], /: PASSED/],
    [
      "the last one, which failed",
      [{ key }, { key, result: "FAILED" }],
      /^error: the last verdict of test on .* is FAILED/,
    ],
    [
      "that of each test",
      [
        { key, test: "certification/metal", result: "FAILED" },
        { key, test: "upgrade/metal" },
      ],
      /^error: the last verdict of certification\/metal on .* is FAILED/,
    ],
    [
      "a test that failed before it passed",
      [
        { key, test: "upgrade/metal", result: "FAILED" },
        { key, test: "upgrade/metal" },
      ],
      /^upgrade\/metal of .*: PASSED/,
    ],
    ["one with warnings", [{ key, result: "WARNED" }], /^error: .* is WARNED/],
    ["a stranger's", [{ key: stranger }], /^error: .* holds no test verdict by this key over this payload$/],
    ["its own beside a stranger's", [{ key, result: "FAILED" }, { key: stranger }], /^error: .* is FAILED/],
    ["one over another payload", [{ key, digest: `sha256:${"0".repeat(64)}` }], /^error: .* holds no test verdict/],
    ["one of another kind", [{ key, predicateType: "https://slsa.dev/provenance/v1" }], /^error: .* holds no/],
    ["a forged one", [{ key, result: "FAILED", forged: "PASSED" }], /^error: .* holds no test verdict/],
    ["none in its place", [], /^error: .* holds no test verdict/],
  ];
  for (const [what, verdicts, sentence] of cases) {
    it(`heeds ${what}`, async () => {
      await pushVerdicts(payload, factory.digest, verdicts);
      const { code, log } = await check();
      assert.match(lastLine(log), sentence);
      assert.equal(code, lastLine(log).startsWith("error: ") ? 1 : 0);
    });
  }

  it("wants a verdict of the tests that are named", async () => {
    await pushVerdicts(payload, factory.digest, [{ key, test: "upgrade/metal" }]);
    const { code, log } = await check({ tests: "upgrade/metal certification/metal" });
    assert.match(
      lastLine(log),
      /^error: .* holds no verdict of certification\/metal by this key, it has upgrade\/metal$/,
    );
    assert.equal(code, 1);
    assert.equal((await check({ tests: "upgrade/metal" })).code, 0);
  });

  it("looks in another repository where that is named", async () => {
    const elsewhere = `${factory.outside.host}/verdicts`;
    const missing = /^error: .* has no test verdict: there is no .*\/verdicts:sha256-[0-9a-f]{64}\.att$/;
    assert.match(lastLine((await check({ "verdict-repository": elsewhere })).log), missing);
    await pushVerdicts(elsewhere, factory.digest, [{ key }]);
    assert.equal((await check({ "verdict-repository": elsewhere })).code, 0);
  });

  it("says what is wrong with the key or the registry", async () => {
    assert.match(lastLine((await check({ "verdict-key": "no key" })).log), /^error: verdict-key is no public key: /);
    factory.outside.override = ({ url }) => (url.includes(".att") ? [403, "no"] : undefined);
    // Digits that a name may have say nothing of the answer.
    const elsewhere = { "verdict-repository": `${factory.outside.host}/okd404` };
    assert.match(lastLine((await check(elsewhere)).log), /^error: the test verdicts .* cannot be read: /);
  });

  it("holds a run back until there is one", async () => {
    await pushVerdicts(payload, factory.digest, [{ key: stranger }]);
    const run = () => factory.publish({ "test-verdict-key": pem }, ["pick-release", "check-test-verdict"]);
    assert.equal((await run()).failed, "check-test-verdict");
    await pushVerdicts(payload, factory.digest, [{ key }]);
    assert.equal((await run()).failed, undefined);
    assert.deepEqual((await factory.publish({}, ["check-test-verdict"])).ran, [], "it is not asked for without a key");
  });

  it("is what a payload by tag is trusted by, where nothing is signed", async () => {
    const byTag = { "release-stream": "", "release-pullspec": factory.pullspec, "signature-store": "" };
    const tasks = ["pick-release", "verify-release", "check-test-verdict"];
    const run = (more = {}) => factory.publish({ ...byTag, "release-controller": "", ...more }, tasks);
    assert.equal((await run()).failed, "verify-release");
    await pushVerdicts(payload, factory.digest, [{ key: stranger }]);
    assert.equal((await run({ "test-verdict-key": pem })).failed, "check-test-verdict");
    await pushVerdicts(payload, factory.digest, [{ key }]);
    const { failed, log } = await run({ "test-verdict-key": pem });
    assert.equal(failed, undefined, log);
  });
});
