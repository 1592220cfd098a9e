import type { OpenStack } from "../../openstack/client";
import { EsiLeap } from "../../openstack/esi-leap";
import { Ironic } from "../../openstack/ironic";
import { isoBootOf } from "../../openstack/iso-boot";
import { holds, ofMark } from "../../openstack/leases";
import { requireDiskNext } from "../../openstack/next-boot";
import type { PlannedLease } from "../../openstack/preflight";

/**
 * Whether the nodes that are already held can boot an ISO and leave it again. Other nodes cannot be asked before they are held;
 * `NodeDeployment` asks before it deploys. A node in use is not asked.
 *
 * @throws UserError for the first that cannot
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
