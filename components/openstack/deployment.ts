import { randomUUID } from "node:crypto";
import { UserError } from "../errors";
import { ask } from "./converge";
import type { Ironic, Node, Target } from "./ironic";
import { DIGEST, digestOf, properties, type Mark } from "./marks";
import { isInterrupted, isMoving, isRunning } from "./node-states";
import { CLEAN_MINUTES, isOurs } from "./undeploy";
import { requireDiskNext } from "./next-boot";
import { waitFor } from "./wait";

/** What a node boots. */
export type NodeSource =
  /** An ISO, by virtual media or iPXE as the node has it: a URL that Ironic reaches, or `glance://<uuid>`. */
  | { iso: string }
  /** An image written to its disk: a URL with its checksum (SHA-256), or an image's uuid in Glance. */
  | { image: string; checksum?: string };

/** What is to run on a node. */
export interface Deployment extends Mark {
  /** Uuid of the node. */
  node: string;
  source: NodeSource;
  /** Ids of the connections that have to be there first. A change of them is another deployment. */
  attachments: string[];
  /** Uuid of the network card that they are at. @default one that Ironic chooses */
  card?: string;
  /** cloud-init's user data, for an image. @default none */
  userData?: string;
  /** Minutes that it may take until the node is active. @default 60 */
  deployMinutes?: number;
  /** Minutes that undeploying and cleaning may take. @default 90 */
  cleanMinutes?: number;
}

/** In `instance_info`, which undeploying empties. */
const DEPLOYMENT = "okd-streams-deployment";

/**
 * Takes a node from any state to an active one with our source. Each request follows a look at the node: what an earlier run
 * requested is waited for, and what failed in an earlier run is cleared away first.
 *
 * @returns the deployment's id
 * @throws UserError that says what became of the node and what to do
 */
export async function deploy(ironic: Ironic, wanted: Deployment): Promise<string> {
  const { node: id, name, deployMinutes = 60, cleanMinutes = CLEAN_MINUTES } = wanted;
  const minutes = deployMinutes + cleanMinutes;
  let asked = false;
  let last = "";
  const done = await waitFor(async () => {
    const node = await present(ironic, wanted);
    last = node.provision_state;
    if (isRunning(node) && deploymentOf(node, wanted)) return node;
    if (isMoving(node)) return undefined;
    if (asked) requireOnItsWay(node, wanted);
    const target = nextOf(node, wanted);
    if (target === "active" && "iso" in wanted.source) await requireDiskNext(ironic, id);
    if (target === "active") await connect(ironic, wanted);
    // What a killed run has told Ironic is right still: undeploying would have emptied it.
    if (target === "active" && !deploymentOf(node, wanted)) await ironic.setInstanceInfo(id, instanceInfo(wanted));
    const configDrive = target === "active" ? configDriveOf(wanted) : undefined;
    const outcome = await ask(() => ironic.provision(id, target, configDrive));
    // Asked for again it would be held again.
    if (target === "abort" && asked) requireNotHeld(node, wanted);
    asked = target === "active" && outcome === "answered";
    return undefined;
  }, minutes);
  if (done) return deploymentOf(done, wanted)!;
  throw new UserError(
    `Node ${id} (${name}) was still ${last} after ${String(minutes)} min: run it again, which waits on.`,
  );
}

/** Undeploying what ran there before took the connections off. */
async function connect(ironic: Ironic, { node: id, attachments, card }: Deployment): Promise<void> {
  const attached = await ironic.attached(id);
  for (const port of attachments.filter((it) => !attached.includes(it))) await ironic.attach(id, port, card);
}

/** Which deployment of just this the node bears; undefined where it bears another or none. */
export function deploymentOf(node: Node, wanted: Deployment): string | undefined {
  const bears = isOurs(node, wanted) && node.instance_info[DIGEST] === contentOf(wanted);
  return bears ? deploymentIn(node) : undefined;
}

/** Which deployment the node bears, whatever it is of. */
export function deploymentIn({ instance_info }: Node): string | undefined {
  const { [DEPLOYMENT]: deployment } = instance_info;
  return typeof deployment === "string" ? deployment : undefined;
}

/** What Ironic is told of the deployment, with our mark, by which a later run knows it. */
export function instanceInfo(wanted: Deployment, deployment: string = randomUUID()): Record<string, unknown> {
  const { source } = wanted;
  const what =
    "iso" in source
      ? { deploy_interface: "ramdisk", boot_iso: source.iso }
      : {
          image_source: source.image,
          ...(source.checksum && { image_os_hash_algo: "sha256", image_os_hash_value: source.checksum }),
        };
  return { ...what, ...properties(wanted), [DIGEST]: contentOf(wanted), [DEPLOYMENT]: deployment };
}

function contentOf({ source, userData, attachments }: Deployment): string {
  return digestOf([source, userData ?? "", attachments]);
}

function configDriveOf({ name, source, userData }: Deployment): object | undefined {
  if ("iso" in source) return undefined;
  return { meta_data: { hostname: name, name }, user_data: userData ?? "", network_data: {} };
}

async function present(ironic: Ironic, { node: id, name }: Deployment): Promise<Node> {
  const node = await ironic.node(id);
  if (node) return node;
  throw new UserError(`Node ${id} (${name}) is not ours any more, or not there: its lease has ended. Run it again.`);
}

/** It was asked to deploy by this very run: any state of rest but the active one is a failure. */
function requireOnItsWay(node: Node, { name }: Deployment): void {
  if (node.provision_state === "available") {
    throw new UserError(
      `${nameOf(node)} became available again while ${name} was deployed on it: somebody undeployed it. Run it again.`,
    );
  }
  if (!["deploy failed", "error"].includes(node.provision_state)) return;
  throw new UserError(
    `${nameOf(node)} could not be deployed${reason(node)}. Run it again, which undeploys it and tries anew; if that ` +
      `fails too, give its lease back.`,
  );
}

function requireNotHeld(node: Node, { name }: Deployment): never {
  throw new UserError(
    `${nameOf(node)} was held by a deploy step of the site's while ${name} was deployed on it, and that was aborted: ask its ` +
      `owner for what it waits, then run it again.`,
  );
}

/** What a node is asked for next, in a state that it does not leave by itself. */
function nextOf(node: Node, wanted: Deployment): Target {
  const state = node.provision_state;
  if (isRunning(node)) {
    if (!isOurs(node, wanted)) {
      throw new UserError(
        `${nameOf(node)} runs something that stack ${wanted.stack} did not deploy (it is ${state}): undeploy it, or give its lease back.`,
      );
    }
    if (!isInterrupted(node)) return "deleted";
    throw new UserError(
      `${nameOf(node)} runs another deployment of ${wanted.name} and is ${state}: end that first, so that it is active again, ` +
        `and run it again.`,
    );
  }
  if (node.maintenance && state !== "clean failed") {
    throw new UserError(
      `${nameOf(node)} is in maintenance: its owner can end that, or you where the site lets lessees ` +
        `(\`openstack baremetal node maintenance unset\`). Else give its lease back and claim another.`,
    );
  }
  switch (state) {
    case "available":
      return "active";
    case "manageable":
      return "provide";
    case "inspect failed":
      return "manage";
    case "deploy failed":
    case "error":
      return "deleted";
    case "deploy hold":
      return "abort";
    case "clean failed":
      throw new UserError(
        `${nameOf(node)} could not be cleaned${reason(node)}: only its owner can mend that. Give its lease back and claim another.`,
      );
    default:
      throw new UserError(
        `${nameOf(node)} is in state ${state}, which it does not leave by itself: ask its owner, or give its lease back.`,
      );
  }
}

function nameOf({ name, uuid }: Node): string {
  return `Node ${name ?? uuid}`;
}

function reason({ last_error }: Node): string {
  return !last_error || /Redacted/.test(last_error)
    ? " (Ironic shows the reason to its owner only)"
    : `: ${last_error.replace(/\s+/g, " ").replace(/\.$/, "")}`;
}
