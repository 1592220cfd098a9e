import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors";
import type { OpenStack } from "./client";
import { EsiLeap, fromLeapTime, type Lease } from "./esi-leap";
import { Ironic } from "./ironic";
import { markIn, type Mark } from "./marks";
import { undeploy } from "./undeploy";
import { waitFor } from "./wait";

/** Minutes until ESI-Leap has taken a node back, and until it has handed one over (it looks once a minute). */
const GIVE_BACK = 10;
const HAND_OVER = 2;

/** It has its node, or will have it. */
export function holds(lease: Lease | undefined): lease is Lease {
  return lease !== undefined && ["created", "active", "wait fulfill"].includes(lease.status);
}

/** Nobody does anything about it any more. */
export function hasEnded(lease: Lease | undefined): boolean {
  return lease === undefined || ["deleted", "expired"].includes(lease.status);
}

/** This project's leases that bear the mark and have not ended, in an order that every run sees. */
export async function ofMark(cloud: OpenStack, { stack, name }: Mark): Promise<Lease[]> {
  const leases = await new EsiLeap(cloud).leases();
  const project = await cloud.projectId();
  return leases
    .filter((lease) => lease.project_id === project)
    .filter((lease) => isDeepStrictEqual(markIn(lease.properties), { stack, name }))
    .sort((a, b) => (a.uuid < b.uuid ? -1 : 1));
}

/** For a sentence about it: `Lease … was cancelled`. */
export function whatBecameOf(lease: Lease | undefined): string {
  if (!lease) return "is not there any more";
  if (lease.status === "expired") return `ended at ${lease.end_time}`;
  return lease.status === "deleted" ? "was cancelled by its owner or lessee" : `is in state "${lease.status}"`;
}

/** A lease that this project was granted. @throws UserError where it holds no node for it, or not yet */
export async function granted(cloud: OpenStack, uuid: string): Promise<Lease> {
  const lease = await new EsiLeap(cloud).lease(uuid);
  if (holds(lease) && lease.project_id === (await cloud.projectId())) {
    if (fromLeapTime(lease.start_time).getTime() < Date.now() + HAND_OVER * 60_000) return lease;
    throw new UserError(`Lease ${uuid} begins at ${lease.start_time} UTC: run it again then.`);
  }
  throw new UserError(
    lease
      ? `Lease ${uuid} ${holds(lease) ? "is another project's" : whatBecameOf(lease)}: ask for another, and name its uuid instead.`
      : `There is no lease ${uuid} for this project: \`openstack esi lease list\` shows those that there are.`,
  );
}

/** Ends a lease, and waits until it has ended: its node is undeployed then, and no longer ours. */
export async function release(cloud: OpenStack, { uuid }: Pick<Lease, "uuid">): Promise<void> {
  const leap = new EsiLeap(cloud);
  const now = () => leap.lease(uuid);
  // ESI-Leap gives the node to a lease that is cancelled in the moment of its hand-over, and forgets it.
  await waitFor(async () => ((await now())?.status === "created" ? undefined : true), HAND_OVER);
  const lease = await now();
  if (!lease || hasEnded(lease)) return;
  // It undeploys active nodes only: one that is being deployed would go on, and be nobody's.
  if (lease.status === "active") await undeploy(new Ironic(cloud), lease.resource_uuid);
  await leap.end(uuid);
  if (await waitFor(async () => (hasEnded(await now()) ? true : undefined), GIVE_BACK)) return;
  throw new UserError(
    `ESI-Leap did not end lease ${uuid} within ${String(GIVE_BACK)} min, and tries on: run it again, or ask the site's administrators.`,
  );
}
