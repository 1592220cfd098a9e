import assert from "node:assert/strict";
import { Refused, type KubeObject, type Ref } from "../../../components/kubernetes/client";
import { findParts, type Reader, type Wanted } from "../../../components/platform/found";
import type { Mode } from "../../../components/platform/part";

const STACK = "okd-streams.io/stack";

/** A cluster that has these objects. */
function clusterOf(...objects: KubeObject[]): Reader {
  const isSame = (ref: Ref) => (object: KubeObject) =>
    object.apiVersion === ref.apiVersion &&
    object.kind === ref.kind &&
    object.metadata.name === ref.metadata.name &&
    object.metadata.namespace === ref.metadata.namespace;
  return {
    get: (ref) => Promise.resolve(objects.find(isSame(ref))),
    list: (ref) => Promise.resolve(objects.filter(({ kind }) => kind === ref.kind)),
  };
}

const definition = (name: string, annotations = {}): KubeObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name, annotations },
});
const info = (namespace: string, name: string, version: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data: { version },
});

describe("findParts", () => {
  it("finds nothing on an empty cluster", async () => {
    assert.deepEqual(await findParts(clusterOf()), {});
  });

  it("finds Tekton and its owner", async () => {
    const cluster = clusterOf(
      definition("pipelineruns.tekton.dev", { [STACK]: "kind" }),
      info("tekton-pipelines", "pipelines-info", "v1.15.0"),
      definition("eventlisteners.triggers.tekton.dev"),
      info("tekton-pipelines", "triggers-info", "v0.37.0"),
    );
    assert.deepEqual(await findParts(cluster), {
      tektonPipelines: {
        product: "Tekton Pipelines",
        version: "1.15.0",
        namespace: "tekton-pipelines",
        stack: "kind",
      },
      tektonTriggers: { product: "Tekton Triggers", version: "0.37.0", namespace: "tekton-pipelines" },
    });
  });

  it("finds the default StorageClass and its owner, and no other", async () => {
    const storageClass = (name: string, isDefault: string, annotations = {}): KubeObject => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": isDefault, ...annotations } },
    });
    assert.deepEqual(await findParts(clusterOf(storageClass("slow", "false"))), {});
    const cluster = clusterOf(storageClass("slow", "false"), storageClass("fast", "true", { [STACK]: "moc" }));
    assert.deepEqual(await findParts(cluster), {
      storage: { product: "StorageClass fast", namespace: "", stack: "moc" },
    });
  });

  it("finds OpenShift Pipelines and GitOps", async () => {
    const cluster = clusterOf(
      definition("pipelineruns.tekton.dev"),
      info("openshift-pipelines", "pipelines-info", "v1.9.5"),
      definition("applications.argoproj.io"),
      {
        apiVersion: "operators.coreos.com/v1alpha1",
        kind: "Subscription",
        metadata: { name: "openshift-gitops-operator", namespace: "openshift-gitops-operator" },
        status: { installedCSV: "openshift-gitops-operator.v1.20.1" },
      },
    );
    assert.deepEqual(await findParts(cluster), {
      tektonPipelines: { product: "OpenShift Pipelines", version: "1.9.5", namespace: "openshift-pipelines" },
      argoCd: { product: "OpenShift GitOps", version: "1.20.1", minimum: "1.17.0", namespace: "openshift-gitops" },
    });
  });

  it("reads Argo CD's version from its image", async () => {
    const image = "10.0.0.1:5000/argoproj/argocd:v3.5.7@sha256:0123456789";
    const server: KubeObject = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "argocd-server", namespace: "argocd" },
      spec: { template: { spec: { containers: [{ image }] } } },
    };
    assert.deepEqual(await findParts(clusterOf(definition("applications.argoproj.io"), server)), {
      argoCd: { product: "Argo CD", version: "3.5.7", namespace: "argocd" },
    });
  });

  it("leaves open which version it is where nothing tells", async () => {
    const cluster = clusterOf(
      definition("applications.argoproj.io"),
      definition("pipelineruns.tekton.dev"),
      info("tekton-pipelines", "pipelines-info", "devel"),
    );
    assert.deepEqual(await findParts(cluster), {
      tektonPipelines: { product: "Tekton Pipelines", namespace: "tekton-pipelines" },
      argoCd: { product: "Argo CD", namespace: "argocd" },
    });
  });

  it("finds who offers KVM: others by the nodes, this project by its DaemonSet", async () => {
    const node = (allocatable: object): KubeObject => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "a" },
      status: { allocatable },
    });
    const plugin: KubeObject = {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "kvm-device-plugin", namespace: "kvm-device-plugin", labels: { [STACK]: "kind" } },
    };
    const offer = node({ "devices.kubevirt.io/kvm": "100" });
    const found = { product: "devices.kubevirt.io/kvm", namespace: "kvm-device-plugin" };
    assert.deepEqual(await findParts(clusterOf(offer)), { kvmDevicePlugin: found });
    assert.deepEqual(await findParts(clusterOf(plugin, offer)), { kvmDevicePlugin: { ...found, stack: "kind" } });
    assert.deepEqual(await findParts(clusterOf(plugin)), { kvmDevicePlugin: { ...found, stack: "kind" } });
    assert.deepEqual(await findParts(clusterOf(node({ cpu: "4" }), node({ "devices.kubevirt.io/kvm": "0" }))), {});
  });

  it("takes nodes that may not be listed for nodes without an offer, and such classes for the cluster's own matter", async () => {
    const list = () => Promise.reject(new Refused(403, "Forbidden", "nodes is forbidden"));
    assert.deepEqual(await findParts({ ...clusterOf(), list }), {
      storage: { product: "StorageClasses of its own", namespace: "" },
    });
    const broken = () => Promise.reject(new Refused(500, "InternalError", "etcd is gone"));
    await assert.rejects(findParts({ ...clusterOf(), list: broken }), /etcd is gone/);
  });

  describe("as a user of few rights", () => {
    const forbidden = () => Promise.reject(new Refused(403, "Forbidden", "customresourcedefinitions is forbidden"));
    const modes = (mode: Mode, more: Partial<Wanted> = {}): Wanted => {
      const parts = ["tektonPipelines", "tektonTriggers", "argoCd", "tektonDashboard", "storage"] as const;
      const all = Object.fromEntries(parts.map((name) => [name, { mode }] as const));
      return { ...(all as Omit<Wanted, "kvmDevicePlugin">), kvmDevicePlugin: mode, ...more } as Wanted;
    };

    it("asks nobody for parts that the stack does without", async () => {
      const unused = { get: () => assert.fail(), list: () => assert.fail() };
      assert.deepEqual(await findParts(unused, modes("none")), {});
    });

    it("believes the stack that a part is there which is to be used", async () => {
      const found = await findParts({ get: forbidden, list: forbidden }, modes("none", { argoCd: { mode: "use" } }));
      assert.deepEqual(found, { argoCd: { product: "Argo CD", namespace: "argocd" } });
    });

    it("still sees the version of such a part where that may be seen", async () => {
      const cluster = clusterOf(info("tekton-pipelines", "pipelines-info", "v1.15.0"));
      const get: Reader["get"] = (ref) => (ref.kind === "CustomResourceDefinition" ? forbidden() : cluster.get(ref));
      const found = await findParts({ ...cluster, get }, modes("none", { tektonPipelines: { mode: "use" } }));
      const tekton = { product: "Tekton Pipelines", version: "1.15.0", namespace: "tekton-pipelines" };
      assert.deepEqual(found, { tektonPipelines: tekton });
    });

    for (const mode of ["auto", "install"] as const) {
      it(`says which setting makes the question needless: ${mode}`, async () => {
        await assert.rejects(findParts({ get: forbidden, list: forbidden }, modes("none", { argoCd: { mode } })), {
          name: "UserError",
          message:
            "The cluster does not let you look for Argo CD (customresourcedefinitions is forbidden): set platform.argoCd.mode to use if it is there, or to none.",
        });
      });
    }
  });

  it("finds a default StorageClass by its old annotation, and of two the younger", async () => {
    const storageClass = (name: string, annotation: string, creationTimestamp: string): KubeObject => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name, creationTimestamp, annotations: { [`${annotation}.kubernetes.io/is-default-class`]: "true" } },
    });
    const old = storageClass("old", "storageclass.beta", "2020-01-01T00:00:00Z");
    const young = storageClass("young", "storageclass", "2026-01-01T00:00:00Z");
    const product = async (...classes: KubeObject[]) => (await findParts(clusterOf(...classes))).storage?.product;
    assert.equal(await product(old), "StorageClass old");
    assert.equal(await product(old, young), "StorageClass young");
    assert.equal(await product(young, old), "StorageClass young");
  });
});
