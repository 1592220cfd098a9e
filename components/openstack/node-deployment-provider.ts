import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../errors";
import { openStack } from "./client";
import { Ironic, type Node } from "./ironic";
import { markIn, properties, type Mark } from "./marks";
import { waitFor } from "./wait";

/** What a node boots. */
export type NodeSource =
  /** An ISO by virtual media: a URL that Ironic reaches, or `glance://<uuid>`. */
  | { iso: string }
  /** An image written to its disk: a URL with its checksum (SHA-256), or an image's uuid in Glance. */
  | { image: string; checksum?: string };

/** Inputs of what runs on a node. */
export interface NodeDeploymentInputs extends Mark {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** Uuid of the node. */
  node: string;
  source: NodeSource;
  /** Ids of the connections that have to be there first. A change of them is another deployment. */
  attachments: string[];
  /** cloud-init's user data, for an image. @default none */
  userData?: string;
  /** Minutes that it may take until the node is active. @default 60 */
  deployMinutes?: number;
  /** Minutes that undeploying and cleaning may take. @default 90 */
  cleanMinutes?: number;
}

/** What the state holds of it; the id is the node's. */
export type NodeDeploymentState = NodeDeploymentInputs;

/** A change of any of these deploys anew. */
const IDENTITY = ["cloud", "stack", "name", "node", "source", "attachments", "userData"] as const;

/** Ironic is at work, and comes to an end by itself. */
const UNDER_WAY = [
  "deploying",
  "wait call-back",
  "deploying hold",
  "deploy hold",
  "deleting",
  "cleaning",
  "clean wait",
  "clean hold",
  "verifying",
];
/** Nothing of ours is on the node. */
const FREE = ["available", "manageable", "enroll", "clean failed", "cleaning", "clean wait", "clean hold"];

const DIGEST = "okd-streams-digest";

async function create(inputs: NodeDeploymentInputs): Promise<dynamic.CreateResult<NodeDeploymentState>> {
  await deploy(new Ironic(openStack(inputs.cloud)), inputs);
  return { id: inputs.node, outs: inputs };
}

async function diff(id: string, olds: NodeDeploymentState, news: NodeDeploymentInputs): Promise<dynamic.DiffResult> {
  const anew = (replaces: string[]) => ({ changes: true, replaces, deleteBeforeReplace: true });
  const replaces = IDENTITY.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
  if (replaces.length > 0) return anew(replaces);
  const node = await new Ironic(openStack(olds.cloud)).node(id);
  // Undeployed by its owner, or something else was deployed: what ran there is gone.
  if (!node || !(node.provision_state === "active" && bears(node, olds))) return anew(["name"]);
  return { changes: olds.deployMinutes !== news.deployMinutes || olds.cleanMinutes !== news.cleanMinutes };
}

async function update(
  _id: string,
  _olds: NodeDeploymentState,
  news: NodeDeploymentInputs,
): Promise<dynamic.UpdateResult<NodeDeploymentState>> {
  return { outs: news };
}

async function read(
  id: string,
  state: NodeDeploymentState,
): Promise<dynamic.ReadResult<NodeDeploymentState | Record<string, never>>> {
  const node = await new Ironic(openStack(state.cloud)).node(id);
  return node && !FREE.includes(node.provision_state) && bears(node, state)
    ? { id, props: state }
    : { id: "", props: {} };
}

async function remove(id: string, state: NodeDeploymentState): Promise<void> {
  await undeploy(new Ironic(openStack(state.cloud)), id, state);
}

export const provider: dynamic.ResourceProvider = { create, diff, update, read, delete: remove };

/**
 * Leads a node from whatever state it is in to an active one with our source. Each request is preceded by a look: what an
 * earlier run has asked for is waited for, what failed in an earlier run is cleared away first.
 */
async function deploy(ironic: Ironic, inputs: NodeDeploymentInputs): Promise<void> {
  const { node: id, deployMinutes = 60, cleanMinutes = 90 } = inputs;
  let asked = false;
  let last = "";
  const done = await waitFor(async () => {
    const node = await present(ironic, inputs);
    last = node.provision_state;
    if (UNDER_WAY.includes(last)) return undefined;
    switch (last) {
      case "active":
        if (bears(node, inputs)) return true;
        if (!isOurs(node, inputs))
          throw new UserError(
            `${nameOf(node)} runs something that stack ${inputs.stack} did not deploy: undeploy it, or give its lease back.`,
          );
        await ironic.provision(id, "deleted");
        return undefined;
      case "available":
        if (asked)
          throw new UserError(
            `${nameOf(node)} became available again while ${inputs.name} was deployed on it: somebody undeployed it. Run it again.`,
          );
        requireUsable(node);
        await ironic.setInstanceInfo(id, instanceInfo(inputs));
        await ironic.provision(id, "active", configDriveOf(inputs));
        asked = true;
        return undefined;
      case "manageable":
        requireUsable(node);
        await ironic.provision(id, "provide");
        return undefined;
      case "deploy failed":
      case "error":
        if (asked)
          throw new UserError(
            `${nameOf(node)} could not be deployed${reason(node)}. Run it again, which undeploys it and tries anew; if that fails too, give its lease back.`,
          );
        await ironic.provision(id, "deleted");
        return undefined;
      case "clean failed":
        throw new UserError(
          `${nameOf(node)} could not be cleaned${reason(node)}: only its owner can mend that. Give its lease back and claim another.`,
        );
      default:
        throw new UserError(
          `${nameOf(node)} is in state ${last}, which it does not leave by itself: ask its owner, or give its lease back.`,
        );
    }
  }, deployMinutes + cleanMinutes);
  if (!done)
    throw new UserError(
      `Node ${id} (${inputs.name}) was still ${last} after ${String(deployMinutes + cleanMinutes)} min: run it again, which waits on.`,
    );
}

/**
 * Until nothing of the stack runs on the node and it was cleaned. A node that is not ours any more has nothing of ours; one
 * that cannot be cleaned neither: that is its owner's matter, and must not keep the rest from being given back.
 */
export async function undeploy(ironic: Ironic, id: string, mark: Mark & { cleanMinutes?: number }): Promise<void> {
  const { cleanMinutes = 90 } = mark;
  let last = "";
  const done = await waitFor(async () => {
    const node = await ironic.node(id);
    if (!node) return true;
    last = node.provision_state;
    if (["available", "manageable", "enroll", "clean failed"].includes(last)) return true;
    if (["active", "deploy failed", "error", "wait call-back", "deploy hold"].includes(last)) {
      // What others put there after us is theirs.
      if (last === "active" && !isOurs(node, mark)) return true;
      await ironic.provision(id, "deleted");
    }
    return undefined;
  }, cleanMinutes);
  if (!done)
    throw new UserError(
      `Node ${id} (${mark.name}) was still ${last} after ${String(cleanMinutes)} min: run it again, which waits on.`,
    );
}

/** What Ironic is told of the deployment, with our mark, by which a later run knows it. */
export function instanceInfo(inputs: NodeDeploymentInputs): Record<string, unknown> {
  const { source } = inputs;
  const what =
    "iso" in source
      ? { deploy_interface: "ramdisk", boot_iso: source.iso }
      : {
          image_source: source.image,
          ...(source.checksum && { image_os_hash_algo: "sha256", image_os_hash_value: source.checksum }),
        };
  return { ...what, ...properties(inputs), [DIGEST]: digestOf(inputs) };
}

function digestOf({ source, userData, attachments }: NodeDeploymentInputs): string {
  const text = JSON.stringify([source, userData ?? "", attachments]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function configDriveOf({ name, source, userData }: NodeDeploymentInputs): object | undefined {
  if ("iso" in source) return undefined;
  return { meta_data: { hostname: name, name }, user_data: userData ?? "", network_data: {} };
}

function isOurs({ instance_info }: Node, { stack, name }: Mark): boolean {
  return isDeepStrictEqual(markIn(instance_info), { stack, name });
}

/** It is what these inputs ask for. */
function bears(node: Node, inputs: NodeDeploymentInputs): boolean {
  return isOurs(node, inputs) && node.instance_info[DIGEST] === digestOf(inputs);
}

async function present(ironic: Ironic, { node: id, name }: NodeDeploymentInputs): Promise<Node> {
  const node = await ironic.node(id);
  if (node) return node;
  throw new UserError(`Node ${id} (${name}) is not ours or not there: does its lease last?`);
}

function requireUsable(node: Node): void {
  if (node.maintenance)
    throw new UserError(
      `${nameOf(node)} is in maintenance: only its owner can end that. Give its lease back and claim another.`,
    );
}

function nameOf({ name, uuid }: Node): string {
  return `Node ${name ?? uuid}`;
}

function reason({ last_error }: Node): string {
  return !last_error || /Redacted/.test(last_error)
    ? " (Ironic shows the reason to its owner only)"
    : `: ${last_error.replace(/\s+/g, " ").replace(/\.$/, "")}`;
}
