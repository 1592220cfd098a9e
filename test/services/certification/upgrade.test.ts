import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeTesterKey } from "../../unit/release/verdict";
import { requireTools, startEmptyRegistry } from "../../unit/scripts/machine";
import { run } from "../../unit/scripts/task";
import { BASE, type ClusterUnderTest, TARGET } from "./cluster";
import { onCluster } from "./on-cluster";
import { runPipeline, runTaskOf } from "./pipeline";

const GIVEN = { from: BASE, to: TARGET, attempt: "0", interval: "0", test: "upgrade/metal" };

describe("an upgrade test, with a stand-in for oc", function () {
  this.timeout(480_000);
  let cluster: ClusterUnderTest;
  onCluster((it) => (cluster = it));

  const test = (params: Record<string, string> = {}) =>
    runPipeline("okd-upgrade-test", { params: { ...GIVEN, ...params }, cluster });
  /** One look at a cluster after the other finds the next. */
  const step = (...looks: ((it: ClusterUnderTest) => void)[]) => {
    // each attempt looks at state, image, progress and more, and asks the cluster's version for each
    cluster.upgrading = (it) =>
      looks[Math.min(it.calls.filter((call) => /history\[0\]\.state/.test(call)).length - 1, looks.length - 1)]?.(it);
  };

  it("asks once, says operator and percent, waits for every pool, and gives the cluster back", async () => {
    const progress =
      "Working towards 4.22.0-okd-scos.7.mine.1: 559 of 903 done (61% complete), waiting on machine-config";
    step(
      (it) => it.say("clusterversions", "version", "Progressing", "True", progress),
      (it) => {
        it.complete();
        it.say("machineconfigpools", "worker", "Updated", "False");
      },
      (it) => it.say("machineconfigpools", "worker", "Updated", "True"),
    );
    const { failed, ran, log, results } = await test();
    assert.equal(failed, undefined, log);
    assert.deepEqual(ran, [
      "check",
      "check-verdict",
      "start",
      "wait",
      "wait",
      "wait",
      "health",
      "verdict",
      "give-back",
    ]);
    assert.match(log, /559 of 903 done \(61% complete\), waiting on machine-config/);
    assert.deepEqual(
      cluster.calls.filter((call) => call.startsWith("oc adm upgrade")),
      [`oc adm upgrade --to-image ${TARGET} --allow-explicit-upgrade`],
    );
    assert.deepEqual(JSON.parse(results.check!.configuration!), [
      { name: "upgrade-from", uri: "4.22.0-okd-scos.6", digest: { sha256: "1".repeat(64) } },
    ]);
    assert.deepEqual(cluster.left, []);
  });

  it("fails with what is not well afterwards, and with an operator that was left behind", async () => {
    cluster.upgrading = (it) => {
      it.complete();
      it.say("clusteroperators", "etcd", "Degraded", "True", "member lost");
      Object.assign(it.named("clusteroperators", "machine-config").status as object, {
        versions: [{ name: "operator", version: "4.22.0-okd-scos.6" }],
      });
    };
    const { failed, log, results } = await test();
    assert.equal(failed, "verdict", log);
    assert.deepEqual((JSON.parse(results.health!.verdict!) as { failed: string[] }).failed, [
      "operator etcd is degraded: member lost",
      "operator machine-config is of 4.22.0-okd-scos.6, not of 4.22.0-okd-scos.7.mine.1",
    ]);
    assert.deepEqual(cluster.left, []);
  });

  it("fails with the cluster's words where it does not accept the release, and where time is over", async () => {
    const refusal = "The update cannot be verified: unable to verify sha256:2222 against keyrings: verifier-public-key";
    cluster.upgrading = (it) => it.say("clusterversions", "version", "ReleaseAccepted", "False", refusal);
    const refused = await test();
    assert.match(
      refused.results.health!.verdict!,
      /upgrade: the cluster does not accept the release: The update cannot/,
    );
    cluster.reset();
    cluster.upgrading = (it) => it.say("clusterversions", "version", "Progressing", "True", "waiting on etcd");
    const late = await test({ minutes: "0" });
    assert.match(
      late.results.health!.verdict!,
      /upgrade: not complete after 0 minutes: waiting on etcd; pools: master=True/,
    );
    assert.deepEqual([refused.failed, late.failed, cluster.left], ["verdict", "verdict", []]);
  });

  it("goes on where it was killed, and where API servers do not answer", async () => {
    cluster.killAt = /^oc adm upgrade/;
    cluster.silentAt = /history\[0\]/;
    const { failed, log } = await test();
    assert.equal(failed, undefined, log);
    assert.deepEqual([cluster.killAt, cluster.silentAt], [undefined, undefined]);
    assert.equal(cluster.calls.filter((call) => call.startsWith("oc adm upgrade")).length, 1);
    assert.deepEqual(cluster.left, []);
  });

  const unfit: [
    what: string,
    change: (it: ClusterUnderTest) => void,
    sentence: RegExp,
    params?: Record<string, string>,
  ][] = [
    [
      "at another base",
      () => undefined,
      /^error: the cluster is at 4\.22\.0-okd-scos\.6, \S+, not at the base \S+33$/m,
      { from: BASE.replace(/1/g, "3") },
    ],
    ["at the release already", () => undefined, /^error: the cluster runs \S+ already: /m, { to: BASE }],
    [
      "with a release that cannot be read",
      () => undefined,
      /^error: \S+44 cannot be read as a release: error: unable/m,
      { to: TARGET.replace(/2/g, "4") },
    ],
    [
      "with a paused pool",
      (it) => Object.assign(it.named("machineconfigpools", "worker"), { spec: { paused: true } }),
      /^error: machine config pool worker is paused/m,
    ],
    [
      "that is progressing",
      (it) => it.say("clusterversions", "version", "Progressing", "True", "Working towards x"),
      /^error: cluster version version is progressing: Working towards x$/m,
    ],
    [
      "that is not upgradeable, to another minor",
      (it) => {
        it.releases = { [TARGET]: { version: "5.0.0-mine.1", previous: [] } };
        it.say("clusterversions", "version", "Upgradeable", "False", "an API is removed");
      },
      /^error: the cluster is not upgradeable: an API is removed$/m,
    ],
  ];
  for (const [what, change, sentence, params] of unfit) {
    it(`does not begin on a cluster ${what}`, async () => {
      change(cluster);
      const { code, log } = await runTaskOf("upgrade-check", { from: BASE, to: TARGET, ...params }, { cluster });
      assert.equal(code, 1, log);
      assert.match(log, sentence);
    });
  }

  it("leaves the base in its verdict, by digest: what an edge is claimed on", async function () {
    requireTools(this, "skopeo");
    const folder = mkdtempSync(join(tmpdir(), "okd-streams-edge-"));
    const registry = await startEmptyRegistry(folder);
    try {
      const key = makeTesterKey().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      const verdicts = `${registry.address}/me/verdicts`;
      const params = {
        ...GIVEN,
        signed: "true",
        "verdict-repository": verdicts,
        "insecure-registries": registry.address,
      };
      const { failed, log } = await runPipeline("okd-upgrade-test", { params, cluster, key });
      assert.equal(failed, undefined, log);
      const image = `${verdicts}:sha256-${"2".repeat(64)}.att`;
      const script = `skopeo copy --quiet --src-tls-verify=false "docker://$1" "dir:$2/v" && jq -r .payload "$2/v/$(jq -r '.layers[0].digest | sub("sha256:"; "")' "$2/v/manifest.json")" | base64 -d`;
      const read = await run("bash", ["-euc", script, "read", image, folder]);
      const { subject, predicate } = JSON.parse(read.log) as { subject: unknown; predicate: Record<string, unknown> };
      assert.deepEqual(subject, [{ name: "quay.io/me/okd-payload", digest: { sha256: "2".repeat(64) } }]);
      assert.equal(predicate.result, "PASSED");
      assert.deepEqual(predicate.configuration, [
        { name: "upgrade/metal" },
        { name: "upgrade-from", uri: "4.22.0-okd-scos.6", digest: { sha256: "1".repeat(64) } },
      ]);
    } finally {
      registry.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
