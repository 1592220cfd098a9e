import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/kubernetes/provider";
import type { Capabilities } from "../../../components/clusters/cluster";
import { Library } from "../../../components/pipelines/library";
import { CoreosStreams, type CoreosStreamsArgs } from "../../../components/streams/coreos";
import { BASE_NODE, KIND, ONE_STAGE, REGISTRY } from "./samples";

interface Registered {
  type: string;
  name: string;
  // Inputs of any kind of resource.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  inputs: any;
}

let registered: Registered[];
/** What removes the objects, by their names: `namespace/name`. */
let deletedWith: Record<string, string | undefined>;

/** Stands for the cluster, of which nothing but its identity counts. */
class Stub extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:Stub", name);
  }
}

async function create(
  args: Partial<CoreosStreamsArgs> = {},
  capabilities: Partial<Capabilities> = {},
): Promise<CoreosStreams> {
  registered = [];
  deletedWith = {};
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs });
        return { id: name, state: { ...inputs, ...(/:(GateCredentials|RecordKey)$/.test(type) && CREDENTIALS) } };
      },
      call: () => ({}),
    },
    "okd-streams",
    "test",
  );
  const names = new Map<pulumi.Resource | undefined, string>();
  const resource = new Stub("cluster");
  names.set(resource, "cluster");
  const streams = new CoreosStreams(
    "coreos",
    {
      cluster: {
        provider: new Provider("cluster", {}),
        kubeconfig: pulumi.output(""),
        capabilities: { ...KIND, ...capabilities },
        resource,
      },
      platform: { tekton: [], registry: REGISTRY },
      stack: "kind",
      streams: [BASE_NODE],
      library: new Library({ folder: "pipelines" }),
      kvm: "auto",
      push: { enabled: true },
      rehearsal: false,
      ...args,
    },
    {
      transformations: [
        ({ resource, name, opts }) => {
          names.set(resource, name);
          deletedWith[name] = names.get(
            (opts as pulumi.CustomResourceOptions).deletedWith as pulumi.Resource | undefined,
          );
          return undefined;
        },
      ],
    },
  );
  await pulumi.runtime.disconnect();
  return streams;
}

/** Types and names of the objects created, apart from the pipelines; they come in no order. */
const created = (): string[] =>
  registered
    .filter(({ type }) => type.startsWith("kubernetes:") && !type.startsWith("kubernetes:tekton.dev/"))
    .map(({ type, name }) => `${type} ${name}`)
    .sort();

const inputs = (type: string, name: string): Registered["inputs"] =>
  registered.find((resource) => resource.type === type && resource.name === name)?.inputs;

/** A value as the engine gets it when it is to be kept secret. */
const secret = (value: unknown): unknown => ({
  [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
  value,
});

const CREDENTIALS = { certificate: "C", privateKey: "P", signingKey: "S", publicKey: "K" };
const EVENTS = { expireAfterHours: 48, reconcileSeconds: 60, replicas: 1 };
const LABELS = { "app.kubernetes.io/part-of": "okd-streams", "okd-streams.io/stack": "kind" };
const OWNER = { "pulumi.com/patchFieldManager": "okd-streams" };

describe("CoreosStreams", () => {
  it("creates one resource per object", async () => {
    await create();
    assert.deepEqual(created(), [
      "kubernetes:batch/v1:CronJob okd-coreos/clean-up",
      "kubernetes:batch/v1:CronJob okd-coreos/volumes",
      "kubernetes:core/v1:ConfigMap okd-coreos/clean-up",
      "kubernetes:core/v1:ConfigMap okd-coreos/okd-coreos-scripts",
      "kubernetes:core/v1:ConfigMap okd-coreos/okd-rpms-scripts",
      "kubernetes:core/v1:ConfigMap okd-coreos/volumes",
      "kubernetes:core/v1:Namespace okd-coreos",
      "kubernetes:core/v1:ServiceAccount okd-coreos/clean-up",
      "kubernetes:core/v1:ServiceAccount okd-coreos/event-listener",
      "kubernetes:core/v1:ServiceAccount okd-coreos/pipeline",
      "kubernetes:core/v1:ServiceAccount okd-coreos/volumes",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy okd-coreos/default-deny",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy okd-coreos/jobs",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy okd-coreos/runs",
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole okd-coreos-event-listener",
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding okd-coreos-event-listener",
      "kubernetes:rbac.authorization.k8s.io/v1:Role okd-coreos/clean-up",
      "kubernetes:rbac.authorization.k8s.io/v1:Role okd-coreos/event-listener",
      "kubernetes:rbac.authorization.k8s.io/v1:Role okd-coreos/volumes",
      "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding okd-coreos/clean-up",
      "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding okd-coreos/event-listener",
      "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding okd-coreos/volumes",
    ]);
    assert.ok(inputs("kubernetes:tekton.dev/v1:Pipeline", "okd-coreos/okd-coreos"));
    assert.ok(inputs("kubernetes:tekton.dev/v1:Task", "okd-coreos/notify-matrix"));
  });

  it("adds the gate, the EventListener and triggers where builds begin by events", async () => {
    const { streams } = await create({
      events: EVENTS,
      streams: [{ ...BASE_NODE, schedule: "0 3 * * *" }, ONE_STAGE],
      library: new Library({ folder: "pipelines", imageMirror: "mirror.example" }),
    });
    for (const object of [
      "apps/v1:Deployment okd-coreos/gate",
      "core/v1:Secret okd-coreos/event-signing-keys",
      "core/v1:Secret okd-coreos/record-signing-key",
      "networking.k8s.io/v1:NetworkPolicy okd-coreos/task-request-build",
      "triggers.tekton.dev/v1alpha1:Interceptor okd-coreos/complete-build",
      "triggers.tekton.dev/v1beta1:EventListener okd-coreos/builds",
      "triggers.tekton.dev/v1beta1:Trigger okd-coreos/build-4-20",
      "batch/v1:CronJob okd-coreos/build-4-20",
      "networking.k8s.io/v1:NetworkPolicy okd-coreos/event-listeners",
    ]) {
      assert.ok(created().includes(`kubernetes:${object}`), object);
    }
    assert.deepEqual(
      streams.map(({ cronJob }) => cronJob),
      ["build-4-20", undefined],
    );
    const gate = inputs("kubernetes:apps/v1:Deployment", "okd-coreos/gate");
    assert.match(gate.spec.template.spec.containers[0].image, /^mirror\.example\/docker\.io\/library\/node:/);
    const { data } = inputs("kubernetes:core/v1:ConfigMap", "okd-coreos/gate");
    assert.deepEqual(JSON.parse(data["settings.json"]).registry, {
      ...{ address: "kind-registry:5000", path: "okd", insecure: true },
    });
  });

  it("has a spoke verify who asks by the keys that it shares with its hub", async () => {
    const { streams } = await create({
      events: { ...EVENTS, hub: { address: "https://hub.example", secret: "hub" } },
      streams: [{ ...BASE_NODE, schedule: "0 3 * * *" }],
    });
    assert.equal(streams[0]!.cronJob, undefined);
    assert.ok(!created().some((object) => object.endsWith("okd-coreos/event-signing-keys")), created().join("\n"));
    const { volumes } = inputs("kubernetes:apps/v1:Deployment", "okd-coreos/gate").spec.template.spec;
    assert.deepEqual(volumes[1], { name: "keys", secret: { secretName: "hub" } });
    const { data } = inputs("kubernetes:core/v1:ConfigMap", "okd-coreos/gate");
    assert.deepEqual(JSON.parse(data["settings.json"]).streams, []);
  });

  it("refuses events where nothing is pushed that the gate could read", async () => {
    await assert.rejects(create({ events: EVENTS, push: { enabled: false } }), {
      name: "UserError",
      message: /^events\.enabled is true, but images are pushed nowhere/,
    });
  });

  it("lets everything in the namespace go with it, and the rest with the cluster", async () => {
    await create();
    const { coreos, ...objects } = deletedWith;
    assert.equal(coreos, undefined);
    assert.ok(Object.keys(objects).length > 20);
    for (const [name, owner] of Object.entries(objects)) {
      assert.equal(owner, name.startsWith("okd-coreos/") ? "okd-coreos" : "cluster", name);
    }
  });

  it("puts pipelines into its namespace, labelled and with references of images", async () => {
    await create({
      library: new Library({
        folder: "pipelines",
        images: { curl: "localhost:5001/lab/tools:1" },
        imageMirror: "mirror.example",
      }),
    });
    const notify = inputs("kubernetes:tekton.dev/v1:Task", "okd-coreos/notify-matrix");
    assert.deepEqual(notify.metadata, {
      name: "notify-matrix",
      namespace: "okd-coreos",
      labels: { "app.kubernetes.io/version": "1.0", ...LABELS },
      annotations: { ...OWNER, "tekton.dev/pipelines.minVersion": "1.0.0", "tekton.dev/tags": "messaging" },
    });
    assert.equal(notify.spec.steps[0].image, "localhost:5001/lab/tools:1");
    const init = inputs("kubernetes:tekton.dev/v1:Task", "okd-coreos/cosa-init");
    assert.match(init.spec.steps[0].image, /^mirror\.example\/quay\.io\/coreos-assembler\/coreos-assembler:/);
  });

  it("gives runs an account without rights, and listeners one with what it needs, of which no Secret", async () => {
    await create();
    assert.deepEqual(inputs("kubernetes:core/v1:ServiceAccount", "okd-coreos/pipeline"), {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "pipeline", namespace: "okd-coreos", labels: LABELS, annotations: OWNER },
      automountServiceAccountToken: false,
    });
    const subjects = [{ kind: "ServiceAccount", name: "event-listener", namespace: "okd-coreos" }];
    const role = (kind: string, name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
    assert.deepEqual(inputs("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "okd-coreos/event-listener"), {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "event-listener", namespace: "okd-coreos", labels: LABELS, annotations: OWNER },
      roleRef: role("Role", "event-listener"),
      subjects,
    });
    assert.deepEqual(
      inputs("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "okd-coreos-event-listener"),
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "okd-coreos-event-listener", labels: LABELS, annotations: OWNER },
        roleRef: role("ClusterRole", "okd-coreos-event-listener"),
        subjects,
      },
    );
    const rules = [
      ...inputs("kubernetes:rbac.authorization.k8s.io/v1:Role", "okd-coreos/event-listener").rules,
      ...inputs("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "okd-coreos-event-listener").rules,
    ] as { resources: string[]; verbs: string[] }[];
    assert.ok(
      !rules.some(({ resources }) => resources.some((name) => ["secrets", "serviceaccounts", "*"].includes(name))),
    );
    const writing = rules.filter(({ verbs }) => verbs.some((verb) => !["get", "list", "watch"].includes(verb)));
    assert.deepEqual(
      writing.map(({ resources, verbs }) => `${resources.join()}: ${verbs.join()}`),
      ["pipelineruns: create", "events: create,patch"],
    );
  });

  it("lets runs be privileged on OpenShift, where the namespace's label alone does not", async () => {
    await create({}, { openshift: true });
    const binding = inputs("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "okd-coreos/pipeline-privileged");
    assert.equal(binding.roleRef.name, "system:openshift:scc:privileged");
    assert.deepEqual(binding.subjects, [{ kind: "ServiceAccount", name: "pipeline", namespace: "okd-coreos" }]);
  });

  it("gives each run a volume of its own, of the stream's size and the cluster's class", async () => {
    const { streams } = await create(
      {
        streams: [
          { ...BASE_NODE, storage: { size: "100Gi" } },
          { ...BASE_NODE, version: "4.21", architectures: ["amd64"], storage: { size: "1Gi", storageClass: "fast" } },
        ],
      },
      { architectures: ["amd64", "arm64"] },
    );
    const claim = (storage: string, storageClassName: string) => ({
      spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage } } },
    });
    const volumes = streams.flatMap(({ runs }) => runs.map(({ spec }) => spec.workspaces[0]));
    assert.deepEqual(
      volumes,
      [claim("100Gi", "standard"), claim("100Gi", "standard"), claim("1Gi", "fast")].map((volumeClaimTemplate) => ({
        name: "shared-workspace",
        volumeClaimTemplate,
      })),
    );
    assert.deepEqual(
      created().filter((line) => line.includes("PersistentVolumeClaim")),
      [],
    );
  });

  it("leaves the storage class to the cluster where it has a default one of no name", async () => {
    const { streams } = await create({}, { storageClass: undefined });
    assert.deepEqual(streams[0]!.runs[0]!.spec.workspaces[0], {
      name: "shared-workspace",
      volumeClaimTemplate: {
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "40Gi" } } },
      },
    });
  });

  it("creates the Secrets of the stack, encoded and as secrets", async () => {
    await create({
      secrets: {
        "okd-matrix-bot-auth": { token: pulumi.output("t0ken") },
        "okd-quay-pull-secret": { ".dockerconfigjson": "{}" },
      },
    });
    const bot = inputs("kubernetes:core/v1:Secret", "okd-coreos/okd-matrix-bot-auth");
    assert.equal(bot.type, "Opaque");
    assert.deepEqual(bot.data, secret({ token: "dDBrZW4=" }));
    const pull = inputs("kubernetes:core/v1:Secret", "okd-coreos/okd-quay-pull-secret");
    assert.equal(pull.type, "kubernetes.io/dockerconfigjson");
    assert.deepEqual(pull.data, secret({ ".dockerconfigjson": "e30=" }));
  });

  it("puts out plan and runs of each stream", async () => {
    const { namespace, streams } = await create({ streams: [BASE_NODE, ONE_STAGE] });
    assert.equal(namespace, "okd-coreos");
    assert.deepEqual(
      streams.map(({ version, recipe, plan, runs }) => [
        version,
        recipe,
        plan[0],
        runs.map(({ metadata }) => metadata.generateName),
      ]),
      [
        [
          "4.20",
          "base-node",
          "SCOS 4.20: built on amd64: base image, push of images (to kind-registry:5000/okd)",
          ["okd-coreos-4-20-amd64-"],
        ],
        ["4.18", "one-stage", "SCOS 4.18: nothing is built", []],
      ],
    );
    assert.deepEqual(streams[0]!.images, ["kind-registry:5000/okd/stream-coreos-base:4.20-x86_64"]);
    assert.deepEqual(streams[0]!.runs[0]!.metadata.labels, {
      ...LABELS,
      "okd-streams.io/stream": "4.20",
      "okd-streams.io/architecture": "amd64",
    });
  });

  it("gives runs no device that no node offers, whatever the nodes have", async () => {
    const kvm = async (args: Partial<CoreosStreamsArgs>): Promise<unknown> => {
      const { streams } = await create(args, { kvm: true });
      return streams[0]!.runs[0]!.spec.params.find(({ name }) => name === "kvm")?.value;
    };
    assert.equal(await kvm({}), "device");
    assert.equal(await kvm({ platform: { tekton: [], registry: REGISTRY, kvm: false } }), "none");
  });

  it("refuses two streams of one version before anything is created", async () => {
    await assert.rejects(create({ streams: [BASE_NODE, BASE_NODE] }), {
      name: "UserError",
      message: "streams[1].version: 4.20 is there already; a stack builds a version once.",
    });
    assert.deepEqual(created(), []);
  });

  it("refuses pipelines with a fault, or that do not fit the runs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pipelines-"));
    try {
      cpSync("pipelines", folder, { recursive: true });
      writeFileSync(join(folder, "privileged.yaml"), "");
      await assert.rejects(create({ library: new Library({ folder }) }), {
        name: "UserError",
        message: /Task coreos-build-base, spec\.steps\[1\]\.securityContext: build takes rights that /,
      });
      cpSync("pipelines/privileged.yaml", join(folder, "privileged.yaml"));
      rmSync(join(folder, "coreos/pipelines/okd-coreos.yaml"));
      await assert.rejects(create({ library: new Library({ folder }) }), {
        name: "UserError",
        message: "PipelineRun okd-coreos-4-20-amd64-: there is no Pipeline okd-coreos.",
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
