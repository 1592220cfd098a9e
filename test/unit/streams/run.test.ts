import assert from "node:assert/strict";
import { stringify } from "yaml";
import { checkRun } from "../../../components/pipelines/check-run";
import { parseData, readData } from "../../../components/pipelines/data";
import { loadPipelines } from "../../../components/pipelines/load";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import { planStream } from "../../../components/streams/scos/plan";
import { type BuildSettings } from "../../../components/streams/settings";
import { KVM_STEPS, PIPELINES, pushedImages, renderPipelineRun } from "../../../components/streams/scos/run";
import { rpmRows, rpmTable } from "../../../components/streams/scos/rpms";
import type { Stream } from "../../../components/streams/scos/stream";
import { BASE_NODE, KIND, NEWEST, ONE_STAGE, SETTINGS } from "./samples";

const LABELS = { "app.kubernetes.io/part-of": "okd-streams", "okd-streams.io/stack": "kind" };

function render(stream: Stream, settings: Partial<BuildSettings> = {}, kvm = false, name?: string): PipelineRun {
  const merged = { ...SETTINGS, ...settings };
  return renderPipelineRun(stream, {
    plan: planStream(stream, { ...KIND, kvm }, merged),
    settings: merged,
    architecture: "amd64",
    namespace: "okd-coreos",
    labels: LABELS,
    name,
  });
}

const params = (run: PipelineRun): Record<string, unknown> =>
  Object.fromEntries(run.spec.params.map(({ name, value }) => [name, value]));

const FULL: Partial<BuildSettings> = {
  push: { enabled: true, repository: "quay.io/okd" },
  registry: { address: "quay.io", insecure: false, credentialsSecret: "okd-quay-pull-secret" },
  s3: { bucket: "okd-scos", endpoint: "https://s3.amazonaws.com", secret: "okd-s3-config" },
  matrix: { room: "!okd:example", endpoint: "https://matrix.org", secret: "okd-matrix-bot-auth" },
};

describe("renderPipelineRun", () => {
  it("renders the first run on KinD, without any Secret", () => {
    assert.deepEqual(render(BASE_NODE), {
      apiVersion: "tekton.dev/v1",
      kind: "PipelineRun",
      metadata: {
        generateName: "okd-coreos-4-20-amd64-",
        namespace: "okd-coreos",
        labels: {
          "app.kubernetes.io/part-of": "okd-streams",
          "okd-streams.io/stack": "kind",
          "okd-streams.io/stream": "4.20",
          "okd-streams.io/architecture": "amd64",
        },
      },
      spec: {
        pipelineRef: { name: "okd-coreos" },
        params: [
          { name: "version", value: "4.20" },
          { name: "variant", value: "c9s" },
          { name: "base-repository", value: "https://github.com/coreos/rhel-coreos-config" },
          { name: "base-branch", value: "main" },
          { name: "node-repository", value: "https://github.com/openshift/os" },
          { name: "node-branch", value: "release-4.20" },
          { name: "bases", value: "held" },
          { name: "held-bases", value: "kind-registry:5000/okd/held-bases" },
          { name: "kept", value: "kind-registry:5000/okd" },
          { name: "kvm", value: "none" },
          { name: "release-stream", value: "next" },
          { name: "target-registry", value: "kind-registry:5000/okd" },
          { name: "base-container-image-name", value: "stream-coreos-base" },
          { name: "node-container-image-name", value: "stream-coreos" },
          { name: "extensions-container-image-name", value: "stream-coreos-extensions" },
          { name: "insecure-registries", value: "kind-registry:5000" },
          { name: "upload-container-images", value: "true" },
          { name: "tag-latest", value: "true" },
          { name: "rehearsal", value: "false" },
        ],
        workspaces: [
          {
            name: "shared-workspace",
            volumeClaimTemplate: {
              spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "40Gi" } } },
            },
          },
        ],
        timeouts: { pipeline: "12h0m0s" },
        taskRunTemplate: {
          serviceAccountName: "pipeline",
          podTemplate: {
            nodeSelector: { "kubernetes.io/arch": "amd64" },
            securityContext: { fsGroup: 1000, fsGroupChangePolicy: "OnRootMismatch" },
          },
        },
      },
    });
  });

  it("renders everything that a stack can name", () => {
    const run = render(
      {
        ...BASE_NODE,
        rpmsFrom: { image: "quay.io/okd/artifacts:4.20" },
        channel: "stable",
        bases: "newest-tag",
        builderImage: "mirror.example/bootc:9",
      },
      FULL,
      true,
    );
    assert.deepEqual(params(run), {
      version: "4.20",
      variant: "c9s",
      "base-repository": "https://github.com/coreos/rhel-coreos-config",
      "base-branch": "main",
      "node-repository": "https://github.com/openshift/os",
      "node-branch": "release-4.20",
      bases: "newest-tag",
      "builder-image": "mirror.example/bootc:9",
      "held-bases": "quay.io/okd/held-bases",
      kept: "quay.io/okd",
      "rpms-from": "quay.io/okd/artifacts:4.20",
      kvm: "device",
      "kola-tests": "basic*",
      "release-stream": "stable",
      "target-registry": "quay.io/okd",
      "base-container-image-name": "stream-coreos-base",
      "node-container-image-name": "stream-coreos",
      "extensions-container-image-name": "stream-coreos-extensions",
      "upload-container-images": "true",
      "tag-latest": "true",
      "upload-bootimages": "true",
      "s3-bucket-name": "okd-scos",
      "s3-endpoint-url": "https://s3.amazonaws.com",
      "notify-matrix": "true",
      "matrix-room": "!okd:example",
      "matrix-endpoint": "https://matrix.org",
      "matrix-secret": "okd-matrix-bot-auth",
      rehearsal: "false",
    });
    assert.deepEqual(run.spec.workspaces, [
      {
        name: "shared-workspace",
        volumeClaimTemplate: {
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "40Gi" } } },
        },
      },
      { name: "registry-credentials", secret: { secretName: "okd-quay-pull-secret" } },
      { name: "s3-credentials", secret: { secretName: "okd-s3-config" } },
    ]);
  });

  it("gives the node's device to the steps that boot machines", () => {
    const device = { "devices.kubevirt.io/kvm": "1" };
    const computeResources = { requests: device, limits: device };
    assert.deepEqual(render(BASE_NODE, {}, true).spec.taskRunSpecs, [
      { pipelineTaskName: "check-kvm", stepSpecs: [{ name: "kvm", computeResources }] },
      { pipelineTaskName: "test", stepSpecs: [{ name: "kola", computeResources }] },
      { pipelineTaskName: "boot-images", stepSpecs: [{ name: "osbuild", computeResources }] },
    ]);
    assert.deepEqual(
      render(ONE_STAGE, {}, true).spec.taskRunSpecs!.map(({ pipelineTaskName }) => pipelineTaskName),
      ["cosa-build-baseos", "cosa-test", "cosa-build-extensions", "cosa-buildextend"],
    );
    assert.equal(render(BASE_NODE, { kvm: "emulate" }).spec.taskRunSpecs, undefined);
  });

  it("renders a one-stage run", () => {
    assert.deepEqual(params(render({ ...ONE_STAGE, rpmsFrom: { secret: "mirror" } }, { kvm: "emulate" })), {
      version: "4.18",
      variant: "okd-c9s",
      repo: "https://github.com/openshift/os",
      branch: "release-4.18",
      "mirror-secret": "mirror",
      kvm: "emulated",
      "kola-tests": "basic*",
      "release-stream": "next",
      "target-registry": "kind-registry:5000/okd",
      "baseos-container-image-name": "centos-stream-coreos-9",
      "extensions-container-image-name": "centos-stream-coreos-9-extensions",
      "insecure-registries": "kind-registry:5000",
      "upload-container-images": "true",
      "tag-latest": "true",
      rehearsal: "false",
    });
  });

  it("hands on repository files of a Secret", () => {
    const { workspaces } = render({ ...BASE_NODE, rpmsFrom: { secret: "okd-repos" } }).spec;
    assert.deepEqual(workspaces.at(-1), { name: "yum-repositories", secret: { secretName: "okd-repos" } });
  });

  it("asks for no tests and no boot images where the stream wants none", () => {
    const run = params(render({ ...ONE_STAGE, tests: false, bootImages: false }, { kvm: "emulate", s3: FULL.s3 }));
    assert.deepEqual([run["kola-tests"], run.platforms, run["upload-bootimages"]], ["", "", "false"]);
  });

  it("says everywhere that a rehearsal is one", () => {
    const { metadata, spec } = render(BASE_NODE, { rehearsal: true });
    assert.equal(metadata.generateName, "rehearsal-okd-coreos-4-20-amd64-");
    assert.equal(metadata.labels["okd-streams.io/rehearsal"], "true");
    assert.deepEqual(metadata.annotations, { "okd-streams.io/rehearsal": "rehearsal: no operating system was built" });
    assert.deepEqual(spec.params.at(-1), { name: "rehearsal", value: "true" });
  });

  it("takes a name of its own instead of a generated one", () => {
    const { metadata } = render(BASE_NODE, {}, false, "okd-coreos-4-20-amd64-20261122");
    assert.equal(metadata.name, "okd-coreos-4-20-amd64-20261122");
    assert.equal(metadata.generateName, undefined);
  });

  it("does not push where the stack says so", () => {
    assert.equal(params(render(BASE_NODE, { push: { enabled: false } }))["upload-container-images"], "false");
  });

  it("knows the images that it will have pushed", () => {
    const images = (stream: Stream, settings: Partial<BuildSettings>): string[] => {
      const merged = { ...SETTINGS, ...settings };
      const capabilities = { ...KIND, architectures: ["amd64", "arm64"] };
      return pushedImages(stream, planStream(stream, capabilities, merged), merged);
    };
    assert.deepEqual(images(BASE_NODE, {}), [
      "kind-registry:5000/okd/stream-coreos-base:4.20-x86_64",
      "kind-registry:5000/okd/stream-coreos-base:4.20-aarch64",
    ]);
    assert.deepEqual(images({ ...ONE_STAGE, architectures: ["amd64"] }, { rehearsal: true }), [
      "kind-registry:5000/okd/centos-stream-coreos-9:4.18-x86_64-rehearsal",
      "kind-registry:5000/okd/centos-stream-coreos-9-extensions:4.18-x86_64-rehearsal",
    ]);
    assert.deepEqual(images(BASE_NODE, { push: { enabled: false } }), []);
    assert.deepEqual(images(ONE_STAGE, {}), []);
  });

  it("builds OpenShift's RPMs of the table's rows for its version, into the stack's registry", () => {
    const rpms = { rows: readData("pipelines/rpms/data/rpms.yaml", rpmTable), images: "a b" };
    const of = (stream: Stream) => params(render(stream, { rpms }));
    const { "rpm-rows": rows, ...rest } = of(NEWEST);
    assert.deepEqual(
      [rest.variant, rest["rpms-from"], rest["rpm-repository"], rest["rpm-images"]],
      ["c10s", "build", "kind-registry:5000/okd/okd-rpms", "a b"],
    );
    const [kubelet, clients, ...others] = (rows as string[]).map((row) => JSON.parse(row) as Record<string, unknown>);
    assert.deepEqual(kubelet, {
      name: "openshift-kubelet",
      repository: "https://github.com/openshift/kubernetes",
      branch: "release-5.0",
      spec: "openshift.spec",
      version: "openshift-hack/images/hyperkube/Dockerfile.rhel",
    });
    assert.equal(clients!.name, "openshift-clients");
    assert.equal(others.length, 4);
    const mirrored = of({ ...NEWEST, rpmsFrom: { build: true, sources: "file:///rehearsal/" } });
    assert.match((mirrored["rpm-rows"] as string[])[1]!, /"repository":"file:\/\/\/rehearsal\/oc"/);
    for (const without of [BASE_NODE, { ...NEWEST, rpmsFrom: { build: false } }]) {
      assert.ok(!("rpm-rows" in of(without)) && !("rpms-from" in of(without)));
    }
  });

  it("leaves out rows that a version has not yet", () => {
    const rows = [{ name: "a", repository: "r", branch: "release-{version}", spec: "s", since: "4.21" }];
    assert.deepEqual(rpmRows({ version: "4.20" }, rows), []);
    assert.equal(rpmRows({ version: "5.0" }, rows).length, 1);
    assert.throws(() => parseData(stringify([{ ...rows[0], since: "4" }]), "rpms.yaml", rpmTable), {
      message: /^rpms\.yaml: 0\.since: /,
    });
  });

  describe("with the pipelines of this project", () => {
    const objects = loadPipelines(
      ["coreos", "rpms", "multi-arch", "notifications"].map((set) => `pipelines/${set}`),
    ).map(({ object }) => object);
    const streams: Stream[] = [BASE_NODE, ONE_STAGE].flatMap((stream) => [
      stream,
      { ...stream, rpmsFrom: { image: "quay.io/okd/artifacts:4.20" } },
      { ...stream, rpmsFrom: { secret: "rpms" }, tests: false },
      { ...stream, bootImages: false },
    ]);
    streams.push(NEWEST);
    const settings: Partial<BuildSettings>[] = [{}, FULL, { rehearsal: true }, { kvm: "emulate" }, { kvm: "none" }];

    it("fits in every combination of settings", () => {
      for (const stream of streams) {
        for (const setting of settings) {
          for (const kvm of [true, false]) {
            assert.deepEqual(checkRun(render(stream, setting, kvm), objects), []);
          }
        }
      }
    });

    it("knows every step that boots machines", () => {
      for (const recipe of ["base-node", "one-stage"] as const) {
        const tasks = objects.find(({ kind, metadata }) => kind === "Pipeline" && metadata.name === PIPELINES[recipe])!
          .spec.tasks as { name: string; taskRef: { name: string } }[];
        const asking = tasks.filter(({ taskRef }) =>
          JSON.stringify(objects.find(({ metadata }) => metadata.name === taskRef.name)).includes("require_kvm"),
        );
        assert.deepEqual(asking.map(({ name }) => name).sort(), Object.keys(KVM_STEPS[recipe]).sort());
      }
    });
  });
});
