import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../../errors";
import { withExceptions } from "../../proxy";
import { writeYaml } from "../../kubernetes/yaml";
import { findContainerEngine, runKind, type ContainerEngine } from "./container-engine";
import { ensureEngineImage } from "./image-archives";
import { MARK_FOLDER, markPath, renderKindConfig, type KindShape } from "./config";
import {
  clusterOf,
  hasFile,
  isOfStack,
  listAllNodes,
  listNodes,
  markOf,
  startContainers,
  writeFile,
  type Container,
} from "./containers";
import { requireRegistryPort, type KindRegistryInputs } from "./registry-provider";
import { ensureNetwork, removeNetwork } from "./network";
import { requireFreePort } from "./port";
import { run, ToolFailed } from "../tool";

/** Inputs of the nodes of a KinD cluster. */
export interface KindNodesInputs extends KindShape {
  /** Folder of docker archives that holds the node image; nothing is pulled then. */
  archivesFolder?: string;
  /** Image of the nodes where `nodeImage` is not set. */
  defaultNodeImage: string;
  /** The registry that will stand beside the nodes: its port is checked before they are made. */
  registry: Pick<KindRegistryInputs, "name" | "host" | "port">;
  /** Time (ISO 8601) after which anybody's sweep may remove the cluster, written on its network. @default never */
  until?: string;
}

/** What the state holds of them. */
export interface KindNodesState extends KindNodesInputs {
  /** Kubeconfig of the cluster's administrator; a secret. */
  kubeconfig: string;
}

/** A change of any of these is another cluster. */
export const replacedBy = [
  "stack",
  "name",
  "controlPlanes",
  "workers",
  "nodeImage",
  "mounts",
  "ports",
  "network",
] as const;

/** Written into the first node when the cluster is complete: what a killed `up` left behind has none. */
const COMPLETE = `${MARK_FOLDER}/complete`;

/** Seconds that `kind create cluster` may take (it may pull the node image), and that the nodes may take to be ready. */
const CREATE_PATIENCE = 1200;
const READY_PATIENCE = 240;

async function create(inputs: KindNodesInputs): Promise<dynamic.CreateResult<KindNodesState>> {
  const engine = await findContainerEngine();
  let nodes = await listNodes(engine, inputs.name);
  if (await isComplete(engine, nodes, inputs)) {
    await startContainers(engine, nodes);
    await waitUntilReady(engine, nodes, inputs.name);
  } else {
    if (nodes.length > 0) requireOurs(nodes, inputs);
    const image = await requirePrerequisites(engine, inputs);
    if (nodes.length > 0) await removeCluster(engine, inputs.name);
    if (inputs.network) await ensureNetwork(engine, { ...inputs, name: inputs.network });
    await requireFreePorts(engine, inputs);
    await createCluster(engine, inputs, image);
    nodes = await listNodes(engine, inputs.name);
  }
  return { id: idOf(nodes, inputs), outs: await stateOf(engine, inputs) };
}

/** Called by every `up` and preview: what happened to the cluster behind Pulumi's back shows here as a change. */
async function diff(id: string, olds: KindNodesState, news: KindNodesInputs): Promise<dynamic.DiffResult> {
  const replaces: string[] = replacedBy.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
  if (replaces.length > 0) return { changes: true, replaces };
  const nodes = await listNodes(await findContainerEngine(), olds.name);
  if (!isWhole(nodes, olds, id)) return { changes: true, replaces: ["name"] };
  return { changes: nodes.some(({ running }) => !running) };
}

/** Only stopped nodes lead here: every change of the shape is a replacement. */
async function update(id: string, _olds: KindNodesState, news: KindNodesInputs): Promise<dynamic.UpdateResult> {
  const engine = await findContainerEngine();
  const nodes = await listNodes(engine, news.name);
  if (!isWhole(nodes, news, id)) throw new UserError(`Nodes of the kind cluster ${news.name} went away: run it again.`);
  await startContainers(engine, nodes);
  await waitUntilReady(engine, nodes, news.name);
  return { outs: await stateOf(engine, news) };
}

async function read(id: string, state: KindNodesState): Promise<dynamic.ReadResult> {
  const nodes = await listNodes(await findContainerEngine(), state.name);
  return isWhole(nodes, state, id) ? { id, props: state } : { id: "", props: {} };
}

/**
 * A replacement has been made when what it replaces is deleted: `create` itself removes an old cluster of that name.
 * (Were the old one deleted before, the engine would first delete all objects in it one by one, and fails at that.)
 */
async function remove(id: string, state: KindNodesState): Promise<void> {
  const engine = await findContainerEngine();
  const nodes = await listNodes(engine, state.name);
  if (!nodes.some((node) => isOfStack(node, state.stack))) return;
  const isSuccessor = idOf(nodes, state) !== id && (await hasFile(engine, nodes[0]!, COMPLETE));
  if (isSuccessor) return;
  await removeCluster(engine, state.name);
  if (state.network) await removeNetwork(engine, { name: state.network, stack: state.stack });
}

/**
 * Removes every cluster of a stack, also those that no state knows because an `up` was killed while it made them.
 *
 * @returns their names
 */
export async function removeClusters(stack: string): Promise<string[]> {
  const engine = await findContainerEngine();
  const names = new Set((await listAllNodes(engine)).filter((node) => isOfStack(node, stack)).map(clusterOf));
  for (const name of names) await removeCluster(engine, name);
  return [...names];
}

export const provider: dynamic.ResourceProvider = { create, diff, update, read, delete: remove };

function requireOurs(nodes: Container[], shape: KindShape): void {
  if (nodes.some((node) => isOfStack(node, shape.stack))) return;
  throw new UserError(
    `A kind cluster named ${shape.name} exists that stack ${shape.stack} did not make: remove it with ` +
      `\`kind delete cluster --name ${shape.name}\`, or set cluster.name to another name.`,
  );
}

/** A cluster of this shape is there with all its nodes, and was made to the end. */
async function isComplete(engine: ContainerEngine, nodes: Container[], shape: KindShape): Promise<boolean> {
  if (!hasAllNodes(nodes, shape) || !nodes.every((node) => markOf(node) === markPath(shape))) return false;
  return hasFile(engine, nodes[0]!, COMPLETE);
}

/** The very cluster that the state knows is there with all its nodes. */
function isWhole(nodes: Container[], shape: KindShape, id: string): boolean {
  return hasAllNodes(nodes, shape) && idOf(nodes, shape) === id;
}

function hasAllNodes(nodes: Container[], { controlPlanes, workers }: KindShape): boolean {
  return nodes.length === controlPlanes + workers;
}

/** Another for each creation, so that everything in a cluster that was made anew is made anew as well. */
function idOf(nodes: Container[], { name }: KindShape): string {
  return `${name}-${nodes[0]!.id.slice(0, 12)}`;
}

/** @returns the nodes' image as the engine has it */
async function requirePrerequisites(engine: ContainerEngine, inputs: KindNodesInputs): Promise<string> {
  for (const [index, { hostPath }] of inputs.mounts.entries()) {
    const key = `cluster.mounts[${String(index)}].hostPath`;
    if (!path.isAbsolute(hostPath)) throw new UserError(`${key}: found ${hostPath}, expected an absolute path.`);
    if (!existsSync(hostPath)) throw new UserError(`${key}: ${hostPath} is not there.`);
  }
  const archives = inputs.archivesFolder ? { folder: inputs.archivesFolder } : undefined;
  return ensureEngineImage(engine, inputs.nodeImage ?? inputs.defaultNodeImage, "cluster.nodeImage", archives);
}

/** After an old cluster of that name is gone, which may hold them. */
async function requireFreePorts(engine: ContainerEngine, inputs: KindNodesInputs): Promise<void> {
  for (const [index, { host, protocol }] of inputs.ports.entries()) {
    await requireFreePort(host, `cluster.ports[${String(index)}].host`, protocol);
  }
  await requireRegistryPort(engine, inputs.registry);
}

/** kind's default ranges of pods and services, and names inside of a cluster. */
const OWN_RANGES = ["10.244.0.0/16", "10.96.0.0/16", ".svc", ".cluster.local"];

async function createCluster(engine: ContainerEngine, inputs: KindNodesInputs, image: string): Promise<void> {
  // --retain: kind itself would remove the cluster *of that name* when it fails, so a kind that outlived a killed `up`
  // would remove the one that the next `up` is making.
  const args = ["create", "cluster", "--name", inputs.name, "--retain", "--config", "-"];
  const options = {
    input: writeYaml(renderKindConfig(inputs, image)),
    seconds: CREATE_PATIENCE,
    // kind hands this machine's proxy on to its nodes; nothing of the cluster itself is behind it.
    env: {
      ...withExceptions([inputs.registry.host ?? inputs.registry.name, ...OWN_RANGES]),
      ...(inputs.network && { [`KIND_EXPERIMENTAL_${engine.name.toUpperCase()}_NETWORK`]: inputs.network }),
    },
  };
  try {
    await withoutKubeconfig((flags) => runKind(engine, [...args, ...flags], options));
    const nodes = await listNodes(engine, inputs.name);
    await waitUntilReady(engine, nodes, inputs.name);
    await writeFile(engine, nodes[0]!, COMPLETE, "");
  } catch (error) {
    // Why it failed is worth more than why it could not be removed: the next `up` removes what is left.
    await removeCluster(engine, inputs.name).catch(() => undefined);
    throw error;
  }
}

async function removeCluster(engine: ContainerEngine, name: string): Promise<void> {
  await withoutKubeconfig((flags) =>
    runKind(engine, ["delete", "cluster", "--name", name, ...flags], { seconds: 180 }),
  );
}

/** kind writes a kubeconfig whether asked or not: into a folder that goes away, never into the user's. */
async function withoutKubeconfig(act: (flags: string[]) => Promise<unknown>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "okd-streams-"));
  try {
    await act(["--kubeconfig", path.join(folder, "kubeconfig")]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function waitUntilReady(engine: ContainerEngine, nodes: Container[], cluster: string): Promise<void> {
  const deadline = Date.now() + READY_PATIENCE * 1000;
  const args = ["exec", nodes[0]!.id, "kubectl", "wait", "nodes", "--all", "--for=condition=Ready", "--timeout=10s"];
  for (;;) {
    try {
      await run(engine.name, args, { seconds: 30 });
      return;
    } catch (error) {
      if (!(error instanceof ToolFailed)) throw error;
      if (Date.now() > deadline) {
        throw new UserError(
          `The nodes of kind cluster ${cluster} were not ready within ${String(READY_PATIENCE)} s: ${error.why}.`,
        );
      }
      await sleep(1000);
    }
  }
}

async function stateOf(engine: ContainerEngine, inputs: KindNodesInputs): Promise<KindNodesState> {
  return { ...inputs, kubeconfig: await runKind(engine, ["get", "kubeconfig", "--name", inputs.name]) };
}
