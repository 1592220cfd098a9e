import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTools, startEmptyRegistry } from "../../unit/scripts/machine";
import { makeTesterKey } from "../../unit/release/verdict";
import { lastLine, run, runTask } from "../../unit/scripts/task";
import { BASE, type ClusterUnderTest, TOKEN } from "./cluster";
import { onCluster, startCluster } from "./on-cluster";
import { runPipeline, runTaskOf } from "./pipeline";

const QUICK = { attempt: "0", interval: "0", test: "certification/metal" };

describe("certification, with stand-ins for oc and opct", function () {
  this.timeout(480_000);
  let cluster: ClusterUnderTest;
  onCluster((it) => (cluster = it));

  const certify = (params: Record<string, string> = {}, more: Partial<Parameters<typeof runPipeline>[1]> = {}) =>
    runPipeline("okd-certification", { params: { ...QUICK, ...params }, cluster, ...more });

  it("tests, waits in attempts, reports, and leaves nothing", async () => {
    const { failed, ran, results, log, environment } = await certify({ release: BASE });
    assert.equal(failed, undefined, log);
    assert.deepEqual(ran, ["check", "check-verdict", "start", "wait", "wait", "wait", "results", "verdict", "destroy"]);
    assert.deepEqual(JSON.parse(results.results!.verdict!), {
      ...{ result: "PASSED", failed: [], warned: [], passed: ["OPCT-001"] },
    });
    assert.deepEqual(cluster.left, []);
    assert.ok(cluster.calls.includes("opct run --timeout 28800"), cluster.calls.join("\n"));
    assert.ok(!log.includes(TOKEN) && !environment.includes(TOKEN));
  });

  it("ends in failure where a check of opct's report failed, and leaves nothing", async () => {
    cluster.checks = {
      failures: [{ id: "OPCT-004", slo: "pass ratio", sliCurrent: "97%", sliTarget: ">=98.5%" }],
      successes: [{ id: "OPCT-001" }],
    };
    const { failed, log, results } = await certify();
    assert.equal(failed, "verdict");
    assert.match(log, /failed: OPCT-004 pass ratio: 97%, wanted >=98\.5%/);
    assert.equal((JSON.parse(results.results!.verdict!) as { result: string }).result, "FAILED");
    assert.deepEqual(cluster.left, []);
  });

  it("says nothing of a release whose report has no checks", async () => {
    cluster.checks = {};
    const { failed, log } = await certify();
    assert.equal(failed, "results", log);
    assert.match(log, /error: opct's report says nothing of its checks/);
    assert.deepEqual(cluster.left, []);
  });

  const unfit: [what: string, change: (cluster: ClusterUnderTest) => void, sentence: RegExp][] = [
    [
      "an operator that is not well",
      (it) => it.say("clusteroperators", "etcd", "Degraded", "True", "member lost"),
      /^error: operator etcd is degraded: member lost$/m,
    ],
    [
      "an image registry that is removed",
      (it) =>
        Object.assign(it.named("configs.imageregistry.operator.openshift.io", "cluster"), {
          spec: { managementState: "Removed" },
        }),
      /^error: the image registry is Removed, and opct needs it Managed: /m,
    ],
    [
      "no node for tests",
      (it) => delete it.named("nodes", "worker-2").metadata.labels!["node-role.kubernetes.io/tests"],
      /^error: no node has label node-role\.kubernetes\.io\/tests: /m,
    ],
    [
      "a node for tests without the taint",
      (it) => Object.assign(it.named("nodes", "worker-2"), { spec: {} }),
      /^error: node worker-2 has label .* without the taint: oc adm taint node worker-2 /m,
    ],
    [
      "what another run left",
      (it) => it.objects.namespaces!.push({ metadata: { name: "opct" } }),
      /^error: namespace opct is there, of another run: /m,
    ],
    [
      "a namespace that opct would delete",
      (it) => it.objects.namespaces!.push({ metadata: { name: "team-e2e-lab" } }),
      /^error: namespace team-e2e-lab would be deleted by opct destroy/m,
    ],
  ];
  for (const [what, change, sentence] of unfit) {
    it(`does not begin with ${what}`, async () => {
      change(cluster);
      const { code, log } = await runTaskOf("opct-check", {}, { cluster });
      assert.equal(code, 1);
      assert.match(log, sentence);
      assert.deepEqual(
        cluster.calls.filter((call) => !call.startsWith("oc get ")),
        [],
      );
    });
  }

  it("does not begin with another release, nor without a cluster", async () => {
    const other = await runTaskOf("opct-check", { release: BASE.replace(/1/g, "3") }, { cluster });
    assert.match(
      other.log,
      /error: the cluster runs 4\.22\.0-okd-scos\.6, .*, not .*: upgrade it, or certify what it runs/,
    );
    const none = await runTaskOf("opct-check", {}, { cluster, known: false });
    assert.match(none.log, /error: there is no Secret okd-cluster-under-test with key "kubeconfig"/);
    assert.deepEqual([other.code, none.code], [1, 1]);
  });

  it("leaves alone what another run left", async () => {
    cluster.objects.namespaces!.push({ metadata: { name: "opct" } });
    const { failed, ran } = await certify();
    assert.equal(failed, "check");
    assert.deepEqual(ran, ["check", "check", "destroy"]);
    assert.deepEqual(cluster.left, ["namespaces/opct"]);
  });

  it("keeps off a cluster that another run tests, and leaves that run alone", async () => {
    const holder = { holder: "other-1 other-uid", state: "started", began: "1" };
    cluster.objects.configmaps!.push({
      metadata: { name: "okd-streams-test", namespace: "openshift-config" },
      data: holder,
    });
    const { failed, log } = await certify();
    assert.equal(failed, "start");
    assert.match(log, /error: the cluster is under test by other-1 other-uid: wait for its end/);
    assert.deepEqual(cluster.left, ["configmaps/okd-streams-test"]);
  });

  const kills: [when: string, at: RegExp, runs: number][] = [
    ["before it has begun", /^oc patch .*started/, 1],
    ["while opct begins: it clears up and begins again", /^opct run/, 2],
    ["while it waits", /^opct status/, 1],
    ["while it retrieves", /^opct retrieve/, 1],
    ["while it destroys", /^opct destroy/, 1],
  ];
  for (const [when, at, runs] of kills) {
    it(`goes on where it was killed ${when}`, async () => {
      cluster.killAt = at;
      const { failed, log } = await certify();
      assert.equal(failed, undefined, log);
      assert.equal(cluster.killAt, undefined, "it was killed");
      assert.equal(cluster.calls.filter((call) => call.startsWith("opct run")).length, runs);
      assert.deepEqual(cluster.left, []);
    });
  }

  it("begins tests once, however often it is asked", async () => {
    const start = () => runTaskOf("opct-start", { holder: "a b" }, { cluster });
    assert.equal((await start()).code, 0);
    const again = await start();
    assert.equal(lastLine(again.log), "the tests were begun before, and go on");
    assert.equal(cluster.calls.filter((call) => call.startsWith("opct run")).length, 1);
  });

  it("waits on while the cluster does not answer", async () => {
    cluster.silentAt = /^oc get namespace opct/;
    cluster.statuses = ["running", "complete"];
    const { failed, log } = await certify();
    assert.equal(failed, undefined, log);
    assert.deepEqual(cluster.left, []);
  });

  it("says that tests have failed which are not complete in time", async () => {
    cluster.statuses = ["running"];
    const { failed, results, log } = await certify({ minutes: "-31" });
    assert.equal(failed, "verdict", log);
    assert.match(results.results!.verdict!, /"FAILED","failed":\["tests were not complete in time"\]/);
    assert.deepEqual(cluster.left, []);
  });

  it("says nothing of a release whose tests somebody else ended", async () => {
    const happens = () => {
      cluster.objects.namespaces = cluster.objects.namespaces!.filter(({ metadata }) => metadata.name !== "opct");
    };
    cluster.meanwhile = { at: /^opct status/, happens };
    const { failed, log } = await certify();
    assert.equal(failed, "results", log);
    assert.match(log, /error: the tests are gone from the cluster before they were complete/);
    assert.deepEqual(cluster.left, []);
  });

  it("says that something stays which opct did not destroy, and keeps the cluster", async () => {
    cluster.stuck = true;
    const { failed, log } = await certify();
    assert.equal(failed, "destroy");
    assert.match(log, /error: namespace opct is still there after opct destroy/);
    assert.deepEqual(cluster.left, ["namespaces/opct", "configmaps/okd-streams-test"]);
  });

  it("removes a binding that opct leaves where the role is gone", async () => {
    cluster.meanwhile = { at: /^opct destroy/, happens: (it) => (it.objects.clusterroles = []) };
    const { failed, log } = await certify();
    assert.equal(failed, undefined, log);
    assert.deepEqual(cluster.left, []);
  });
});

describe("the verdict of a certification, with real skopeo, openssl and registry", function () {
  this.timeout(480_000);
  const { privateKey, pem } = makeTesterKey();
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-verdict-"));
  let registry: { address: string; stop(): void } | undefined;
  let cluster: ClusterUnderTest;
  before(async function () {
    requireTools(this, "jq", "python3", "openssl", "skopeo");
    registry = await startEmptyRegistry(folder);
    cluster = await startCluster();
  });
  after(() => {
    registry?.stop();
    cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const params = () => ({
    ...{ ...QUICK, signed: "true", "insecure-registries": registry!.address },
    "verdict-repository": `${registry!.address}/me/verdicts`,
    "results-repository": `${registry!.address}/me/opct-results`,
  });
  const check = (tests = "") =>
    runTask("check-test-verdict", {
      params: {
        ...{ "release-pullspec": BASE, "verdict-key": pem, tests },
        "verdict-repository": `${registry!.address}/me/verdicts`,
        "insecure-registries": registry!.address,
      },
    });

  it("is what a release's verdict reads, and names the archive, which is kept", async () => {
    cluster.reset();
    const first = await runPipeline("okd-certification", { params: params(), cluster, key });
    assert.equal(first.failed, undefined, first.log);
    const { code, log } = await check("certification/metal");
    assert.equal(code, 0, log);
    const [, archive] = /^certification\/metal of \S+: PASSED docker:\/\/(\S+)$/.exec(lastLine(log))!;
    const read = await run("skopeo", [
      ...["copy", "--quiet", "--src-tls-verify=false", `docker://${archive}`, `dir:${folder}/archive`],
    ]);
    assert.equal(read.code, 0, read.log);
    assert.ok(!first.log.includes("PRIVATE KEY") && !first.environment.includes("PRIVATE KEY"));
  });

  it("stands behind the earlier ones: one that failed holds the release back, one that passed afterwards does not", async () => {
    cluster.reset();
    cluster.checks = { failures: [{ id: "OPCT-001" }], successes: [] };
    const failing = await runPipeline("okd-certification", { params: params(), cluster, key });
    assert.equal(failing.failed, "verdict");
    assert.match((await check()).log, /error: the last verdict of certification\/metal on \S+ is FAILED/);
    cluster.reset();
    const again = await runPipeline("okd-certification", {
      params: { ...params(), test: "certification/metal" },
      cluster,
      key,
    });
    assert.equal(again.failed, undefined, again.log);
    assert.equal((await check()).code, 0);
  });

  it("is looked after before the tests begin: a missing or wrong key costs no hours", async () => {
    cluster.reset();
    const none = await runPipeline("okd-certification", { params: params(), cluster });
    assert.match(none.log, /error: there is no Secret okd-tester-signing-key with key "tester\.key"/);
    const wrong = await runPipeline("okd-certification", { params: params(), cluster, key: pem });
    assert.match(wrong.log, /error: tester\.key of Secret okd-tester-signing-key is no private key of ECDSA P-256/);
    assert.deepEqual([none.failed, wrong.failed], ["check-verdict", "check-verdict"]);
    assert.ok(!cluster.calls.some((call) => call.startsWith("opct run")));
  });
});
