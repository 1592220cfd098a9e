import assert from "node:assert/strict";
import * as kubernetes from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import type { Capabilities, Cluster } from "../../../components/clusters/cluster";
import { UserError } from "../../../components/errors";
import type { Manifest } from "../../../components/kubernetes/object";
import type { FoundParts } from "../../../components/platform/found";
import type { PlatformSettings } from "../../../components/platform/part";
import type { PartSettings } from "../../../components/platform/schema";
import { Platform, type PlatformArgs } from "../../../components/platform/platform";
import type { Manifests } from "../../../components/platform/manifests";
import { record, type Recorded } from "./recorded";

const object = (apiVersion: string, kind: string, name: string, fields: object = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name },
  ...fields,
});

/** Manifests with one object of every phase. */
const MANIFESTS: Manifests = {
  tektonPipelines: {
    version: "1.15.0",
    objects: [
      object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "p-webhook", {
        webhooks: [{ name: "a", clientConfig: { service: {} } }],
      }),
      object("apps/v1", "Deployment", "p-controller"),
      object("v1", "Secret", "p-certs"),
      object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "p-definition"),
      object("v1", "Namespace", "tekton-pipelines"),
    ],
  },
  tektonTriggers: {
    version: "0.37.0",
    objects: [
      object("triggers.tekton.dev/v1alpha1", "ClusterInterceptor", "t-cel"),
      object("apps/v1", "Deployment", "tekton-triggers-core-interceptors"),
      object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "t-webhook"),
      object("apps/v1", "Deployment", "t-controller"),
      object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "t-definition"),
    ],
  },
  argoCd: { version: "3.5.7", objects: [object("apps/v1", "Deployment", "argocd-server")] },
};

const STORAGE = [
  object("v1", "Namespace", "local-path-storage"),
  object("apps/v1", "Deployment", "local-path-provisioner"),
  object("storage.k8s.io/v1", "StorageClass", "local-path"),
];

const NONE: PartSettings = { mode: "none" };
const AUTO: PartSettings = { mode: "auto" };
const PARTS: PlatformSettings = {
  tektonPipelines: AUTO,
  tektonTriggers: AUTO,
  argoCd: AUTO,
  tektonDashboard: NONE,
  storage: NONE,
};

class ClusterResource extends pulumi.CustomResource {
  constructor() {
    super("test:index:Cluster", "nodes");
  }
}

const CAPABILITIES: Capabilities = {
  architectures: ["amd64"],
  kvm: false,
  openshift: false,
  registry: { address: "kind-registry:5000", insecure: true },
};

function clusterWith(capabilities: Partial<Capabilities>, own: boolean): Cluster {
  return {
    provider: new kubernetes.Provider("cluster"),
    kubeconfig: pulumi.secret("kubeconfig"),
    capabilities: { ...CAPABILITIES, ...capabilities },
    ...(own && { resource: new ClusterResource() }),
  };
}

interface Setting extends Partial<Omit<PlatformArgs, "cluster">> {
  capabilities?: Partial<Capabilities>;
  own?: boolean;
  preview?: boolean;
  guard?: boolean;
}

async function platformOf(setting: Setting = {}): Promise<{ platform: Platform; resources: Recorded[] }> {
  const { capabilities = {}, own = true, preview, guard = true, ...args } = setting;
  let platform: Platform | undefined;
  const resources = await record(() => {
    platform = new Platform("platform", {
      cluster: clusterWith(capabilities, own),
      stack: "kind",
      parts: PARTS,
      manifests: MANIFESTS,
      found: {},
      registry: { mode: "auto" },
      kvmDevicePlugin: "auto",
      images: { registry: "registry:3.0.0", kvmDevicePlugin: "plugin:1", busybox: "busybox:1" },
      ...args,
    });
    platform.configureNodes([]);
    if (guard) platform.guard([]);
  }, preview);
  return { platform: platform!, resources };
}

const named = (resources: Recorded[], name: string): Recorded => {
  const found = resources.filter((it) => it.name === name);
  assert.equal(found.length, 1, `one resource ${name}`);
  return found[0]!;
};

describe("Platform", () => {
  it("installs every part as one component of one resource per object", async () => {
    const { platform, resources } = await platformOf();
    const tree = resources
      .filter(({ type }) => !/providers:kubernetes|Cluster$/.test(type))
      .map(({ type, name, parent }) => `${parent} > ${type} ${name}`);
    assert.deepEqual(tree.sort(), [
      " > okd-streams:platform:Platform platform",
      "argo-cd > kubernetes:apps/v1:Deployment argocd/argocd-server",
      "argo-cd > kubernetes:core/v1:Namespace argocd",
      "platform > okd-streams:platform:InstalledPart argo-cd",
      "platform > okd-streams:platform:InstalledPart tekton-pipelines",
      "platform > okd-streams:platform:InstalledPart tekton-triggers",
      "platform > pulumi-nodejs:dynamic/okd-streams:Guard platform-guard",
      "tekton-pipelines > kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration p-webhook",
      "tekton-pipelines > kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition p-definition",
      "tekton-pipelines > kubernetes:apps/v1:Deployment tekton-pipelines/p-controller",
      "tekton-pipelines > kubernetes:core/v1:Namespace tekton-pipelines",
      "tekton-pipelines > kubernetes:core/v1:Secret tekton-pipelines/p-certs",
      "tekton-pipelines > pulumi-nodejs:dynamic/okd-streams:WebhooksAnswer tekton-pipelines-webhooks",
      "tekton-triggers > kubernetes:admissionregistration.k8s.io/v1:MutatingWebhookConfiguration t-webhook",
      "tekton-triggers > kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition t-definition",
      "tekton-triggers > kubernetes:apps/v1:Deployment tekton-pipelines/t-controller",
      "tekton-triggers > kubernetes:apps/v1:Deployment tekton-pipelines/tekton-triggers-core-interceptors",
      "tekton-triggers > kubernetes:triggers.tekton.dev/v1alpha1:ClusterInterceptor t-cel",
      "tekton-triggers > pulumi-nodejs:dynamic/okd-streams:WebhooksAnswer tekton-triggers-late",
      "tekton-triggers > pulumi-nodejs:dynamic/okd-streams:WebhooksAnswer tekton-triggers-webhooks",
    ]);
    assert.deepEqual(platform.parts, {
      tektonPipelines: { mode: "installed", version: "1.15.0" },
      tektonTriggers: { mode: "installed", version: "0.37.0" },
      argoCd: { mode: "installed", version: "3.5.7" },
      tektonDashboard: { mode: "none" },
      storage: { mode: "none" },
    });
    assert.equal(platform.argoCdNamespace, "argocd");
    assert.deepEqual(platform.registry, { address: "kind-registry:5000", insecure: true });
  });

  it("has each phase wait for those before it, and Triggers for no pod of Pipelines", async () => {
    const { resources } = await platformOf();
    const dependencies = (name: string) => named(resources, name).dependsOn.filter((it) => it !== "cluster");
    assert.deepEqual(dependencies("tekton-pipelines/p-certs"), ["tekton-pipelines"]);
    assert.deepEqual(dependencies("p-definition"), []);
    assert.deepEqual(dependencies("tekton-pipelines/p-controller"), ["p-definition", "tekton-pipelines/p-certs"]);
    assert.deepEqual(dependencies("p-webhook"), ["tekton-pipelines/p-controller"]);
    assert.deepEqual(dependencies("tekton-pipelines-webhooks"), ["p-definition", "p-webhook"]);
    const before = ["p-definition", "tekton-pipelines"];
    assert.deepEqual(dependencies("t-definition"), before);
    assert.deepEqual(dependencies("tekton-pipelines/t-controller"), [...before, "t-definition"].sort());
    assert.deepEqual(
      dependencies("t-cel"),
      [...before, "t-definition", "t-webhook", "tekton-triggers-webhooks"].sort(),
    );
  });

  it("hands on what Tekton's objects wait for", async () => {
    const { platform } = await platformOf();
    const names = async (list: pulumi.Resource[]) => {
      const urns = list.map(({ urn }) => new Promise<string>((resolve) => urn.apply(resolve)));
      return (await Promise.all(urns)).map((urn) => urn.split("::").at(-1)).sort();
    };
    const tekton = ["p-webhook", "tekton-pipelines-webhooks", "tekton-pipelines/p-controller"];
    assert.deepEqual(await names(platform.tekton), tekton);
    assert.deepEqual(
      await names(platform.triggers),
      [
        ...tekton,
        "t-cel",
        "t-webhook",
        "tekton-pipelines/t-controller",
        "tekton-pipelines/tekton-triggers-core-interceptors",
        "tekton-triggers-late",
        "tekton-triggers-webhooks",
      ].sort(),
    );
  });

  it("has objects go with a cluster of ours, but not the guard", async () => {
    const { resources } = await platformOf();
    for (const { type, name, deletedWith } of resources.filter(({ parent }) => parent !== "")) {
      if (type.startsWith("kubernetes:")) assert.equal(deletedWith, "nodes", name);
      else assert.equal(deletedWith, "", name);
    }
  });

  it("has objects go with their namespace in a cluster that is not ours", async () => {
    const { resources } = await platformOf({ own: false, capabilities: { registry: undefined } });
    const homes = resources.filter(({ deletedWith }) => deletedWith !== "");
    assert.deepEqual(Object.fromEntries(homes.map(({ name, deletedWith }) => [name, deletedWith])), {
      "tekton-pipelines/p-certs": "tekton-pipelines",
      "tekton-pipelines/p-controller": "tekton-pipelines",
      "tekton-pipelines/t-controller": "tekton-pipelines",
      "tekton-pipelines/tekton-triggers-core-interceptors": "tekton-pipelines",
      "argocd/argocd-server": "argocd",
      "okd-registry/registry": "okd-registry",
    });
  });

  it("ignores the fields that controllers fill in, and no others", async () => {
    const { resources } = await platformOf();
    const ignored = resources.filter(({ ignoreChanges }) => ignoreChanges.length > 0);
    assert.deepEqual(Object.fromEntries(ignored.map(({ name, ignoreChanges }) => [name, ignoreChanges])), {
      "p-webhook": ["webhooks[*].rules", "webhooks[*].clientConfig.caBundle"],
      "tekton-pipelines/p-certs": ["data"],
      "t-webhook": ["webhooks[*].rules", "webhooks[*].clientConfig.caBundle"],
      "t-cel": ["spec.clientConfig.caBundle"],
    });
  });

  it("has the guard wait for everything, with the kubeconfig as a secret", async () => {
    const { resources } = await platformOf({ parts: { ...PARTS, tektonPipelines: NONE } });
    const objects = resources.filter(({ type }) => /^kubernetes:|WebhooksAnswer$/.test(type)).map(({ name }) => name);
    const { dependsOn, inputs, additionalSecretOutputs } = named(resources, "platform-guard");
    assert.ok(objects.length > 5);
    assert.deepEqual(
      objects.filter((name) => !dependsOn.includes(name)),
      [],
    );
    assert.deepEqual(additionalSecretOutputs, ["kubeconfig"]);
    assert.equal(inputs.deleteUnreachable, true);
    assert.equal(inputs.stack, "kind");
    assert.deepEqual(inputs.kinds, [
      { apiVersion: "triggers.tekton.dev/v1beta1", kind: "EventListener" },
      { apiVersion: "triggers.tekton.dev/v1beta1", kind: "Trigger" },
      { apiVersion: "triggers.tekton.dev/v1beta1", kind: "TriggerBinding" },
      { apiVersion: "triggers.tekton.dev/v1beta1", kind: "TriggerTemplate" },
      { apiVersion: "argoproj.io/v1alpha1", kind: "Application" },
      { apiVersion: "argoproj.io/v1alpha1", kind: "ApplicationSet" },
    ]);
  });

  it("creates nothing for parts that are used, and asks for them", async () => {
    const found: FoundParts = {
      tektonPipelines: { product: "OpenShift Pipelines", version: "1.9.5", namespace: "openshift-pipelines" },
      tektonTriggers: { product: "OpenShift Pipelines", version: "0.35.0", namespace: "openshift-pipelines" },
      argoCd: {
        product: "OpenShift GitOps",
        version: "1.20.1",
        minimum: "1.17.0",
        namespace: "openshift-gitops",
      },
    };
    const { platform, resources } = await platformOf({ found, own: false });
    assert.deepEqual(
      resources.map(({ name }) => name),
      ["cluster", "platform"],
    );
    assert.deepEqual(platform.parts, {
      tektonPipelines: { mode: "used", version: "1.9.5" },
      tektonTriggers: { mode: "used", version: "0.35.0" },
      argoCd: { mode: "used", version: "1.20.1" },
      tektonDashboard: { mode: "none" },
      storage: { mode: "none" },
    });
    assert.equal(platform.argoCdNamespace, "openshift-gitops");
    assert.deepEqual([platform.tekton, platform.triggers], [[], []]);
  });

  it("refuses in one sentence before anything is created", async () => {
    const found: FoundParts = {
      tektonTriggers: { product: "Tekton Triggers", version: "0.20.0", namespace: "tekton-pipelines" },
    };
    await assert.rejects(
      platformOf({ found }),
      new UserError(
        "platform.tektonTriggers: the cluster has Tekton Triggers 0.20.0 already, but at least 0.32.0 is needed: update it there.",
      ),
    );
  });

  it("takes what is to be used for there where the cluster was not asked", async () => {
    const parts = { ...PARTS, tektonPipelines: { mode: "use" } satisfies PartSettings };
    const { platform } = await platformOf({ parts, found: undefined, kvmDevicePlugin: "use" });
    assert.deepEqual(platform.parts.tektonPipelines, { mode: "used" });
    await assert.rejects(platformOf({ parts, found: {} }), /platform\.tektonPipelines\.mode is use, but/);
    await assert.rejects(platformOf({ found: {}, kvmDevicePlugin: "use" }), /platform\.kvmDevicePlugin is use, but/);
  });

  it("shows a part without objects in a preview whose manifests are missing, and fails an update", async () => {
    const missing = "Argo CD 3.5.7 cannot be installed: no network.";
    const manifests: Manifests = { ...MANIFESTS, argoCd: { version: "3.5.7", missing } };
    const { resources } = await platformOf({ manifests, preview: true });
    assert.deepEqual(
      resources.filter(({ name, parent }) => /argo/.test(`${name} ${parent}`)).map(({ name }) => name),
      ["argo-cd"],
    );
    await assert.rejects(platformOf({ manifests }), new UserError(missing));
  });

  it("installs a registry where none comes with the cluster", async () => {
    const { platform, resources } = await platformOf({
      capabilities: { registry: undefined, storageClass: "fast" },
      registry: { mode: "auto", size: "5Gi" },
    });
    assert.deepEqual(platform.registry, { address: "registry.okd-registry.svc:5000", insecure: true });
    const claim = named(
      resources.filter(({ type }) => type.endsWith("PersistentVolumeClaim")),
      "okd-registry/registry",
    );
    assert.equal((claim.inputs.spec as { storageClassName: string }).storageClassName, "fast");
    const deployment = resources.find(({ type, parent }) => type.endsWith("Deployment") && parent === "platform")!;
    assert.deepEqual(deployment.dependsOn, ["okd-registry", ...Array<string>(3).fill("okd-registry/registry")]);
    assert.equal(deployment.deletedWith, "nodes");
  });

  it("installs the KVM device plugin where the nodes have KVM", async () => {
    const { resources } = await platformOf({ capabilities: { kvm: true } });
    const plugin = resources.filter(({ name }) => name.startsWith("kvm-device-plugin")).map(({ type }) => type);
    assert.deepEqual(plugin.sort(), [
      "kubernetes:apps/v1:DaemonSet",
      "kubernetes:core/v1:Namespace",
      "kubernetes:core/v1:ServiceAccount",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    ]);
  });

  describe("storage", () => {
    const parts: PlatformSettings = {
      tektonPipelines: NONE,
      tektonTriggers: NONE,
      argoCd: NONE,
      tektonDashboard: NONE,
      storage: AUTO,
    };
    const setting = { parts, manifests: { storage: { version: "0.0.30", objects: STORAGE } } };
    const none = { storageClass: undefined, registry: undefined };
    const claimed = (resources: Recorded[]) =>
      (resources.find(({ type }) => type.endsWith("PersistentVolumeClaim"))!.inputs.spec as Manifest)
        .storageClassName as unknown;

    it("is installed where the cluster has none, before what has claims, and is removed once their volumes are gone", async () => {
      const { resources, platform } = await platformOf({ ...setting, own: false, capabilities: none });
      assert.deepEqual(platform.parts.storage, { mode: "installed", version: "0.0.30" });
      assert.equal(platform.storageClass, "local-path");
      assert.equal(claimed(resources), "local-path");
      const released = named(resources, "volumes-released");
      assert.ok(released.dependsOn.includes("local-path-storage/local-path-provisioner"));
      assert.ok(named(resources, "okd-registry").dependsOn.includes("volumes-released"));
      assert.deepEqual(released.additionalSecretOutputs, ["kubeconfig"]);
    });

    it("is the cluster's own where that has a default class, or the stack names one", async () => {
      const theirs = { product: "StorageClass fast", namespace: "" };
      for (const it of [
        { found: { storage: theirs }, capabilities: { ...none, storageClass: "fast" } },
        { found: {}, capabilities: { ...none, storageClass: "fast" } },
        { found: undefined, capabilities: { ...none, storageClass: "fast" } },
      ]) {
        const { resources, platform } = await platformOf({ ...setting, own: false, ...it });
        assert.deepEqual(platform.parts.storage, { mode: "used" });
        assert.equal(claimed(resources), "fast");
        assert.ok(!resources.some(({ name }) => name === "volumes-released"));
      }
    });

    it("is taken for there where the cluster was not asked", async () => {
      const { resources, platform } = await platformOf({
        ...setting,
        own: false,
        found: undefined,
        capabilities: none,
      });
      assert.deepEqual(platform.parts.storage, { mode: "used" });
      assert.equal(claimed(resources), undefined);
    });

    it("stays what this stack installed", async () => {
      const ours = { product: "StorageClass local-path", namespace: "", stack: "kind" };
      const capabilities = { ...none, storageClass: "local-path" };
      const { platform } = await platformOf({ ...setting, own: false, found: { storage: ours }, capabilities });
      assert.deepEqual(platform.parts.storage, { mode: "installed", version: "0.0.30" });
    });

    it("is not installed beside another", async () => {
      const found = { storage: { product: "StorageClass fast", namespace: "" } };
      await assert.rejects(
        platformOf({
          ...setting,
          parts: { ...parts, storage: { mode: "install" } },
          own: false,
          found,
          capabilities: none,
        }),
        new UserError(
          "platform.storage.mode is install, but the cluster has StorageClass fast already: set the mode to auto or use, or remove it there.",
        ),
      );
    });
  });

  describe("on OpenShift", () => {
    const openshift = { openshift: true, registry: undefined };
    const ofNodes = (resources: Recorded[]) =>
      resources
        .filter(({ parent }) => parent === "node-configuration")
        .map(({ type, name }) => `${type} ${name}`)
        .sort();
    const mirror = { address: "mirror.example", of: ["quay.io"] };
    const ALL = [
      "kubernetes:config.openshift.io/v1:ImageDigestMirrorSet okd-streams-mirror",
      "kubernetes:config.openshift.io/v1:ImageDigestMirrorSet okd-streams-registry",
      "kubernetes:config.openshift.io/v1:ImagePatch cluster",
      "kubernetes:config.openshift.io/v1:ImageTagMirrorSet okd-streams-mirror",
      "kubernetes:config.openshift.io/v1:ImageTagMirrorSet okd-streams-registry",
      "kubernetes:machineconfiguration.openshift.io/v1:MachineConfig 80-enable-nested-virt",
    ];

    it("tells the nodes of a cluster of ours last of all, and has what it told go before everything else", async () => {
      const { resources, platform } = await platformOf({ capabilities: { ...openshift, kvm: true }, mirror });
      assert.deepEqual(ofNodes(resources), ALL);
      const told = named(resources, "80-enable-nested-virt");
      const others = resources.filter(
        ({ type, parent }) => type.startsWith("kubernetes:") && parent !== "node-configuration",
      );
      assert.ok(others.length > 15);
      assert.deepEqual(
        others.filter(({ name }) => !told.dependsOn.includes(name)).map(({ name }) => name),
        [],
      );
      assert.ok(named(resources, "platform-guard").dependsOn.includes("80-enable-nested-virt"));
      assert.equal(platform.parts.argoCd.route, "argocd/argocd-server");
    });

    it("leaves the nodes of a cluster alone that is there already, unless it is asked for", async () => {
      const setting = { own: false, capabilities: { ...openshift, kvm: true }, mirror };
      assert.deepEqual(ofNodes((await platformOf(setting)).resources), []);
      const { resources } = await platformOf({ ...setting, nodeConfiguration: "install" });
      assert.deepEqual(ofNodes(resources), ALL);
    });

    it("tells nodes nothing where that is said", async () => {
      const { resources } = await platformOf({ capabilities: openshift, nodeConfiguration: "none" });
      assert.deepEqual(ofNodes(resources), []);
    });

    it("has nodes trust a registry outside the cluster that is insecure, and nests for the pools that there are", async () => {
      const { resources } = await platformOf({
        capabilities: { ...openshift, kvm: true, machinePools: ["master"] },
        registry: { mode: "external", address: "registry.example:5000/okd", insecure: true },
      });
      assert.deepEqual(ofNodes(resources), [
        "kubernetes:config.openshift.io/v1:ImagePatch cluster",
        "kubernetes:machineconfiguration.openshift.io/v1:MachineConfig 80-enable-nested-virt-master",
      ]);
      const patch = resources.find(({ type }) => type.endsWith("ImagePatch"))!;
      assert.deepEqual(patch.inputs.spec, { registrySources: { insecureRegistries: ["registry.example:5000"] } });
    });

    it("is not what a cluster has to be told of that is none", async () => {
      await assert.rejects(
        platformOf({ nodeConfiguration: "install" }),
        new UserError("platform.nodeConfiguration is install, but the cluster is no OpenShift: set it to auto."),
      );
    });
  });

  it("rewrites the images of third-party manifests", async () => {
    const deployment = object("apps/v1", "Deployment", "argocd-server", {
      spec: { template: { spec: { containers: [{ name: "a", image: "quay.io/argoproj/argocd:v3.5.7" }] } } },
    });
    const { resources } = await platformOf({
      manifests: { ...MANIFESTS, argoCd: { version: "3.5.7", objects: [deployment] } },
      image: (reference) => `mirror.example/${reference}`,
    });
    const server = named(resources, "argocd/argocd-server");
    assert.deepEqual((server.inputs.spec as Manifest).template.spec.containers, [
      { name: "a", image: "mirror.example/quay.io/argoproj/argocd:v3.5.7" },
    ]);
  });
});
