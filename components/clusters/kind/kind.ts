import { Provider } from "@pulumi/kubernetes/provider"; // the package as a whole takes 0.2 s to load
import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../dynamic";
import { KubernetesObject, type Manifest } from "../../kubernetes/object";
import type { Capabilities, Cluster } from "../cluster";
import type { ImageArchives } from "./image-archives";
import type { KindShape } from "./config";
import type { KindNodesInputs } from "./nodes-provider";
import { KIND_REGISTRY, registryOf } from "./containers";
import type { KindRegistryInputs } from "./registry-provider";

export interface KindClusterArgs extends KindShape {
  /** The registry beside the nodes. */
  registry: {
    /** Port on 127.0.0.1 of this machine. */
    port: number;
    /** Image of the registry itself. */
    image: string;
    /** Name of its container, and its host name as seen from nodes and pods. @default kind-registry, which is the host name in every network */
    name?: string;
  };
  /** This machine has /dev/kvm. */
  kvm: boolean;
  /** Architecture of this machine as Kubernetes names it: `amd64`, `arm64` … */
  architecture: string;
  /** Image of the nodes where `nodeImage` is not set; another one is no reason to make a cluster anew. */
  defaultNodeImage: string;
  /** Time (ISO 8601) after which anybody's sweep may remove the cluster; of one with a network of its own. @default never */
  until?: string;
  /** Images that are loaded instead of pulled, see `readImageArchives`. @default none */
  imageArchives?: ImageArchives;
}

/** A local cluster: nodes that are containers of this machine, and a registry beside them. */
export class KindCluster extends pulumi.ComponentResource implements Cluster {
  readonly provider: Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly capabilities: Capabilities;
  readonly resource: pulumi.Resource;

  constructor(name: string, args: KindClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("okd-streams:clusters:KindCluster", name, {}, opts);
    const { registry, architecture, kvm, imageArchives, ...shape } = args;
    const container = registry.name ?? registryOf(shape);
    const host = registry.name ?? KIND_REGISTRY;
    const beside = { name: container, ...(host !== container && { host }), port: registry.port };
    const pullAddress = `localhost:${String(registry.port)}`;

    const nodes = new KindNodes(
      `${name}-nodes`,
      { ...shape, archivesFolder: imageArchives?.folder, registry: beside },
      { parent: this },
    );
    const images = new KindRegistry(
      `${name}-registry`,
      {
        cluster: nodes.id,
        clusterName: shape.name,
        ...beside,
        image: registry.image,
        nodeImage: shape.nodeImage ?? shape.defaultNodeImage,
        imageArchives,
      },
      { parent: this },
    );
    this.provider = new Provider(
      name,
      {
        kubeconfig: nodes.kubeconfig,
        clusterIdentifier: nodes.id,
        deleteUnreachable: true,
        upsertExistingObjects: true,
        enableConfigMapMutable: true,
        enableSecretMutable: true,
      },
      // No object is made before its image can be pulled.
      { parent: this, dependsOn: images },
    );
    new KubernetesObject(renderRegistryHosting(shape.stack, host, pullAddress), {
      parent: this,
      provider: this.provider,
      deletedWith: nodes,
    });

    this.resource = nodes;
    this.kubeconfig = pulumi.secret(nodes.kubeconfig);
    this.capabilities = {
      architectures: [architecture],
      kvm,
      storageClass: "standard",
      openshift: false,
      registry: { address: `${host}:5000`, pullAddress, insecure: true },
    };
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }
}

/** The announcement of a local registry that tools look for: https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/generic/1755-communicating-a-local-registry */
export function renderRegistryHosting(stack: string, host: string, pullAddress: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "local-registry-hosting",
      namespace: "kube-public",
      labels: { "app.kubernetes.io/part-of": "okd-streams", "okd-streams.io/stack": stack },
    },
    data: { "localRegistryHosting.v1": `host: "${pullAddress}"\nhostFromClusterNetwork: "${host}:5000"\n` },
  };
}

class KindNodes extends DynamicResource {
  declare readonly kubeconfig: pulumi.Output<string>;

  constructor(name: string, inputs: KindNodesInputs, opts: pulumi.CustomResourceOptions) {
    super(
      "KindNodes",
      name,
      { ...inputs, kubeconfig: undefined },
      {
        ...opts,
        additionalSecretOutputs: ["kubeconfig"],
      },
    );
  }
}

class KindRegistry extends DynamicResource {
  constructor(
    name: string,
    inputs: Omit<KindRegistryInputs, "cluster"> & { cluster: pulumi.Output<string> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super("KindRegistry", name, inputs, opts);
  }
}
