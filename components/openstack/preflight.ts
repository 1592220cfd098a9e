import { UserError } from "../errors";
import type { OpenStack } from "./client";
import { EsiLeap, type LeapNode, type Lease } from "./esi-leap";
import { Ironic } from "./ironic";
import type { LeaseInputs } from "./lease-provider";
import { granted, ofMark, holds } from "./leases";
import { brokenReason } from "./node-states";
import { brokenNodes, choices } from "./offers";
import { ownerOf } from "./owner";
import { refusalToDeploy } from "./rights";

/** A lease that is going to be asked for. */
export type PlannedLease = Pick<LeaseInputs, "stack" | "name" | "source">;

/**
 * Checks whether nodes can be leased, connected and deployed before anything is claimed, by asking the services for exactly what
 * will be requested. What Ironic lets a lessee do only shows on a node that is held: those nodes are asked here, and a newly
 * claimed one as soon as it is claimed.
 *
 * @throws UserError one sentence about the first thing that is missing, in the service's own words
 */
export async function requireNodes(cloud: OpenStack, leases: PlannedLease[]): Promise<void> {
  await ownerOf(cloud);
  await cloud.request("network", "GET", "/v2.0/networks?limit=1&fields=id");
  await new Ironic(cloud).requireLessees();
  await requireOffers(cloud, leases);
}

/** Those that are held already count. */
async function requireOffers(cloud: OpenStack, leases: PlannedLease[]): Promise<void> {
  const leap = new EsiLeap(cloud);
  const offers = await leap.offers();
  const nodes = await leap.nodes();
  const broken = brokenNodes(nodes);
  const claims: { name: string; nodes: string[] }[] = [];
  for (const { stack, name, source } of leases) {
    const held =
      "uuid" in source ? await granted(cloud, source.uuid) : (await ofMark(cloud, { stack, name })).find(holds);
    if (held) await requireRights(cloud, name, held);
    if (!held && "node" in source) requireUsable(source.node, name, nodes);
    if (held || !("offer" in source)) continue;
    const free = choices(offers, source.offer, source.hours, new Date(), broken).map(
      ({ offer }) => offer.resource_uuid,
    );
    claims.push({ name, nodes: [...new Set(free)] });
  }
  const without = unmatched(claims.map(({ nodes }) => nodes)).map((index) => claims[index]!.name);
  if (without.length === 0) return;
  throw new UserError(
    `No node is on offer for ${without.join(", ")} for so long from now on (to be claimed: ${String(claims.length)}, on offer ` +
      `for that: ${String(claims.length - without.length)}). Nothing was claimed: \`npm run capacity -- ${leases[0]!.stack}\` ` +
      `shows what is free and for how long.`,
  );
}

/** One that its owner names. @throws UserError where nobody can deploy it as it is */
function requireUsable(named: string, name: string, nodes: LeapNode[]): void {
  const node = nodes.find((it) => it.uuid === named || it.name === named);
  const reason = node && brokenReason(node);
  if (!reason) return;
  throw new UserError(
    `Node ${named} (${name}) is ${reason}: put it right first (\`openstack baremetal node show ${named}\`), or name another.`,
  );
}

/** Of a node that has been handed over. */
async function requireRights(
  cloud: OpenStack,
  name: string,
  { status, resource, resource_uuid }: Lease,
): Promise<void> {
  const refusal = status === "active" ? await refusalToDeploy(cloud, resource_uuid) : undefined;
  if (!refusal) return;
  throw new UserError(
    `The account of ${cloud.credentials.name} may not deploy node ${resource ?? resource_uuid} (${name}): ${refusal.message} Ask ` +
      `the site to let lessees do so. Nothing was claimed.`,
    3,
  );
}

/**
 * Gives each claim a node of its own, as many as can be.
 *
 * @param candidates the nodes that each claim could have
 * @returns indexes of the claims for which there is none
 */
export function unmatched(candidates: string[][]): number[] {
  const claimOf = new Map<string, number>();
  const place = (claim: number, tried: Set<string>): boolean =>
    candidates[claim]!.some((node) => {
      if (tried.has(node)) return false;
      tried.add(node);
      const holder = claimOf.get(node);
      if (holder !== undefined && !place(holder, tried)) return false;
      claimOf.set(node, claim);
      return true;
    });
  return candidates.flatMap((_, claim) => (place(claim, new Set()) ? [] : [claim]));
}
