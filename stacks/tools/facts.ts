import type { Reachability } from "./reach";

/** Where a program was found: the folder OKD_STREAMS_OFFLINE, the project's cache, elsewhere on PATH. */
export type Origin = "offline folder" | "cache" | "machine";

/** A program that was found and asked for its version. */
export interface Tool {
  path: string;
  origin: Origin;
  /** Without a leading `v`; absent where it gave none. */
  version?: string;
}

/** What runs KinD's nodes. */
export interface ContainerEngine {
  /** `docker` or `podman`; what else KIND_EXPERIMENTAL_PROVIDER names. */
  name: string;
  /** Absent where it does not run. */
  version?: string;
  running: boolean;
  /** Why it is not used though it may run, to follow its name. */
  problem?: string;
  /** Version of the control groups it uses. */
  cgroup?: 1 | 2;
  /** Its containers have the rights of this user. @default false */
  rootless?: boolean;
  /** Controllers of control groups that it cannot give to nodes. @default none */
  lacks?: string[];
  /** The virtual machine that it runs in. @default none: on this machine itself */
  machine?: string;
  cpus?: number;
  memoryGiB?: number;
}

/** A port of this machine that the stack publishes. */
export interface Port {
  port: number;
  /** @default TCP */
  protocol?: "TCP" | "UDP";
  /** What the stack uses it for, as the user reads it. */
  use: string;
  /**
   * `ours`: held by a container of this very stack. `unknown`: no container engine runs that could say.
   * `untried`: this user may not listen on it, so nobody knows whether it is free.
   */
  holder: "nobody" | "ours" | "somebody" | "unknown" | "untried";
  /** Name of the container that holds it, where one does. */
  container?: string;
}

/** Nodes that are containers, in numbers. */
export interface Nodes {
  /** Those that the stack wants. */
  controlPlanes: number;
  workers: number;
  /** Those of them that are still to be made or started. */
  pending: number;
  /** Nodes of any KinD cluster that run. */
  running: number;
  /** Who gets /dev/kvm in Pods of the cluster: those that run as any user, root alone, nobody. Absent where none of its nodes runs. */
  kvm?: "users" | "root" | "nobody";
}

/** The plugin that makes Kubernetes objects. */
export interface KubernetesPlugin {
  path: string;
  /** The project's stand-in (`test/lab/kubernetes-plugin`) instead of the published one: stack `kind` only. */
  standIn: boolean;
}

/** What this machine is and has. Collected once; everything decided from it is pure. */
export interface Facts {
  os: string;
  architecture: string;
  /** Debian or a distribution made from it, with apt-get. */
  debian: boolean;
  root: boolean;
  cpus: number;
  memoryGiB: number;
  /** GiB free on the fuller of the disks that hold the cache folder and the container engine's images and volumes. */
  freeGiB: number;
  /** `locked`: /dev/kvm is there, but not for this user. */
  kvm: "yes" | "no" | "locked";
  /** Flags of x86-64-v3 that the CPU lacks; absent where that cannot be seen. */
  lacksOfV3?: string[];
  node: string;
  engine?: ContainerEngine;
  kind?: Tool;
  kubectl?: Tool;
  pulumi?: Tool;
  go?: Tool;
  /** Absent: the engine downloads the published one when it first needs it. */
  kubernetesPlugin?: KubernetesPlugin;
  /** The launcher of Pulumi's dynamic provider; absent: the project's own is used. */
  dynamicProvider?: string;
  ports: Port[];
  /** Nodes of a cluster that this machine runs; absent where the stack has none, or the engine cannot be asked. */
  nodes?: Nodes;
  /** How many instances of inotify a user may have where the engine runs; absent where that cannot be seen. */
  inotify?: number;
  /** The offline folder in use (`OKD_STREAMS_OFFLINE`). */
  offline?: OfflineFolder;
  /** The offline folder that `npm run lab -- build` makes; absent where it was not made. */
  lab?: OfflineFolder;
  /** Proxies by the variables that name them, without credentials. */
  proxies?: Record<string, string>;
  /** Official hosts, where they were asked. */
  hosts?: Reachability[];
  /** Hosts that builds ask, where they were asked from here. */
  buildHosts?: Reachability[];
  /** Debian packages that `npm run lab -- build` needs and this machine lacks; empty where they were not asked for. */
  missingPackages: string[];
}

export interface OfflineFolder {
  folder: string;
  /** What it should hold and does not. */
  missing: string[];
}
