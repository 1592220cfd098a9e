import { createHash } from "node:crypto";

/** The shape of a KinD cluster. Its nodes are privileged containers: they see this machine's devices, /dev/kvm too. A change of any of these is a new cluster: kind changes no cluster that exists. */
export interface KindShape {
  /** Name of the stack that the cluster belongs to. */
  stack: string;
  /** Name of the cluster, as `kind get clusters` shows it. */
  name: string;
  controlPlanes: number;
  workers: number;
  /** Image of the nodes. @default that of `pipelines/images.yaml` */
  nodeImage?: string;
  /** Folders of this machine that every node sees. */
  mounts: KindMount[];
  /** Ports of this machine (127.0.0.1) that lead to ports of the first control plane node. */
  ports: KindPort[];
}

export interface KindMount {
  /** Absolute path on this machine. */
  hostPath: string;
  containerPath: string;
  /** @default false */
  readOnly?: boolean;
}

export interface KindPort {
  host: number;
  container: number;
  /** @default TCP */
  protocol?: "TCP" | "UDP";
}

/** Configuration of kind, `kind.x-k8s.io/v1alpha4`: https://kind.sigs.k8s.io/docs/user/configuration/ */
export interface KindConfig {
  kind: "Cluster";
  apiVersion: "kind.x-k8s.io/v1alpha4";
  name: string;
  containerdConfigPatches: string[];
  nodes: KindNode[];
}

export interface KindNode {
  role: "control-plane" | "worker";
  image?: string;
  extraMounts: KindMount[];
  extraPortMappings?: { hostPort: number; containerPort: number; protocol: "TCP" | "UDP"; listenAddress: string }[];
}

/** Folder in every node of ours. */
export const MARK_FOLDER = "/etc/okd-streams";

/** Folder in which a node's containerd looks up how to reach a registry. */
export const REGISTRIES_FOLDER = "/etc/containerd/certs.d";

// containerd looks into the folder by itself from 2.2 on; nodes of older images are told to. Every image of kind's has
// a configuration of version 2, which newer versions of containerd read too.
const READ_REGISTRIES = `[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "${REGISTRIES_FOLDER}"\n`;

/** The configuration that `kind create cluster --config` gets. @param defaultNodeImage that of the nodes where the shape names none */
export function renderKindConfig(shape: KindShape, defaultNodeImage?: string): KindConfig {
  const image = shape.nodeImage ?? defaultNodeImage;
  const extraMounts: KindMount[] = [
    ...shape.mounts.map(({ hostPath, containerPath, readOnly = false }) => ({ hostPath, containerPath, readOnly })),
    // The mark: the one thing that kind gives a container at birth and that the engine shows of a stopped one too.
    { hostPath: "/dev/null", containerPath: markPath(shape), readOnly: true },
  ];
  const extraPortMappings = shape.ports.map(({ host, container, protocol = "TCP" }) => ({
    hostPort: host,
    containerPort: container,
    protocol,
    listenAddress: "127.0.0.1",
  }));
  const node = (role: KindNode["role"], index: number): KindNode => ({
    role,
    ...(image && { image }),
    extraMounts,
    ...(role === "control-plane" && index === 0 && extraPortMappings.length > 0 && { extraPortMappings }),
  });
  return {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    name: shape.name,
    containerdConfigPatches: [READ_REGISTRIES],
    nodes: [
      ...Array.from({ length: shape.controlPlanes }, (_, index) => node("control-plane", index)),
      ...Array.from({ length: shape.workers }, (_, index) => node("worker", index)),
    ],
  };
}

/** Path in every node that says whose the cluster is and which shape it was made with. */
export function markPath(shape: KindShape): string {
  const { stack, name, controlPlanes, workers, nodeImage, mounts, ports } = shape;
  const facts = [
    name,
    controlPlanes,
    workers,
    nodeImage ?? null,
    mounts.map((it) => [it.hostPath, it.containerPath, it.readOnly ?? false]),
    ports.map((it) => [it.host, it.container, it.protocol ?? "TCP"]),
  ];
  const fingerprint = createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 12);
  return `${MARK_FOLDER}/${stack}/${fingerprint}`;
}
