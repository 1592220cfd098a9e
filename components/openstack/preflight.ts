import { UserError } from "../errors";
import type { OpenStack } from "./client";
import { EsiLeap } from "./esi-leap";
import { Ironic } from "./ironic";
import type { LeaseInputs } from "./lease-provider";
import { granted, ofMark, holds } from "./leases";
import { choices } from "./offers";

/** A lease that is going to be asked for. */
export type PlannedLease = Pick<LeaseInputs, "stack" | "name" | "source">;

/** What a node that boots an ISO needs of Ironic's API: the version that takes it out again. */
const EJECTS = 89;

/**
 * Finds out whether nodes can be leased, connected and deployed, before anything is claimed. That a site's own rules forbid
 * more than Ironic's usual ones shows only on a node that is held: `NodeDeployment` asks before it deploys.
 *
 * @param iso nodes boot an ISO
 * @throws UserError one sentence about the first thing that is missing
 */
export async function requireNodes(cloud: OpenStack, leases: PlannedLease[], { iso }: { iso: boolean }): Promise<void> {
  const { name } = cloud.credentials;
  if (!(await cloud.projectId())) {
    throw new UserError(
      `The credentials of ${name} are for no project: leases belong to one, name it in clouds.yaml.`,
      3,
    );
  }
  const roles = await cloud.roles();
  if (!roles.some((role) => ["manager", "admin"].includes(role))) {
    throw new UserError(
      `The account of ${name} has the roles ${roles.sort().join(", ")} in its project, and needs manager: without it Ironic ` +
        `lets a lessee neither connect nor deploy a node. Ask the project's or the site's administrators for it; an ` +
        `application credential has to be made anew afterwards.`,
      3,
    );
  }
  await cloud.request("network", "GET", "/v2.0/networks?limit=1&fields=id");
  const version = await new Ironic(cloud).version();
  if (iso && Number(version.split(".")[1]) < EJECTS) {
    throw new UserError(
      `Ironic of ${name} speaks version ${version} of its API, and taking an ISO out of a node again needs ` +
        `1.${String(EJECTS)}: the node would boot the installer for ever. Deploy an image instead.`,
      3,
    );
  }
  await requireOffers(cloud, leases);
}

/** Those that are held already count. */
async function requireOffers(cloud: OpenStack, leases: PlannedLease[]): Promise<void> {
  const offers = await new EsiLeap(cloud).offers();
  const claims: { name: string; nodes: string[] }[] = [];
  for (const { stack, name, source } of leases) {
    if ("uuid" in source) await granted(cloud, source.uuid);
    if (!("offer" in source) || (await ofMark(cloud, { stack, name })).some(holds)) continue;
    const nodes = choices(offers, source.offer, source.hours).map(({ offer }) => offer.resource_uuid);
    claims.push({ name, nodes: [...new Set(nodes)] });
  }
  const without = unmatched(claims.map(({ nodes }) => nodes)).map((index) => claims[index]!.name);
  if (without.length === 0) return;
  throw new UserError(
    `No node is on offer for ${without.join(", ")} for so long from now on (to be claimed: ${String(claims.length)}, on offer ` +
      `for that: ${String(claims.length - without.length)}). Nothing was claimed: \`npm run capacity -- ${leases[0]!.stack}\` ` +
      `shows what is free and for how long.`,
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
