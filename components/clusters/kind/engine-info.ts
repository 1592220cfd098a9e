/** Control groups' controllers without which no kubelet starts. */
export type Controller = "cpu" | "memory" | "pids";

/** A container engine that answers, and what it says of itself. Sizes are those of the machine that it runs on, which may be a virtual one. */
export interface ContainerEngine {
  name: "docker" | "podman";
  version: string;
  cpus: number;
  memoryBytes: number;
  rootless: boolean;
  cgroupVersion: 1 | 2;
  /** Controllers that it cannot give to containers. */
  lacks: Controller[];
  /** Folder of its images and volumes, on the machine that it runs on. */
  dataFolder?: string;
  /** The virtual machine on this machine that it runs in. @default none: it runs on this machine itself */
  machine?: VirtualMachine;
}

/** Virtual machines that bring a container engine to systems that have none of their own. */
export type VirtualMachine = "Docker Desktop" | "Colima" | "Podman machine" | "a virtual machine";

/** `docker info`, as far as it is read: https://docs.docker.com/reference/api/engine/version/v1.50/#tag/System/operation/SystemInfo */
interface DockerInfo {
  ServerVersion?: string;
  Name?: string;
  OperatingSystem?: string;
  NCPU: number;
  MemTotal: number;
  CgroupDriver?: string;
  CgroupVersion?: string;
  CPUShares?: boolean;
  MemoryLimit?: boolean;
  PidsLimit?: boolean;
  SecurityOptions?: string[];
  DockerRootDir?: string;
}

/** @returns absent where it is Podman that answers under Docker's name: kind does not take it for Docker either */
export function readDockerInfo(answer: unknown, system: NodeJS.Platform): ContainerEngine | undefined {
  const info = answer as DockerInfo;
  if (info.ServerVersion === undefined) return undefined;
  // Without a driver nothing is limited, whatever the engine says: https://github.com/moby/moby/issues/42151
  const has: [Controller, boolean | undefined][] = [
    ["cpu", info.CPUShares],
    ["memory", info.MemoryLimit],
    ["pids", info.PidsLimit],
  ];
  const machine = dockerMachine(info, system);
  return {
    name: "docker",
    version: info.ServerVersion,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    rootless: info.SecurityOptions?.some((option) => option.split(",").includes("name=rootless")) ?? false,
    cgroupVersion: info.CgroupVersion === "2" ? 2 : 1,
    lacks: has.flatMap(([name, there]) => (there === false || info.CgroupDriver === "none" ? [name] : [])),
    ...(info.DockerRootDir && { dataFolder: info.DockerRootDir }),
    ...(machine && { machine }),
  };
}

function dockerMachine({ Name, OperatingSystem }: DockerInfo, system: NodeJS.Platform): VirtualMachine | undefined {
  if (OperatingSystem === "Docker Desktop") return "Docker Desktop";
  if (Name === "colima" || Name?.startsWith("colima-")) return "Colima";
  return system === "linux" ? undefined : "a virtual machine";
}

/** `podman info`, as far as it is read. */
interface PodmanInfo {
  version: { Version: string };
  host: {
    cpus: number;
    memTotal: number;
    cgroupVersion: string;
    /** From 4.0 on. */
    cgroupControllers?: string[] | null;
    security: { rootless: boolean };
    serviceIsRemote?: boolean;
  };
  store?: { graphRoot?: string };
}

export function readPodmanInfo(answer: unknown, system: NodeJS.Platform): ContainerEngine {
  const { version, host, store } = answer as PodmanInfo;
  const needed: Controller[] = ["cpu", "memory", "pids"];
  // Older versions do not say, so nothing is known to be missing.
  const known = Number.parseInt(version.Version, 10) >= 4;
  return {
    name: "podman",
    version: version.Version,
    cpus: host.cpus,
    memoryBytes: host.memTotal,
    rootless: host.security.rootless,
    cgroupVersion: host.cgroupVersion === "v2" ? 2 : 1,
    lacks: known ? needed.filter((name) => !(host.cgroupControllers ?? []).includes(name)) : [],
    ...(store?.graphRoot && { dataFolder: store.graphRoot }),
    ...(system !== "linux" && { machine: "Podman machine" as const }),
  };
}
