import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../../components/errors";
import {
  elsewhereSentence,
  lookForContainerEngine,
  type ContainerEngine,
} from "../../components/clusters/kind/container-engine";
import { isNodeOf, listRunning, isNode, kvmIn, type Container } from "../../components/clusters/kind/containers";
import { tryPort } from "../../components/clusters/kind/port";
import type { ContainerEngine as EngineFacts, Facts, Port } from "./facts";

/** A port that the stack will publish. */
export interface WantedPort {
  port: number;
  protocol: "TCP" | "UDP";
  use: string;
  /** Whether the container is one of the stack's, which may hold it already. */
  mayHold: (container: Container) => boolean;
}

/** What a stack has on this machine. */
export interface WantedHere {
  ports: WantedPort[];
  nodes: { cluster: string; controlPlanes: number; workers: number };
}

const GIB = 1024 ** 3;

/** What containers of this machine are made with: the engine, and what it says of those that run. */
export async function collectLocal(
  wanted?: WantedHere,
): Promise<Pick<Facts, "engine" | "nodes" | "inotify" | "ports"> & { dataFolder?: string }> {
  const { facts, engine } = await lookForEngine();
  const containers = engine && (await listRunning(engine).catch(ignoreFailure));
  // What runs in a virtual machine has the disk and the limits of that.
  const here = engine && !engine.machine;
  return {
    engine: facts,
    ports: await Promise.all((wanted?.ports ?? []).map((port) => portFact(port, containers))),
    ...(wanted && containers && { nodes: await nodeFacts(wanted.nodes, containers, engine) }),
    ...(here && { inotify: inotifyLimit(), dataFolder: engine.dataFolder }),
  };
}

async function lookForEngine(): Promise<{ facts?: EngineFacts; engine?: ContainerEngine }> {
  const finding = await lookForContainerEngine().catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
  if (finding instanceof UserError) {
    const name = process.env.KIND_EXPERIMENTAL_PROVIDER ?? "";
    return {
      facts: { name, running: false, problem: "is none that this project knows: unset KIND_EXPERIMENTAL_PROVIDER" },
    };
  }
  const { name, state } = finding;
  if (state === "missing") return {};
  if (state === "silent") return { facts: { name, running: false } };
  if (state === "elsewhere") return { facts: { name, running: false, problem: elsewhereSentence(finding) } };
  const { engine } = finding;
  const { version, cgroupVersion, rootless, lacks, machine, cpus, memoryBytes } = engine;
  const facts = {
    name,
    running: true,
    version,
    cgroup: cgroupVersion,
    rootless,
    lacks,
    cpus,
    memoryGiB: memoryBytes / GIB,
  };
  return { engine, facts: { ...facts, ...(machine && { machine }) } };
}

/** An engine that cannot be asked says nothing: neither that a port is somebody's, nor that it is nobody's. */
function ignoreFailure(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
}

async function portFact(wanted: WantedPort, containers: Container[] | undefined): Promise<Port> {
  const { port, protocol, use, mayHold } = wanted;
  const fact = (holder: Port["holder"], container?: string) => ({
    port,
    ...(protocol === "UDP" && { protocol }),
    use,
    holder,
    ...(container !== undefined && { container }),
  });
  const holder = containers?.find(({ published }) =>
    published.some((place) => place.port === port && place.protocol === protocol),
  );
  if (holder) return fact(mayHold(holder) ? "ours" : "somebody", holder.name);
  const state = await tryPort(port, protocol);
  if (state === "in use") return fact(containers ? "somebody" : "unknown");
  return fact(state === "free" ? "nobody" : "untried");
}

async function nodeFacts(
  { cluster, controlPlanes, workers }: WantedHere["nodes"],
  containers: Container[],
  engine: ContainerEngine,
): Promise<Facts["nodes"]> {
  const ours = containers.filter((container) => isNodeOf(container, cluster));
  const running = containers.filter(isNode).length;
  const kvm = ours[0] && (await kvmIn(engine, ours[0]).catch(ignoreFailure));
  return {
    controlPlanes,
    workers,
    pending: Math.max(0, controlPlanes + workers - ours.length),
    running,
    ...(kvm && { kvm }),
  };
}

function inotifyLimit(): number | undefined {
  const file = "/proc/sys/fs/inotify/max_user_instances";
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}
