import { UserError } from "../../errors";
import type { OpenStack } from "../../openstack/client";
import { EsiLeap } from "../../openstack/esi-leap";
import { Ironic, type Node } from "../../openstack/ironic";
import { isForSource } from "../../openstack/lease-provider";
import { holds, ofMark } from "../../openstack/leases";
import { markIn } from "../../openstack/marks";
import { isRunning } from "../../openstack/node-states";
import type { PlannedLease } from "../../openstack/preflight";
import { isIsoPublished, type IsoServer } from "./iso";
import { isControlPlane } from "./layout";

/** A cluster that OKD is to run on. */
export interface WantedCluster {
  stack: string;
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** Its nodes, and what they are on. */
  leases: PlannedLease[];
  /** A web server of the user's that its ISO is on. @default Glance */
  server?: IsoServer;
}

/**
 * Whether OKD is installed for a stack: nodes bear its deployments, and the ISO, which exists only during an installation, is
 * gone.
 *
 * @throws UserError where an installed cluster is to have other nodes, or other machines, than it has: that would need its ISO
 */
export async function isInstalled(
  account: OpenStack,
  { stack, cloud, leases, server }: WantedCluster,
): Promise<boolean> {
  const runs = new Map<string, Node>();
  for (const node of await new Ironic(account).nodes()) {
    const mark = isRunning(node) ? markIn(node.instance_info) : undefined;
    if (mark?.stack === stack) runs.set(mark.name, node);
  }
  if (runs.size === 0 || (await isIsoPublished({ cloud, stack, name: "iso", server }, account))) return false;
  requireSameNames(stack, [...runs.keys()], leases);
  for (const lease of leases) await requireSameMachine(account, runs.get(lease.name)!, lease);
  return true;
}

function requireSameNames(stack: string, runs: string[], leases: PlannedLease[]): void {
  const wanted = leases.map(({ name }) => name);
  const missing = wanted.filter((name) => !runs.includes(name));
  const left = runs.filter((name) => !wanted.includes(name)).sort();
  if (missing.length + left.length === 0) return;
  throw new UserError(
    `OKD of stack ${stack} is installed on ${String(runs.length)} nodes, and cluster.nodes asks for ${String(wanted.length)} (or one was ` +
      `lost): ${remedyOf(stack, missing, left)}. Nothing was changed.`,
  );
}

function remedyOf(stack: string, missing: string[], left: string[]): string {
  if (missing.length > 0) {
    return (
      `${missing.join(", ")} would be claimed and could not join: nodes are added by the cluster's own means ` +
      `(\`oc adm node-image create\`)`
    );
  }
  const members = left.filter(isControlPlane);
  if (members.length > 0) {
    return `${members.join(", ")} would be wiped with a member of etcd: control planes stay, so leave cluster.nodes.controlPlanes as it was`;
  }
  return `${left.join(", ")} would be wiped while the cluster counts on it: \`npm run give-back -- ${stack} ${left.at(-1)!}\` takes a worker out first`;
}

async function requireSameMachine(account: OpenStack, node: Node, lease: PlannedLease): Promise<void> {
  const asked = await otherThanHeld(account, node, lease);
  if (asked === undefined) return;
  const { stack, name } = lease;
  throw new UserError(
    `OKD of stack ${stack} is installed, and its ${name} is ${node.name ?? node.uuid}, but ${asked}: that would wipe it, and what ` +
      `took its place could not join. Undo the change, or \`npm run destroy -- ${stack}\` first. Nothing was changed.`,
  );
}

/** What settings ask for instead of the machine that a node of the cluster is on. */
async function otherThanHeld(account: OpenStack, node: Node, lease: PlannedLease): Promise<string | undefined> {
  const { source } = lease;
  if ("uuid" in source) {
    const { resource_uuid } = (await new EsiLeap(account).lease(source.uuid)) ?? {};
    return resource_uuid === node.uuid ? undefined : `cluster.nodes.leases has lease ${source.uuid} for it`;
  }
  if ("node" in source) {
    return [node.uuid, node.name].includes(source.node) ? undefined : `cluster.nodes.own has ${source.node} for it`;
  }
  const held = (await ofMark(account, lease)).find(holds);
  if (held && isForSource(held, source)) return undefined;
  return held
    ? "cluster.nodes asks for another resourceClass or other properties than it was claimed by"
    : "cluster.nodes asks for a machine that is claimed";
}
