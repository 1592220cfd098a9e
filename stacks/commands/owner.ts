import type { OpenStack } from "../../components/openstack/client";
import { EsiLeap } from "../../components/openstack/esi-leap";
import { requireOwner, type Owned } from "../../components/openstack/owner";
import type { Deployment } from "./engine/adopt";

const LEASE = "pulumi-nodejs:dynamic/okd-streams:Lease";

/**
 * Compares the account with the one in the stack's state, before anything is changed. States of earlier versions name none: their
 * leases are looked up, which ESI-Leap shows to nobody else.
 *
 * @throws UserError where the stack belongs to another account
 */
export async function requireStacksOwner(
  stack: string,
  cloud: OpenStack,
  { resources = [] }: Deployment,
): Promise<void> {
  const owned = resources.map(({ outputs, inputs }) => ((outputs ?? inputs ?? {}) as Owned).account);
  const accounts = new Map(owned.flatMap((it) => (it ? [[JSON.stringify(it), it] as const] : [])));
  for (const account of accounts.values()) await requireOwner(cloud, `Stack ${stack}`, account);
  if (accounts.size > 0) return;
  const leap = new EsiLeap(cloud);
  const leases = resources.filter(({ type, id }) => type === LEASE && id && /^[0-9a-f-]{36}$/.test(id));
  for (const { id } of leases) await leap.lease(id!);
}
