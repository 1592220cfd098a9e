import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { openStack, type OpenStack } from "./client";
import { keepOnFailure, UNKNOWN_ID } from "./converge";
import { deploy, deploymentOf, type Deployment } from "./deployment";
import { Glance } from "./glance";
import { Ironic, type Node } from "./ironic";
import { isBeingDeployed, isInterrupted, isRunning } from "./node-states";
import { requireOwner, type Owned, type Owner } from "./owner";
import { undeploy } from "./undeploy";
import { waitFor } from "./wait";
import { proxiedFetch } from "../fetch";
import { UserError } from "../errors";

/** Inputs of what runs on a node. */
export interface NodeDeploymentInputs extends Deployment {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
}

/** What the state holds of it. */
export type NodeDeploymentState = NodeDeploymentInputs & Owned;

/** A change of any of these deploys anew. */
export const replacedBy = ["stack", "name", "node", "source", "attachments", "userData"] as const;

/** What changes nothing at the node. */
const WRITTEN_DOWN = ["cloud", "deployMinutes", "cleanMinutes"] as const;

/** Minutes that a machine may take to be switched on. */
const SWITCH_ON = 10;

const IN_GLANCE = "glance://";

/** How long a look for an ISO may take, which a web server for the nodes' management need not answer from here. */
const LOOK_MS = 5_000;

async function create(inputs: NodeDeploymentInputs): Promise<dynamic.CreateResult<NodeDeploymentState>> {
  const { ironic, account } = await accountOf(inputs);
  const state = { ...inputs, account };
  const node = await ironic.node(inputs.node);
  if (!node || !isRunning(node) || !deploymentOf(node, inputs)) await requireIso(inputs, { unknown: true });
  // Whatever state the node is left in: `undeploy` knows it by its mark.
  const id = await keepOnFailure(UNKNOWN_ID, state, () => deploy(ironic, inputs));
  return { id, outs: state };
}

/** A node on which the deployment runs, whatever somebody is about with it, is left as it is. */
async function diff(id: string, olds: NodeDeploymentState, news: NodeDeploymentInputs): Promise<dynamic.DiffResult> {
  const { ironic } = await accountOf(news, olds);
  const node = await ironic.node(olds.node);
  const fate = fateOf(node, id, olds);
  const anew = async (replaces: string[]) => {
    // What runs was perhaps installed from it: it is given up only for an ISO that is known to be there.
    if (isDeepStrictEqual(olds.source, news.source)) await requireIso(news, { unknown: fate === "gone" });
    return { changes: true, replaces, deleteBeforeReplace: true };
  };
  const replaces = replacedBy.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
  if (replaces.length > 0) return anew(replaces);
  if (fate === "gone") {
    const now = node ? `is ${node.provision_state} without it` : "is not ours any more";
    console.error(`${olds.name} does not run: node ${node?.name ?? olds.node} ${now}. It is deployed anew.`);
    return anew(["node"]);
  }
  if (isInterrupted(node!)) {
    console.error(`${olds.name} is left as it is: node ${node!.name ?? olds.node} is ${node!.provision_state}.`);
  }
  const noted = !olds.account || WRITTEN_DOWN.some((key) => olds[key] !== news[key]);
  return { changes: noted || fate === "on its way" || isOff(node!) };
}

/** Other limits, a node that was switched off, and one that is still being deployed. */
async function update(
  id: string,
  olds: NodeDeploymentState,
  news: NodeDeploymentInputs,
): Promise<dynamic.UpdateResult<NodeDeploymentState>> {
  const { ironic, account } = await accountOf(news, olds);
  const now = () => ironic.node(news.node);
  if (fateOf(await now(), id, news) === "on its way") await deploy(ironic, news);
  const node = await now();
  if (node && isOff(node)) {
    await ironic.power(news.node, "power on");
    const on = await waitFor(async () => ((await now())?.power_state === "power off" ? undefined : true), SWITCH_ON);
    if (!on) throw new UserError(`Node ${news.node} (${news.name}) is still off after ${String(SWITCH_ON)} min.`);
  }
  return { outs: { ...news, account } };
}

async function read(
  id: string,
  state: NodeDeploymentState,
): Promise<dynamic.ReadResult<NodeDeploymentState | Record<string, never>>> {
  const { ironic, account } = await accountOf(state, state);
  const node = await ironic.node(state.node);
  return fateOf(node, id, state) === "gone" ? { id: "", props: {} } : { id, props: { ...state, account } };
}

/** Also what was being deployed when an earlier run was killed. */
async function remove(_id: string, state: NodeDeploymentState): Promise<void> {
  const { ironic } = await accountOf(state, state);
  await undeploy(ironic, state.node, state, state.cleanMinutes);
}

export const provider: dynamic.ResourceProvider = { create, diff, update, read, delete: remove };

/** @throws UserError where it is another account's */
async function accountOf(
  { cloud, name }: Pick<NodeDeploymentInputs, "cloud" | "name">,
  { account: owner }: Owned = {},
): Promise<{ ironic: Ironic; account: Owner }> {
  const openstack = openStack(cloud);
  return { ironic: new Ironic(openstack), account: await requireOwner(openstack, name, owner) };
}

/** What has become of a deployment. Undeploying takes its id off the node. */
function fateOf(node: Node | undefined, id: string, wanted: Deployment): "runs" | "on its way" | "gone" {
  if (!node || deploymentOf(node, wanted) !== id) return "gone";
  if (isRunning(node)) return "runs";
  return isBeingDeployed(node) ? "on its way" : "gone";
}

/** Who has a node in rescue may have it off. */
function isOff(node: Node): boolean {
  return node.provision_state === "active" && node.power_state === "power off";
}

/**
 * An ISO goes when what it installs is installed: a node of that cluster is not deployed from it again.
 *
 * @param unknown whether one will do of which nobody here can say whether it is there
 * @throws UserError where it is known to be gone
 */
async function requireIso(
  { cloud, stack, name, source }: NodeDeploymentInputs,
  { unknown }: { unknown: boolean },
): Promise<void> {
  if (!("iso" in source)) return;
  const fault = await faultOf(openStack(cloud), source.iso);
  if (!fault || (unknown && fault !== "gone")) return;
  const found =
    fault === "gone"
      ? "an ISO that is there no longer, as what it installed is installed"
      : `an ISO of which it cannot be told whether it is there (${source.iso}: ${fault})`;
  throw new UserError(
    `${name} would be deployed from ${found}: its node is left as it is. Put it right by hand (\`openstack baremetal node ` +
      `show\`), or \`npm run destroy -- ${stack}\` and begin anew.`,
  );
}

/** Why an ISO is not known to be there, if so. Who does not answer from here may answer Ironic. */
async function faultOf(cloud: OpenStack, iso: string): Promise<string | undefined> {
  if (iso.startsWith(IN_GLANCE)) return (await new Glance(cloud).has(iso.slice(IN_GLANCE.length))) ? undefined : "gone";
  try {
    const { ok, status } = await proxiedFetch(iso, { method: "HEAD", signal: AbortSignal.timeout(LOOK_MS) });
    if (ok) return undefined;
    return status === 404 || status === 410 ? "gone" : `it answered ${String(status)}`;
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    return cause?.message || message;
  }
}
