import * as assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { KindCluster, type KindClusterArgs } from "../../../components/clusters/kind/kind";
import { KUBERNETES_PLUGIN_VERSION as version } from "../../../components/kubernetes/object";
import { runProgram } from "../../../stacks/preview/run";

const args: KindClusterArgs = {
  stack: "kind",
  name: "okd-streams",
  controlPlanes: 1,
  workers: 0,
  defaultNodeImage: "default:1",
  nodeImage: "node:1",
  mounts: [],
  ports: [{ host: 8080, container: 80, protocol: "TCP" }],
  kvm: true,
  registry: { port: 5001, image: "registry:3" },
  architecture: "amd64",
  imageArchives: { folder: "/cache/images", digest: "abc" },
};

describe("KindCluster", () => {
  let deletedWith: Record<string, string | undefined>;

  const preview = () =>
    runProgram(
      async () => {
        const cluster = new KindCluster("cluster", args, { transformations: [remember] });
        const { capabilities, kubeconfig } = cluster;
        return Promise.resolve({ capabilities, kubeconfig });
      },
      { project: "okd-streams", stack: "kind" },
    );
  const remember: pulumi.ResourceTransformation = ({ name, opts }) => {
    const resource = (opts as pulumi.CustomResourceOptions).deletedWith;
    if (resource) deletedWith[name] = (resource as { __name?: string }).__name;
    return undefined;
  };
  beforeEach(() => {
    deletedWith = {};
  });

  it("is nodes, a registry, a provider and the announcement of the registry", async () => {
    const { resources } = await preview();
    assert.deepEqual(
      resources.slice(1).map(({ type, name }) => ({ type, name })),
      [
        { type: "okd-streams:clusters:KindCluster", name: "cluster" },
        { type: "pulumi-nodejs:dynamic/okd-streams:KindNodes", name: "cluster-nodes" },
        { type: "pulumi-nodejs:dynamic/okd-streams:KindRegistry", name: "cluster-registry" },
        { type: "pulumi:providers:kubernetes", name: "cluster" },
        { type: "kubernetes:core/v1:ConfigMap", name: "kube-public/local-registry-hosting" },
      ],
    );
    assert.deepEqual(deletedWith, { "kube-public/local-registry-hosting": "cluster-nodes" });
  });

  it("makes no object before its image can be pulled", async () => {
    const [, , nodes, registry, provider] = (await preview()).resources;
    assert.deepEqual(registry!.dependencies, [nodes!.urn]);
    assert.deepEqual(provider!.dependencies, [nodes!.urn, registry!.urn]);
  });

  it("hands its arguments on, and nothing of the machine that runs it", async () => {
    const { resources } = await preview();
    const inputsOf = (name: string, type: string) => {
      const inputs = resources.find((it) => it.name === name && it.type.endsWith(type))!.inputs;
      return Object.fromEntries(Object.entries(inputs).filter(([key]) => !key.startsWith("__")));
    };
    assert.deepEqual(inputsOf("cluster-nodes", "KindNodes"), {
      stack: "kind",
      name: "okd-streams",
      controlPlanes: 1,
      workers: 0,
      nodeImage: "node:1",
      defaultNodeImage: "default:1",
      mounts: [],
      ports: [{ host: 8080, container: 80, protocol: "TCP" }],
      archivesFolder: "/cache/images",
      registry: { name: "kind-registry", port: 5001 },
    });
    const { cluster, ...registry } = inputsOf("cluster-registry", "KindRegistry");
    assert.deepEqual(registry, {
      clusterName: "okd-streams",
      name: "kind-registry",
      port: 5001,
      image: "registry:3",
      nodeImage: "node:1",
      imageArchives: { folder: "/cache/images", digest: "abc" },
    });
    const { kubeconfig, clusterIdentifier, ...provider } = inputsOf("cluster", "kubernetes");
    assert.deepEqual(provider, {
      deleteUnreachable: "true",
      upsertExistingObjects: "true",
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
      version,
    });
    assert.deepEqual([kubeconfig, clusterIdentifier], [cluster, cluster]);
    assert.deepEqual(inputsOf("kube-public/local-registry-hosting", "ConfigMap"), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "local-registry-hosting",
        namespace: "kube-public",
        labels: { "app.kubernetes.io/part-of": "okd-streams", "okd-streams.io/stack": "kind" },
        annotations: { "pulumi.com/patchFieldManager": "okd-streams" },
      },
      data: { "localRegistryHosting.v1": 'host: "localhost:5001"\nhostFromClusterNetwork: "kind-registry:5000"\n' },
    });
  });

  it("says what it can do", async () => {
    assert.deepEqual((await preview()).outputs.capabilities, {
      architectures: ["amd64"],
      kvm: true,
      storageClass: "standard",
      openshift: false,
      registry: { address: "kind-registry:5000", pullAddress: "localhost:5001", insecure: true },
    });
  });
});
