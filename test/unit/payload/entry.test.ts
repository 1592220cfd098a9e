import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { authored } from "../../../components/kubernetes/marks";
import { Library } from "../../../components/pipelines/library";
import { requireFit } from "../../../components/pipelines/check-run";
import type { Entry } from "../../../components/programs/payload/entry";
import { type Payload, payloadSecrets, recipeOf, signingSecrets } from "../../../components/streams/payload/payload";
import { readData } from "../../../components/pipelines/data";
import { tableFile } from "../../../components/streams/payload/table";
import { renderPayload } from "../../../components/streams/payloads";
import type { Cluster } from "../../../components/clusters/cluster";
import { brokenRules } from "../../../stacks/configuration/rules";
import { configurationSchema } from "../../../stacks/configuration/schema";
import { KIND, LIBRARY, REGISTRY } from "../streams/samples";

const FROM = `quay.io/okd/scos-release@sha256:${"0".repeat(64)}`;
const place = { namespace: "okd-payload", labels: authored("kind") };
const pipelines = LIBRARY.objects(["payload", "signing", "notifications"], place);
const args = {
  cluster: { capabilities: KIND } as Cluster,
  platform: { tekton: [], registry: REGISTRY },
  ...{ library: LIBRARY, push: { enabled: true } },
};
const TABLE = readData("pipelines/payload/data/components.yaml", tableFile);
const render = (payload: Payload, more = {}) =>
  renderPayload(payload, { ...args, ...more }, { place, pipelines, table: TABLE });
const entryOf = (payload: Payload) =>
  JSON.parse((render(payload).entry.data as Record<string, string>)["entry.json"]!) as Entry;
const PAYLOAD: Payload = {
  name: "mine",
  from: FROM,
  version: "4.22.0-okd-scos.7.mine.1",
  replace: { "service-ca-operator": {} },
};

describe("a payload of a stack", () => {
  it("of the README is a run that the Pipeline takes, and an entry of rows", () => {
    const readme = readFileSync("pipelines/payload/README.md", "utf8");
    const [, yaml] = /```yaml\nokd-streams:payloads:\n([^]*?)```/.exec(readme)!;
    const configuration = configurationSchema.parse({ cluster: { type: "kind" }, payloads: parse(yaml!) as unknown });
    const [payload] = configuration.payloads as [Payload];
    const { output } = render(payload);
    requireFit(output.run, pipelines);
    const { components, release, parents, builders } = entryOf(payload);
    assert.deepEqual(components, {
      "console-operator": {
        ...{
          repository: "https://github.com/me/console-operator",
          ref: "okd-link",
          dockerfile: "Dockerfile.ocp",
          context: ".",
        },
        ...{ arguments: { TAGS: "scos" }, network: false },
      },
      "service-ca-operator": {
        ...{
          repository: "https://github.com/openshift/service-ca-operator",
          ref: "release-4.22",
          dockerfile: "Dockerfile.rhel7",
        },
        ...{ context: ".", arguments: { TAGS: "scos" }, network: false },
      },
      etcd: { image: `quay.io/me/etcd@sha256:${"1".repeat(64)}` },
    });
    assert.equal(release?.repository, "quay.io/me/okd-payload");
    assert.equal(parents["base-stream9"], "quay.io/openshift/origin-base-stream9:4.22");
    assert.match(builders.golang!, /go-toolset/);
    assert.deepEqual(output.plan.slice(1), [
      "payload mine: console-operator is built of https://github.com/me/console-operator, okd-link",
      "payload mine: service-ca-operator is built of https://github.com/openshift/service-ca-operator, release-4.22",
      `payload mine: etcd is quay.io/me/etcd@sha256:${"1".repeat(64)}`,
      "payload mine: pushed to quay.io/me/okd-payload, not signed (signing is not set)",
    ]);
  });

  it("goes to the stack's registry where it names no other", () => {
    assert.deepEqual(render(PAYLOAD).output.run, {
      apiVersion: "tekton.dev/v1",
      kind: "PipelineRun",
      metadata: {
        generateName: "okd-payload-mine-",
        namespace: "okd-payload",
        labels: { ...place.labels, "okd-streams.io/payload": "mine" },
      },
      spec: {
        pipelineRef: { name: "okd-payload" },
        params: Object.entries({
          base: FROM,
          version: PAYLOAD.version,
          minor: "4.22",
          "release-repository": "kind-registry:5000/okd/okd-payload",
          "target-registry": "kind-registry:5000/okd",
          architecture: "amd64",
          "insecure-registries": "kind-registry:5000",
        }).map(([name, value]) => ({ name, value })),
        workspaces: [{ name: "entry", configMap: { name: "okd-payload-mine" } }],
        timeouts: { pipeline: "18h0m0s" },
        taskRunTemplate: {
          serviceAccountName: "pipeline",
          podTemplate: { nodeSelector: { "kubernetes.io/arch": "amd64" } },
        },
      },
    });
    assert.throws(() => render(PAYLOAD, { platform: { tekton: [] } }), {
      message: "payloads: mine is pushed nowhere: name its repository, or give the stack a registry.",
    });
  });

  it("gives rows of RPMs the network, and branches of the version in its own words", () => {
    const { components } = entryOf({
      ...PAYLOAD,
      version: "5.0.0-okd-scos.1.mine.1",
      replace: { etcd: {}, cli: { network: true } },
    });
    assert.deepEqual(
      Object.values(components).map((row) => "ref" in row && [row.ref, row.network]),
      [
        ["openshift-5.0", true],
        ["release-5.0", true],
      ],
    );
  });

  it("of all components has every row, parents too, and says which the base has and why", () => {
    const all: Payload = {
      ...PAYLOAD,
      all: true,
      replace: { etcd: { image: `quay.io/me/etcd@sha256:${"1".repeat(64)}` } },
    };
    const entry = entryOf(all);
    const unbuildable = TABLE.rows.filter((row) => row.unbuildable !== undefined).map(({ name }) => name);
    assert.deepEqual(Object.keys(entry.all!.left), unbuildable);
    assert.ok(unbuildable.includes("haproxy-router"));
    const names = TABLE.rows.map(({ name }) => name).filter((name) => !unbuildable.includes(name));
    assert.deepEqual(Object.keys(entry.components).sort(), names);
    assert.deepEqual(entry.components["base-stream9"], {
      ...{ repository: "https://github.com/openshift/images", ref: "release-4.22", dockerfile: "Dockerfile.rhel9" },
      ...{ context: "base", arguments: { TAGS: "scos" }, network: true },
      ...{ from: "quay.io/centos/centos:stream9", parent: true },
    });
    assert.equal(entry.parents["quay.io/centos/centos:stream9"], "quay.io/centos/centos:stream9");
    const { plan } = render(all).output;
    assert.match(plan[0]!, /: 189 components are built, the base has the rest, by digest$/);
    assert.ok(
      plan.includes("payload mine: haproxy-router is the base's: package haproxy28 is in no public repository"),
    );
    assert.deepEqual(Object.keys(entryOf({ ...all, strict: true }).components).length, TABLE.rows.length);
    assert.equal(renderPayload(all, args, { place, pipelines, table: TABLE }).entry.kind, "ConfigMap");
  });

  it("takes parents, and images that rows name, through the stack's mirror", () => {
    const library = new Library({ folder: "pipelines", imageMirror: "mirror.example" });
    const { entry } = renderPayload(
      { ...PAYLOAD, all: true },
      { ...args, library },
      { place, pipelines, table: TABLE },
    );
    const { parents, components } = JSON.parse((entry.data as Record<string, string>)["entry.json"]!) as Entry;
    assert.equal(parents["base-stream9"], "mirror.example/quay.io/openshift/origin-base-stream9:4.22");
    assert.equal(parents["quay.io/centos/centos:stream9"], "mirror.example/quay.io/centos/centos:stream9");
    assert.equal((components["base-stream9"] as { from: string }).from, "mirror.example/quay.io/centos/centos:stream9");
  });

  const wrong: [given: string, replace: Payload["replace"], sentence: string][] = [
    [
      "a component that the table lacks",
      { "service-ca-operater": {} },
      "payloads: component service-ca-operater is not in the table, did you mean service-ca-operator: mend the name, or say its repository and ref, of mine.",
    ],
    [
      "a branch of another minor",
      { "console-operator": { ref: "release-4.21" } },
      "payloads: console-operator of mine: branch release-4.21 is of 4.21, and would go into 4.22: name release-4.22, or a commit if it is meant.",
    ],
    [
      "what nobody can build of what is public",
      { "haproxy-router": {} },
      "payloads: haproxy-router of mine cannot be built of what is public: package haproxy28 is in no public repository. Leave it out and the base's image stays, or name an image or a source that needs no such thing.",
    ],
    [
      "a parent",
      { "base-stream9": {} },
      "payloads: base-stream9 of mine is a parent that no release has: name a component of the release.",
    ],
  ];
  for (const [given, replace, message] of wrong) {
    it(`is refused with ${given}`, () => {
      assert.throws(() => render({ ...PAYLOAD, replace }), { name: "UserError", message });
    });
  }

  it("is refused by its form: a base or an image by tag, an image beside a source, nothing to replace", () => {
    const valid = (change: object) =>
      configurationSchema.safeParse({ cluster: { type: "kind" }, payloads: [{ ...PAYLOAD, ...change }] }).success;
    assert.ok(valid({}));
    assert.ok(valid({ replace: undefined, all: true, strict: true }));
    const etcd = (image: string, more = {}) => ({ replace: { etcd: { image, ...more } } });
    const digest = `quay.io/me/etcd@sha256:${"1".repeat(64)}`;
    assert.ok(valid(etcd(digest)));
    for (const change of [
      ...[
        { from: "quay.io/okd/scos-release:4.22.0-okd-scos.7" },
        { version: "4.22" },
        { replace: {} },
        { strict: true },
      ],
      ...[etcd("quay.io/me/etcd:1"), etcd(digest, { ref: "main" }), { replace: { etcd: { dockerfile: "../x" } } }],
    ]) {
      assert.ok(!valid(change), JSON.stringify(change));
    }
  });

  it("has a name of its own, and Tekton", () => {
    const configuration = configurationSchema.parse({
      cluster: { type: "kind" },
      platform: { tektonPipelines: { mode: "none" } },
      payloads: [PAYLOAD, PAYLOAD],
    });
    assert.deepEqual(
      brokenRules(configuration).map(({ path }) => path.join(".")),
      ["payloads.1.name", "platform.tektonPipelines.mode"],
    );
  });

  it("is built anew when the Task or its images change", () => {
    const task = pipelines.find(({ metadata }) => metadata.name === "payload-build-component")!;
    const other = structuredClone(task.spec) as { steps: { image: string }[] };
    assert.equal(recipeOf(task.spec as object), recipeOf(other));
    other.steps[0]!.image += "x";
    assert.notEqual(recipeOf(task.spec as object), recipeOf(other));
  });

  it("gets those Secrets that its runs use", () => {
    const secrets = { quay: 1, signing: 2, bot: 3, pull: 4 };
    const used = {
      registry: { ...REGISTRY, credentialsSecret: "pull" },
      matrix: { room: "", endpoint: "", secret: "bot" },
    };
    assert.deepEqual(payloadSecrets(secrets, [{ pushSecret: "quay" }, {}], used), { quay: 1, bot: 3, pull: 4 });
    const signed = [{ signing: { secret: "signing" } }];
    assert.deepEqual(Object.keys(payloadSecrets(secrets, signed, {})), ["signing"]);
    assert.deepEqual(signingSecrets([...signed, {}]), ["signing"]);
  });

  it("may have components that the base lacks, and be copied whole", () => {
    const image = `quay.io/me/kube-vip@sha256:${"2".repeat(64)}`;
    const payload = { ...PAYLOAD, add: { "kube-vip": { image } }, mirror: true };
    const { output } = render(payload);
    requireFit(output.run, pipelines);
    const { components, added } = entryOf(payload);
    assert.deepEqual([Object.keys(components), added], [["service-ca-operator", "kube-vip"], ["kube-vip"]]);
    assert.equal(output.run.spec.params.find(({ name }) => name === "mirror")?.value, "true");
    assert.deepEqual(output.plan.slice(2, 5), [
      `payload mine: kube-vip is ${image}`,
      "payload mine: kube-vip is one that the base lacks",
      "payload mine: all components are copied beside the release",
    ]);
    assert.equal("added" in entryOf(PAYLOAD), false);
  });

  it("is signed by the key that it names, and by none else", () => {
    const params = (payload: Payload) =>
      Object.fromEntries(render(payload).output.run.spec.params.map(({ name, value }) => [name, value]));
    assert.equal("gpg-signing-key" in params(PAYLOAD), false);
    const signed = { ...PAYLOAD, signing: { secret: "sign", key: "me@example.org" } };
    requireFit(render(signed).output.run, pipelines);
    const { "gpg-signing-key": secret, "gpg-key-id": key } = params(signed);
    assert.deepEqual([secret, key], ["sign", "me@example.org"]);
    assert.match(render(signed).output.plan.at(-1)!, /signed by the key of Secret sign$/);
  });
});
