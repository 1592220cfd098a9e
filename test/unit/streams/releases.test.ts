import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/kubernetes/provider";
import { ofPayloads, releaseLines, renderReleaseRun, shareSecrets } from "../../../components/streams/release/release";
import { releaseOf as payloadRelease } from "../../../components/streams/payload/payload";
import { type Release, releaseSettings } from "../../../components/streams/release/schema";
import { Releases, type ReleasesArgs } from "../../../components/streams/releases";
import { brokenRules } from "../../../stacks/configuration/rules";
import { configurationSchema } from "../../../stacks/configuration/schema";
import { KIND, LIBRARY, REGISTRY } from "./samples";

const released = (settings: object): Release => ofPayloads([releaseSettings.parse(settings)], new Map())[0]!;
const DRY = released({
  name: "next",
  from: { stream: "4.22.0-0.okd-scos-nightly" },
  target: "4-scos-next",
  repositories: { content: "quay.io/okd/scos-content", release: "quay.io/okd/scos-release" },
});
const PUBLISHED = released({
  ...DRY,
  publish: {
    pushSecret: "quay",
    signing: { secret: "signing-key", key: "maintainers@okd.io" },
    github: { repository: "okd-project/okd", app: "1", installation: "2", secret: "github-app", latest: true },
    channel: { cluster: "https://api.example:6443", imageStream: "release-scos-next", secret: "prow" },
  },
});
const IMAGE = `quay.io/me/payload@sha256:${"0".repeat(64)}`;
const MATRIX = { room: "!r:example.org", endpoint: "https://matrix.example.org", secret: "matrix" };
const WEEKLY = { cron: "0 5 * * 1" };
const LABELS = { "app.kubernetes.io/part-of": "okd-streams", "okd-streams.io/stack": "kind" };

describe("renderReleaseRun", () => {
  const run = (release: Release, settings = {}) =>
    renderReleaseRun(release, { namespace: "okd-release", labels: LABELS, settings });
  const params = (release: Release, settings = {}) =>
    Object.fromEntries(run(release, settings).spec.params.map(({ name, value }) => [name, value]));

  it("is dry and names no Secret unless the release says how it is published", () => {
    assert.deepEqual(run(DRY), {
      apiVersion: "tekton.dev/v1",
      kind: "PipelineRun",
      metadata: {
        generateName: "okd-release-next-",
        namespace: "okd-release",
        labels: { ...LABELS, "okd-streams.io/release": "next" },
      },
      spec: {
        pipelineRef: { name: "okd-release-pipeline" },
        params: [
          { name: "mode", value: "dry-run" },
          { name: "release-stream", value: "4.22.0-0.okd-scos-nightly" },
          { name: "target-release-stream", value: "4-scos-next" },
          { name: "release-imagestream", value: "" },
          { name: "content-mirror-pushspec", value: "quay.io/okd/scos-content" },
          { name: "release-mirror-pushspec", value: "quay.io/okd/scos-release" },
        ],
        workspaces: [
          {
            name: "release-binaries",
            volumeClaimTemplate: {
              spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "4Gi" } } },
            },
          },
        ],
        timeouts: { pipeline: "6h0m0s" },
        taskRunTemplate: {
          serviceAccountName: "pipeline",
          podTemplate: { securityContext: { fsGroup: 1000, fsGroupChangePolicy: "OnRootMismatch" } },
        },
      },
    });
  });

  it("hands over everything that publishing takes, Secrets by name", () => {
    const { mode, ...others } = params(PUBLISHED, { registry: REGISTRY, matrix: MATRIX });
    assert.equal(mode, "publish");
    assert.deepEqual(
      Object.fromEntries(
        Object.entries(others).filter(([name]) => !(name in params(DRY)) || name === "release-imagestream"),
      ),
      {
        "release-imagestream": "release-scos-next",
        "insecure-registries": "kind-registry:5000",
        "image-push-secret-name": "quay",
        "gpg-key-id": "maintainers@okd.io",
        "gpg-signing-key": "signing-key",
        "github-org-repo": "okd-project/okd",
        "github-app-id": "1",
        "github-app-installation-id": "2",
        "githubapp-secret-name": "github-app",
        "is-release-latest": "true",
        "ci-cluster": "https://api.example:6443",
        "ci-cluster-secret-name": "prow",
        "oc-project": "origin",
        "enable-notifications": "true",
        "matrix-room": "!r:example.org",
        "matrix-endpoint": "https://matrix.example.org",
        "matrix-secret": "matrix",
      },
    );
  });

  it("takes updates from further streams where the release names them", () => {
    const across = { ...DRY, target: "5-scos-next", upgradesFrom: ["4-scos-next", "4-scos-mine"] };
    assert.equal(params(across)["upgrade-streams"], "4-scos-next 4-scos-mine");
    assert.equal("upgrade-streams" in params(DRY), false);
  });

  it("asks another GitHub where the release names one", () => {
    const github = { ...PUBLISHED.publish!.github!, api: "https://github.example/api/v3" };
    assert.equal(
      params({ ...PUBLISHED, publish: { ...PUBLISHED.publish!, github } })["github-api"],
      "https://github.example/api/v3",
    );
  });

  it("takes an image by digest without OKD's controller and signatures, unless others are named", () => {
    const own = params({ ...DRY, from: { image: IMAGE } });
    assert.deepEqual(
      [own["release-pullspec"], own["release-stream"], own["release-controller"], own["signature-store"]],
      [IMAGE, undefined, "", ""],
    );
    const signed = params({
      ...DRY,
      from: { image: IMAGE },
      controller: "https://c.example",
      signatures: { store: "https://s.example", key: "https://k.example" },
    });
    assert.deepEqual(
      [signed["release-controller"], signed["signature-store"], signed["gpg-public-key-url"]],
      ["https://c.example", "https://s.example", "https://k.example"],
    );
  });

  it("says in words what is made, and what is left out", () => {
    assert.deepEqual(releaseLines(DRY), [
      "release next: the newest accepted payload of 4.22.0-0.okd-scos-nightly into 4-scos-next, a dry run: nothing is published (the release's publish is not set)",
    ]);
    assert.deepEqual(releaseLines({ ...PUBLISHED, publish: { ...PUBLISHED.publish!, channel: undefined } }), [
      "release next: the newest accepted payload of 4.22.0-0.okd-scos-nightly into 4-scos-next, published to quay.io/okd/scos-release and signed as maintainers@okd.io",
      "release next: GitHub release in okd-project/okd",
      "release next: left out: channel (publish.channel is not set)",
    ]);
    const schedule = { ...WEEKLY, weeks: 3, since: "2026-01-05" };
    assert.deepEqual(releaseLines({ ...DRY, verdict: { key: "k" }, schedule }).slice(1), [
      "release next: only payloads that passed their tests, as verdict.key signs",
      "release next: begins at 0 5 * * 1 (UTC), in one of 3 weeks, from 2026-01-05 on",
    ]);
    assert.deepEqual(releaseLines({ ...DRY, after: { release: "early", minutes: 30 } }).slice(1), [
      "release next: begins 30 minutes after early has succeeded",
    ]);
  });

  it("asks for a verdict where the release does", () => {
    const asked = params({ ...DRY, verdict: { key: "pem", repository: "quay.io/me/verdicts" } });
    assert.deepEqual([asked["test-verdict-key"], asked["test-verdict-repository"]], ["pem", "quay.io/me/verdicts"]);
  });
});

describe("shareSecrets", () => {
  const secrets = { quay: 1, "signing-key": 2, "github-app": 3, prow: 4, matrix: 5, s3: 6 };

  it("keeps the keys of releases away from builds", () => {
    assert.deepEqual(shareSecrets(secrets, [PUBLISHED], MATRIX), {
      builds: { matrix: 5, s3: 6 },
      releases: { quay: 1, "signing-key": 2, "github-app": 3, prow: 4, matrix: 5 },
    });
  });

  it("leaves all to builds where nothing is released", () => {
    assert.deepEqual(shareSecrets(secrets, [], MATRIX), { builds: secrets, releases: {} });
  });
});

describe("Releases", () => {
  let registered: {
    type: string;
    name: string;
    inputs: { metadata: { labels: object }; spec?: unknown; data?: unknown };
  }[];
  const create = async (args: Partial<ReleasesArgs> = {}): Promise<Releases> => {
    registered = [];
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => {
          registered.push({ type, name, inputs: inputs as (typeof registered)[number]["inputs"] });
          return { id: name, state: { ...inputs } };
        },
        call: () => ({}),
      },
      "okd-streams",
      "test",
    );
    const releases = new Releases("releases", {
      cluster: { provider: new Provider("cluster", {}), kubeconfig: pulumi.output(""), capabilities: KIND },
      platform: { tekton: [] },
      stack: "kind",
      releases: [DRY],
      library: LIBRARY,
      ...args,
    });
    await pulumi.runtime.disconnect();
    return releases;
  };
  const names = () =>
    registered.filter(({ type }) => type.startsWith("kubernetes:")).map(({ type, name }) => `${type} ${name}`);

  it("creates the pipeline, its Tasks and ConfigMaps, accounts and what ends volumes and old runs in a namespace of its own", async () => {
    const { releases } = await create();
    assert.deepEqual(
      names()
        .filter((name) => !name.includes(":Task "))
        .sort(),
      [
        "kubernetes:batch/v1:CronJob okd-release/clean-up",
        "kubernetes:batch/v1:CronJob okd-release/volumes",
        "kubernetes:core/v1:ConfigMap okd-release/clean-up",
        "kubernetes:core/v1:ConfigMap okd-release/okd-release-scripts",
        "kubernetes:core/v1:ConfigMap okd-release/release-notes-template",
        "kubernetes:core/v1:ConfigMap okd-release/volumes",
        "kubernetes:core/v1:Namespace okd-release",
        "kubernetes:core/v1:ServiceAccount okd-release/clean-up",
        "kubernetes:core/v1:ServiceAccount okd-release/pipeline",
        "kubernetes:core/v1:ServiceAccount okd-release/volumes",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy okd-release/default-deny",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy okd-release/jobs",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy okd-release/runs",
        "kubernetes:rbac.authorization.k8s.io/v1:Role okd-release/clean-up",
        "kubernetes:rbac.authorization.k8s.io/v1:Role okd-release/volumes",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding okd-release/clean-up",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding okd-release/volumes",
        "kubernetes:tekton.dev/v1:Pipeline okd-release/okd-release-pipeline",
      ],
    );
    assert.equal(names().filter((name) => name.includes(":Task ")).length, 12);
    const namespace = registered.find(({ name }) => name === "okd-release")!;
    assert.deepEqual(namespace.inputs.metadata.labels, { ...LABELS, "pod-security.kubernetes.io/enforce": "baseline" });
    assert.deepEqual(releases[0]!.run!.spec.workspaces, [
      {
        name: "release-binaries",
        volumeClaimTemplate: {
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "standard",
            resources: { requests: { storage: "4Gi" } },
          },
        },
      },
    ]);
    assert.deepEqual(
      releases.map(({ name, run }) => [name, run!.metadata.generateName]),
      [["next", "okd-release-next-"]],
    );
  });

  it("has an account that starts them, and what holds it, where a release begins by itself", async () => {
    await create();
    const byHand = names();
    await create({ releases: [{ ...DRY, schedule: { ...WEEKLY, weeks: 1 } }] });
    assert.deepEqual(
      names()
        .filter((name) => !byHand.includes(name))
        .sort(),
      [
        "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy okd-release-started-runs",
        "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding okd-release-started-runs",
        "kubernetes:batch/v1:CronJob okd-release/okd-release-next",
        "kubernetes:core/v1:ConfigMap okd-release/scheduled-releases",
        "kubernetes:core/v1:ServiceAccount okd-release/scheduler",
        "kubernetes:rbac.authorization.k8s.io/v1:Role okd-release/scheduler",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding okd-release/scheduler",
      ],
    );
  });

  it("begins by itself on no cluster that cannot hold who starts it", async () => {
    const on = (kubernetes: string) => ({
      cluster: {
        provider: new Provider("cluster", {}),
        kubeconfig: pulumi.output(""),
        capabilities: { ...KIND, kubernetes },
      },
    });
    await assert.rejects(create({ ...on("1.29"), releases: [{ ...DRY, schedule: { ...WEEKLY, weeks: 1 } }] }), {
      name: "UserError",
      message:
        "release next begins by itself, but the cluster's Kubernetes is 1.29: the policy that holds what starts runs by itself needs 1.30 or newer. Upgrade the cluster, or start runs by hand.",
    });
    await create({ ...on("1.29") });
    await create({ ...on("1.30"), releases: [{ ...DRY, schedule: { ...WEEKLY, weeks: 1 } }] });
  });

  it("creates Secrets whose values are secret in the state", async () => {
    await create({ releases: [PUBLISHED], secrets: { prow: { "ci-prow-token": "token" } } });
    const { data } = registered.find(({ name }) => name === "okd-release/prow")!.inputs;
    assert.deepEqual(data, {
      [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
      value: { "ci-prow-token": Buffer.from("token").toString("base64") },
    });
  });
});

describe("releases in a stack's configuration", () => {
  const parse = (...releases: object[]) => configurationSchema.safeParse({ cluster: { type: "kind" }, releases });

  it("takes what the component takes", () => {
    assert.deepEqual(parse(DRY).data!.releases[0], { ...DRY, storage: { size: "4Gi" } });
    assert.ok(parse(PUBLISHED).success);
  });

  it("takes one source, and an image by digest or tag", () => {
    for (const from of [{}, { stream: "x", image: IMAGE }, { image: "quay.io/me/payload" }]) {
      assert.ok(!parse({ ...DRY, from }).success, JSON.stringify(from));
    }
    assert.ok(parse({ ...DRY, from: { image: IMAGE } }).success);
  });

  it("takes what a payload of the stack came to, where something says that it is trusted", () => {
    const payload = { name: "mine", from: IMAGE, version: "4.22.0-okd-scos.7.mine.1", all: true };
    const sentences = (from: object, more = {}, payloads: object[] = [payload]) =>
      brokenRules(
        configurationSchema.parse({ cluster: { type: "kind" }, payloads, releases: [{ ...DRY, from, ...more }] }),
      ).map(({ path, sentence }) => `${path.join(".")} ${sentence}`);
    const verdict = { verdict: { key: "-----BEGIN PUBLIC KEY-----\nMFk=\n-----END PUBLIC KEY-----\n" } };
    assert.deepEqual(sentences({ payload: "mine" }, { ...verdict, schedule: WEEKLY }), []);
    assert.deepEqual(sentences({ payload: "mine" }), [
      "releases.0.from.payload is what a tag is at the time, so nothing says what is to be trusted: name a verdict, as certifications and upgradeTests leave it, or signatures",
    ]);
    assert.deepEqual(sentences({ payload: "mime" }, verdict), [
      'releases.0.from.payload is "mime", which is no payload of this stack, did you mean mine',
    ]);
    assert.deepEqual(sentences({ payload: "other" }, verdict), [
      'releases.0.from.payload is "other", which is no payload of this stack: it has mine',
    ]);
    assert.deepEqual(sentences({ payload: "mine" }, verdict, []), [
      'releases.0.from.payload is "mine", which is no payload of this stack: it has none',
    ]);
    assert.ok(!parse({ ...DRY, from: { payload: "mine", image: IMAGE } }).success);
  });

  it("are of a payload's release by its tag, which a run reads the digest of", () => {
    const { payloads, releases } = configurationSchema.parse({
      cluster: { type: "kind" },
      payloads: [{ name: "mine", from: IMAGE, version: "4.22.0-okd-scos.7.mine.1", all: true }],
      releases: [{ ...DRY, from: { payload: "mine" } }, DRY],
    });
    const { image } = payloadRelease(payloads[0]!, "kind-registry:5000/okd");
    const [ofMine, other] = ofPayloads(releases, new Map([["mine", image]]));
    assert.deepEqual(ofMine!.from, { image: "kind-registry:5000/okd/okd-payload:4.22.0-okd-scos.7.mine.1" });
    assert.deepEqual(other!.from, DRY.from);
    const place = { namespace: "okd-release", labels: LABELS, settings: {} };
    const params = Object.fromEntries(renderReleaseRun(ofMine!, place).spec.params.map((it) => [it.name, it.value]));
    assert.deepEqual([params["release-pullspec"], params["signature-store"]], [image, ""]);
    assert.throws(() => ofPayloads(releases, new Map()), {
      message:
        "releases: payload mine, which next is of, is pushed nowhere: name its repository, or give the stack a registry.",
    });
  });

  const broken = (...releases: object[]) =>
    brokenRules(parse(...releases).data!).map(({ path, sentence }) => `${path.join(".")} ${sentence}`);

  it("takes a name once", () => {
    assert.deepEqual(broken(DRY, DRY), ['releases.1.name is "next" again, as in releases[0]']);
    assert.ok(!parse({ ...DRY, name: "n".repeat(27) }).success, "names of runs are labels");
  });

  it("trusts an image by tag only where it is signed", () => {
    const from = { image: "quay.io/me/payload:1" };
    assert.deepEqual(broken({ ...DRY, from }), [
      "releases.0.from.image is no digest, so nothing says what is to be trusted: name a digest, or signatures",
    ]);
    const signatures = { store: "https://s.example", key: "https://k.example" };
    assert.deepEqual(broken({ ...DRY, from, signatures, schedule: WEEKLY }), []);
  });

  it("lets releases begin by themselves, one after the other", () => {
    const stable = { ...DRY, name: "stable", after: { release: "next" } };
    assert.deepEqual(broken({ ...DRY, schedule: { ...WEEKLY, weeks: 3, since: "2026-01-05" } }, stable), []);
    assert.deepEqual(broken({ ...DRY, schedule: { ...WEEKLY, weeks: 3 } }), [
      "releases.0.schedule.since is missing: name the day from which every 3 weeks are counted",
    ]);
    assert.deepEqual(broken(DRY, stable), ['releases.1.after.release is "next", which is no release with a schedule']);
    assert.deepEqual(broken({ ...DRY, schedule: WEEKLY }, { ...stable, schedule: WEEKLY }), [
      "releases.1.after is set beside schedule: a release begins by one of both",
    ]);
    assert.deepEqual(broken({ ...DRY, from: { image: IMAGE }, schedule: WEEKLY }), [
      "releases.0.schedule is set, but from.image is one payload, which is released once",
    ]);
  });

  it("takes a public key for verdicts, and no other text", () => {
    const pem = "-----BEGIN PUBLIC KEY-----\nMFk=\n-----END PUBLIC KEY-----\n";
    assert.ok(parse({ ...DRY, verdict: { key: pem } }).success);
    for (const key of ["", "cosign.pub", pem.replaceAll("PUBLIC", "PRIVATE")]) {
      assert.ok(!parse({ ...DRY, verdict: { key } }).success, key);
    }
  });
});
