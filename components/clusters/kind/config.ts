import { createHash } from "node:crypto";
import type { z } from "zod";
import type { kindSettings, KindSettings } from "./schema";

/** The shape of a KinD cluster, of a stack. Its nodes are privileged containers: they see this machine's devices, /dev/kvm too. A change of any of these is a new cluster: kind changes no cluster that exists. */
export type KindShape = Pick<KindSettings, "name" | "controlPlanes" | "workers" | "nodeImage" | "network"> &
  Required<Pick<z.input<typeof kindSettings>, "mounts" | "ports">> & { stack: string };

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
  extraMounts: KindSettings["mounts"];
  extraPortMappings?: { hostPort: number; containerPort: number; protocol: "TCP" | "UDP"; listenAddress: string }[];
}

/** Folder in every node of ours. */
export const MARK_FOLDER = "/etc/okd-streams";

/** Folder in which a node's containerd looks up how to reach a registry. */
export const REGISTRIES_FOLDER = "/etc/containerd/certs.d";

// containerd looks into the folder by itself from 2.2 on; nodes of older images are told to. Every image of kind's has
// a configuration of version 2, which newer versions of containerd read too.
const READ_REGISTRIES = `[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "${REGISTRIES_FOLDER}"\n`;

// Steps that boot machines run as a user, and /dev/kvm belongs to root: a container gets a device as its own user's. Both
// names of the plugin: that of configurations of version 2, and that of version 3, which newer node images may have.
const OWN_DEVICES = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"].map(
  (plugin) => `[plugins."${plugin}"]\n  device_ownership_from_security_context = true\n`,
);

/** The configuration that `kind create cluster --config` gets. @param image of the nodes, as the engine has it @default the shape's */
export function renderKindConfig(shape: KindShape, image = shape.nodeImage): KindConfig {
  const extraMounts: KindSettings["mounts"] = [
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
    containerdConfigPatches: [READ_REGISTRIES, ...OWN_DEVICES],
    nodes: [
      ...Array.from({ length: shape.controlPlanes }, (_, index) => node("control-plane", index)),
      ...Array.from({ length: shape.workers }, (_, index) => node("worker", index)),
    ],
  };
}

/** Path in every node that says whose the cluster is and which shape it was made with. */
export function markPath(shape: KindShape): string {
  const { stack, name, controlPlanes, workers, nodeImage, mounts, ports, network } = shape;
  const facts = [
    name,
    controlPlanes,
    workers,
    nodeImage ?? null,
    mounts.map((it) => [it.hostPath, it.containerPath, it.readOnly ?? false]),
    ports.map((it) => [it.host, it.container, it.protocol ?? "TCP"]),
    ...(network ? [network] : []),
  ];
  const fingerprint = createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 12);
  return `${MARK_FOLDER}/${stack}/${fingerprint}`;
}
