import type { OpenStack } from "../../openstack/client";
import { EsiLeap } from "../../openstack/esi-leap";
import { Ironic } from "../../openstack/ironic";
import { isoBootOf } from "../../openstack/iso-boot";
import { holds, ofMark } from "../../openstack/leases";
import { requireDiskNext } from "../../openstack/next-boot";
import type { PlannedLease } from "../../openstack/preflight";

/**
 * Whether nodes that are held already boot an ISO, and leave it again; of others nobody knows before they are held, and
 * `NodeDeployment` asks before it deploys. A node on which something runs is not asked.
 *
 * @throws UserError for the first that does not
 */
export async function requireWaysToBoot(account: OpenStack, leases: PlannedLease[]): Promise<void> {
  const ironic = new Ironic(account);
  for (const { stack, name, source } of leases) {
    const found =
      "uuid" in source
        ? await new EsiLeap(account).lease(source.uuid)
        : (await ofMark(account, { stack, name })).find(holds);
    const node = found && (await ironic.node(found.resource_uuid));
    if (!node) continue;
    isoBootOf(node.name ?? node.uuid, node.boot_interface);
    if (node.provision_state === "available") await requireDiskNext(ironic, node.uuid);
  }
}
