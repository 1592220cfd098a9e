import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/kubernetes/provider";
import { parse } from "yaml";
import { ownSecrets, testSecrets } from "../../../components/streams/certification/run";
import { Certifications, type CertificationsArgs } from "../../../components/streams/certifications";
import { chooseCertification, chooseUpgradeTest } from "../../../stacks/commands/follow/choose";
import { brokenRules } from "../../../stacks/configuration/rules";
import { configurationSchema } from "../../../stacks/configuration/schema";
import { KIND, LIBRARY, REGISTRY } from "../streams/samples";

const digest = (character: string) => `@sha256:${character.repeat(64)}`;
const BASE = `quay.io/okd/scos-release${digest("1")}`;
const TARGET = `quay.io/me/okd-payload${digest("2")}`;
const METAL = { name: "metal", kubeconfigSecret: "metal-kubeconfig" };
const [, SAMPLE] = /```yaml\n([^]*?)```/.exec(readFileSync("pipelines/certification/README.md", "utf8"))!;

const configured = (settings: object) => configurationSchema.safeParse({ cluster: { type: "kind" }, ...settings });
const sample = () => {
  const settings = parse(SAMPLE!) as Record<string, unknown>;
  const short = Object.entries(settings).map(([key, value]) => [key.replace("okd-streams:", ""), value]);
  return configured(Object.fromEntries(short) as object).data!;
};

describe("tests of clusters in a stack", () => {
  let registered: { type: string; name: string; inputs: Record<string, unknown> }[];
  before(async () => {
    await pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        return { id: name, state: inputs as Record<string, unknown> };
      },
    });
  });
  beforeEach(() => {
    registered = [];
  });

  const create = async (more: Partial<CertificationsArgs> = {}) => {
    const { certifications, upgradeTests } = sample();
    const cluster = { provider: new Provider("cluster", {}), kubeconfig: pulumi.output(""), capabilities: KIND };
    const component = new Certifications("certifications", {
      ...{ cluster, platform: { tekton: [], registry: REGISTRY }, stack: "kind", library: LIBRARY },
      ...{ certifications, upgradeTests, ...more },
    });
    await pulumi.runtime.disconnect();
    return component;
  };

  it("of the README are runs that the Pipelines take", async () => {
    const { certifications, upgradeTests } = await create();
    const [certification, upgrade] = [certifications[0]!, upgradeTests[0]!];
    const params = ({ run }: typeof upgrade) =>
      Object.fromEntries(run.spec.params.map(({ name, value }) => [name, value]));
    assert.deepEqual(params(certification), {
      ...{ "results-repository": "quay.io/me/opct-results", "cluster-secret": "metal-kubeconfig" },
      ...{ test: "certification/metal", minutes: "480", signed: "true", "signing-secret": "tester" },
      "insecure-registries": "kind-registry:5000",
    });
    assert.deepEqual(params(upgrade), {
      ...{ from: BASE, to: TARGET, force: "true", "cluster-secret": "metal-kubeconfig" },
      ...{ test: "upgrade/metal", minutes: "180", signed: "true", "signing-secret": "tester" },
      "insecure-registries": "kind-registry:5000",
    });
    assert.deepEqual(certification.run.spec.timeouts, { pipeline: "960m0s", tasks: "720m0s", finally: "240m0s" });
    assert.deepEqual(certification.run.metadata, {
      ...{ generateName: "okd-certification-metal-", namespace: "okd-certification" },
      labels: {
        "app.kubernetes.io/part-of": "okd-streams",
        "okd-streams.io/stack": "kind",
        "okd-streams.io/certification": "metal",
      },
    });
    assert.deepEqual(certification.plan, [
      "certification/metal: the release that the cluster runs is certified on the cluster of Secret metal-kubeconfig, by opct in at most 480 minutes",
      "certification/metal: opct's archive goes to quay.io/me/opct-results",
      "certification/metal: its verdict is signed and left beside the release",
    ]);
    assert.equal(upgrade.plan[1], "upgrade/metal: the release need not be signed, nor the cluster upgradeable (force)");
  });

  it("say what is left out", async () => {
    const { certifications } = configured({ certifications: [METAL] }).data!;
    const component = await create({ certifications, upgradeTests: [] });
    assert.deepEqual(component.certifications[0]!.plan.slice(1), [
      "certification/metal: left out: opct's archive (archives is not set)",
      "certification/metal: left out: a signed verdict (verdict is not set)",
    ]);
  });

  it("run in a namespace of their own, without a privileged step or a token", async () => {
    await create();
    const object = (name: string) => registered.find((it) => it.name === name)!.inputs;
    const { labels } = object("okd-certification").metadata as { labels: Record<string, string> };
    assert.equal(labels["pod-security.kubernetes.io/enforce"], "baseline");
    assert.equal(object("okd-certification/pipeline").automountServiceAccountToken, false);
  });

  it("keep kubeconfigs and signing keys to themselves", () => {
    const { certifications, upgradeTests } = sample();
    const tests = [...certifications, ...upgradeTests];
    const secrets = { "metal-kubeconfig": 1, tester: 2, pull: 3, bot: 4, signing: 5 };
    const used = { registry: { ...REGISTRY, credentialsSecret: "pull" } };
    assert.deepEqual(testSecrets(secrets, tests, used), { "metal-kubeconfig": 1, tester: 2, pull: 3 });
    assert.deepEqual([...new Set(ownSecrets(tests))], ["metal-kubeconfig", "tester"]);
  });

  it("are chosen by name", async () => {
    const { upgradeTests } = await create();
    assert.equal(chooseUpgradeTest("kind", { upgradeTests }).title, "Upgrade test metal");
    assert.throws(() => chooseCertification("kind", {}), {
      message: "Stack kind has no certifications: add one to its configuration.",
    });
    assert.throws(() => chooseUpgradeTest("kind", { upgradeTests }, "iron"), {
      message: "Stack kind has no upgrade test iron, it has metal.",
    });
  });

  it("are refused where they are not by digest, or go nowhere", () => {
    const upgrade = { ...METAL, to: TARGET };
    for (const settings of [
      { certifications: [{ ...METAL, release: "quay.io/okd/scos-release:4.22.0" }] },
      { certifications: [{ ...METAL, minutes: 10 }] },
      { certifications: [{ name: "metal" }] },
      { certifications: [{ ...METAL, name: "n".repeat(27) }] },
      { upgradeTests: [METAL] },
      { upgradeTests: [{ ...upgrade, from: "4.22.0" }] },
    ]) {
      assert.ok(!configured(settings).success, JSON.stringify(settings));
    }
    const { data } = configured({
      platform: { tektonPipelines: { mode: "none" } },
      certifications: [METAL, METAL],
      upgradeTests: [{ ...upgrade, from: `quay.io/other/name${digest("2")}` }],
    });
    assert.deepEqual(
      brokenRules(data!).map(({ path, sentence }) => `${path.join(".")} ${sentence}`),
      [
        'certifications.1.name is "metal" again, as in certifications[0]',
        "upgradeTests.0.to is what from is: name the release that the cluster is upgraded to",
        "platform.tektonPipelines.mode is none, but streams, layers, releases, payloads, operators and tests run on it: install or use it, or leave all empty",
      ],
    );
  });

  it("may be wanted of a release, by name", () => {
    const release = {
      ...{ name: "next", from: { image: TARGET }, target: "4-scos-next" },
      repositories: { content: "quay.io/okd/scos-content", release: "quay.io/okd/scos-release" },
    };
    const key = "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n";
    assert.ok(configured({ releases: [{ ...release, verdict: { key, tests: ["certification/metal"] } }] }).success);
    assert.ok(!configured({ releases: [{ ...release, verdict: { key, tests: ["a b"] } }] }).success);
  });
});
