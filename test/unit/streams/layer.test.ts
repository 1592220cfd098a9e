import assert from "node:assert/strict";
import { parse } from "yaml";
import { checkRun } from "../../../components/pipelines/check-run";
import { loadPipelines } from "../../../components/pipelines/load";
import type { Layer } from "../../../components/streams/layers/layer";
import {
  type LayersArgs,
  renderLayer,
  renderLayerContext,
  renderLayerRun,
} from "../../../components/streams/layers/run";
import { planStream } from "../../../components/streams/scos/plan";
import { type BuildSettings } from "../../../components/streams/settings";
import type { Pipeline } from "../../../components/pipelines/tekton";
import { BASE_NODE, KIND, LAYER, ONE_STAGE, SETTINGS } from "./samples";

const PLACE = { namespace: "okd-coreos", labels: { "okd-streams.io/stack": "kind" } };
const DIGEST = `sha256:${"a".repeat(64)}`;
const RPMS = { rpmsFrom: { image: "quay.io/okd/artifacts:4.20" } };

function argsFor(settings: Partial<BuildSettings> = {}, capabilities: Partial<typeof KIND> = {}): LayersArgs {
  const [all, cluster] = [
    { ...SETTINGS, ...settings },
    { ...KIND, ...capabilities },
  ];
  const streams = [{ ...BASE_NODE, ...RPMS }, ONE_STAGE].map((stream) => ({
    stream,
    plan: planStream(stream, cluster, all),
  }));
  return { place: PLACE, capabilities: cluster, settings: all, streams };
}
const params = (run: ReturnType<typeof renderLayerRun>): Record<string, unknown> =>
  Object.fromEntries(run.spec.params.map(({ name, value }) => [name, value]));

describe("a layer", () => {
  const objects = loadPipelines(
    ["layering", "signatures", "multi-arch", "notifications"].map((set) => `pipelines/${set}`),
  ).map(({ object }) => object);

  it("is built by a run that its Pipeline takes, on the node image of its version", () => {
    const { runs, ...output } = renderLayer(LAYER, argsFor());
    const usage =
      "On each machine: rpm-ostree rebase ostree-unverified-registry:kind-registry:5000/okd/layer-crio@DIGEST, and boot it. " +
      "In an OKD cluster: a MachineConfig with spec.osImageURL: kind-registry:5000/okd/layer-crio@DIGEST";
    assert.deepEqual(output, {
      name: "crio",
      version: "4.20",
      plan: [
        "layer crio: built for amd64 on kind-registry:5000/okd/stream-coreos:4.20-x86_64, pushed to kind-registry:5000/okd/layer-crio",
      ],
      images: ["kind-registry:5000/okd/layer-crio:4.20-x86_64"],
      usage,
    });
    assert.deepEqual(runs, [
      {
        apiVersion: "tekton.dev/v1",
        kind: "PipelineRun",
        metadata: {
          generateName: "layer-crio-amd64-",
          namespace: "okd-coreos",
          labels: { ...PLACE.labels, "okd-streams.io/stream": "layer-crio", "okd-streams.io/architecture": "amd64" },
        },
        spec: {
          pipelineRef: { name: "coreos-layer" },
          params: [
            { name: "layer", value: "crio" },
            { name: "version", value: "4.20" },
            { name: "base", value: "kind-registry:5000/okd/stream-coreos:4.20-x86_64" },
            { name: "packages", value: "cri-o" },
            { name: "removed-packages", value: "runc" },
            { name: "target-registry", value: "kind-registry:5000/okd" },
            { name: "image-name", value: "layer-crio" },
            { name: "usage", value: usage },
            { name: "insecure-registries", value: "kind-registry:5000" },
            { name: "rehearsal", value: "false" },
          ],
          workspaces: [{ name: "context", configMap: { name: "layer-crio" } }],
          timeouts: { pipeline: "4h0m0s" },
          taskRunTemplate: {
            serviceAccountName: "pipeline",
            podTemplate: { nodeSelector: { "kubernetes.io/arch": "amd64" } },
          },
        },
      },
    ]);
    assert.deepEqual(checkRun(runs[0]!, objects), []);
    assert.equal(renderLayerContext(LAYER, PLACE).metadata.name, "layer-crio");
  });

  it("takes everything that a stack can say of its runs", () => {
    const settings = {
      push: { enabled: true, repository: "quay.io/okd" },
      registry: { address: "quay.io", insecure: false, credentialsSecret: "push" },
      matrix: { room: "!okd:example", endpoint: "https://matrix.org", secret: "bot" },
      rehearsal: true,
    };
    const build = { id: "b".repeat(24), eventListener: "http://el", signingSecret: "keys", records: "layer-records" };
    const layer = { ...LAYER, name: "n".repeat(14), base: `quay.io/okd/x@${DIGEST}`, kernel: ["kernel-rt-core"] };
    const run = renderLayerRun(layer, "ppc64le", argsFor(settings), build);
    assert.deepEqual(checkRun(run, objects), []);
    assert.equal(run.metadata.name, `rehearsal-layer-${layer.name}-ppc64le-${build.id}`);
    assert.equal(run.metadata.name.length, 63, "a label holds no more");
    const {
      base,
      packages,
      "build-id": id,
      "event-listener": listener,
      "signing-secret": secret,
      records,
    } = params(run);
    assert.deepEqual(
      { base, packages, id, listener, secret, records },
      {
        base: layer.base,
        packages: "cri-o kernel-rt-core",
        id: build.id,
        listener: "http://el",
        secret: "keys",
        records: "layer-records",
      },
    );
    assert.deepEqual(run.spec.workspaces[1], { name: "registry-credentials", secret: { secretName: "push" } });
  });

  it("is built on the node image of a release: by its name in OKD's repository, or by any release image", () => {
    const on = (base: Layer["base"]) => {
      const { runs, plan } = renderLayer({ ...LAYER, base }, argsFor());
      assert.deepEqual(checkRun(runs[0]!, objects), []);
      const { base: image, release, "signature-store": store, "gpg-public-key-url": key } = params(runs[0]!);
      return { image, release, store, key, plan };
    };
    const pushed = "pushed to kind-registry:5000/okd/layer-crio";
    assert.deepEqual(on({ release: "4.20.0-okd-scos.3" }), {
      image: undefined,
      release: "quay.io/okd/scos-release:4.20.0-okd-scos.3",
      store: undefined,
      key: undefined,
      plan: [
        `layer crio: built for amd64 on the node image of quay.io/okd/scos-release:4.20.0-okd-scos.3, ${pushed}`,
        "layer crio: left out: signature of the release (base.signatures is not set)",
      ],
    });
    const release = `example.org:5000/mine/release@${DIGEST}`;
    const signatures = { store: "https://example.org/signatures", key: "https://example.org/key" };
    assert.deepEqual(on({ release, signatures }), {
      image: undefined,
      release,
      ...signatures,
      plan: [`layer crio: built for amd64 on the node image of ${release}, ${pushed}`],
    });
  });

  it("has what a release names from the mirror too", () => {
    const imageMirror = "mirror.example/proxy";
    const run = renderLayerRun({ ...LAYER, base: { release: "4.20.0-okd-scos.3" } }, "amd64", argsFor({ imageMirror }));
    assert.deepEqual(checkRun(run, objects), []);
    assert.equal(params(run)["image-mirror"], imageMirror);
  });

  it("is verified before anything is built, where signatures are named", () => {
    const { spec } = objects.find(
      ({ kind, metadata }) => kind === "Pipeline" && metadata.name === "coreos-layer",
    ) as Pipeline;
    const [base, verify, build] = spec.tasks;
    assert.deepEqual(
      [base!.name, verify!.taskRef.name, build!.runAfter],
      ["base", "gpg-verify-release", [verify!.name]],
    );
    assert.deepEqual(verify!.when, [{ input: "$(params.signature-store)", operator: "notin", values: [""] }]);
    const given = (name: string) => build!.params!.find((param) => param.name === name)!.value;
    assert.deepEqual([given("base"), given("base-name")], ["$(tasks.base.results.base)", "$(tasks.base.results.name)"]);
  });

  it("is built on the base where the stack has no OpenShift RPMs, and on what one stage made", () => {
    const bare = { stream: BASE_NODE, plan: planStream(BASE_NODE, KIND, SETTINGS) };
    const bases = [
      renderLayer(LAYER, { ...argsFor(), streams: [bare] }),
      renderLayer({ ...LAYER, version: "4.18" }, argsFor({ kvm: "emulate", rehearsal: true })),
    ].map(({ runs }) => params(runs[0]!).base);
    assert.deepEqual(bases, [
      "kind-registry:5000/okd/stream-coreos-base:4.20-x86_64",
      "kind-registry:5000/okd/centos-stream-coreos-9:4.18-x86_64-rehearsal",
    ]);
  });

  it("is used by a MachineConfig where the cluster has those", () => {
    const { usage } = renderLayer(LAYER, argsFor({}, { openshift: true }));
    assert.deepEqual(parse(usage), {
      apiVersion: "machineconfiguration.openshift.io/v1",
      kind: "MachineConfig",
      metadata: {
        name: "99-worker-layer-crio",
        labels: { "machineconfiguration.openshift.io/role": "worker" },
      },
      spec: { osImageURL: "kind-registry:5000/okd/layer-crio@DIGEST" },
    });
  });

  it("says which architecture is left out", () => {
    const { plan, runs } = renderLayer({ ...LAYER, architectures: ["arm64"] }, argsFor({ rehearsal: true }));
    assert.deepEqual(runs, []);
    assert.deepEqual(plan, [
      "layer crio: rehearsal: no operating system was built",
      "layer crio: nothing is built",
      "layer crio: left out: arm64 (no node has this architecture)",
    ]);
  });

  it("leaves to other clusters what they build", () => {
    const { plan, runs } = renderLayer(LAYER, argsFor({ elsewhere: ["arm64"] }));
    assert.deepEqual([runs.length, plan[1]], [1, "layer crio: built on another cluster: arm64"]);
  });

  it("needs a base and a place to go", () => {
    const refusal = (layer: Layer, args: LayersArgs) => () => renderLayer(layer, args);
    assert.throws(refusal({ ...LAYER, version: "4.18" }, argsFor()), {
      name: "UserError",
      message: /^layers: crio names no base and the stack builds no image of 4\.18: /,
    });
    for (const settings of [{ push: { enabled: false } }, { registry: undefined }]) {
      assert.throws(refusal(LAYER, argsFor(settings)), {
        name: "UserError",
        message: /^layers are built to be pushed/,
      });
    }
  });
});
