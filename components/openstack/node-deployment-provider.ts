import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { openStack } from "./client";
import { keepOnFailure, UNKNOWN_ID } from "./converge";
import { deploy, deploymentOf, type Deployment } from "./deployment";
import { Ironic, type Node } from "./ironic";
import { undeploy } from "./undeploy";
import { waitFor } from "./wait";
import { UserError } from "../errors";

/** Inputs of what runs on a node. */
export interface NodeDeploymentInputs extends Deployment {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
}

/** What the state holds of it. */
export type NodeDeploymentState = NodeDeploymentInputs;

/** A change of any of these deploys anew. */
const IDENTITY = ["cloud", "stack", "name", "node", "source", "attachments", "userData"] as const;

/** Minutes that a machine may take to be switched on. */
const SWITCH_ON = 10;

async function create(inputs: NodeDeploymentInputs): Promise<dynamic.CreateResult<NodeDeploymentState>> {
  // Whatever state the node is left in: `undeploy` knows it by its mark.
  const id = await keepOnFailure(UNKNOWN_ID, inputs, () => deploy(ironicOf(inputs), inputs));
  return { id, outs: inputs };
}

async function diff(id: string, olds: NodeDeploymentState, news: NodeDeploymentInputs): Promise<dynamic.DiffResult> {
  const anew = (replaces: string[]) => ({ changes: true, replaces, deleteBeforeReplace: true });
  const replaces = IDENTITY.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
  if (replaces.length > 0) return anew(replaces);
  const node = await ironicOf(olds).node(olds.node);
  if (!node || !runs(node, id, olds)) {
    const now = node ? `is ${node.provision_state} without it` : "is not ours any more";
    console.error(`${olds.name} does not run: node ${node?.name ?? olds.node} ${now}. It is deployed anew.`);
    return anew(["node"]);
  }
  const limits = olds.deployMinutes !== news.deployMinutes || olds.cleanMinutes !== news.cleanMinutes;
  return { changes: limits || node.power_state === "power off" };
}

/** Other limits, and a node that was switched off. */
async function update(
  _id: string,
  _olds: NodeDeploymentState,
  news: NodeDeploymentInputs,
): Promise<dynamic.UpdateResult<NodeDeploymentState>> {
  const ironic = ironicOf(news);
  const isOff = async () => (await ironic.node(news.node))?.power_state === "power off";
  if (await isOff()) {
    await ironic.power(news.node, "power on");
    const on = await waitFor(async () => ((await isOff()) ? undefined : true), SWITCH_ON);
    if (!on) throw new UserError(`Node ${news.node} (${news.name}) is still off after ${String(SWITCH_ON)} min.`);
  }
  return { outs: news };
}

async function read(
  id: string,
  state: NodeDeploymentState,
): Promise<dynamic.ReadResult<NodeDeploymentState | Record<string, never>>> {
  const node = await ironicOf(state).node(state.node);
  return node && runs(node, id, state) ? { id, props: state } : { id: "", props: {} };
}

/** Also what was being deployed when an earlier run was killed. */
async function remove(_id: string, state: NodeDeploymentState): Promise<void> {
  await undeploy(ironicOf(state), state.node, state, state.cleanMinutes);
}

export const provider: dynamic.ResourceProvider = { create, diff, update, read, delete: remove };

function ironicOf({ cloud }: { cloud: string }): Ironic {
  return new Ironic(openStack(cloud));
}

function runs(node: Node, id: string, wanted: Deployment): boolean {
  return node.provision_state === "active" && deploymentOf(node, wanted) === id;
}
