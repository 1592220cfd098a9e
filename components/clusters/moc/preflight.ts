import { openStack } from "../../openstack/client";
import { requireNodes } from "../../openstack/preflight";
import { requireInstaller } from "./installer";
import { nodesOf } from "./layout";
import { renderSource, type MocClusterArgs } from "./moc";
import { checkNetworks, type SiteNetworks } from "./site-networks";

/** What a look at the site gave. */
export interface Site extends SiteNetworks {
  /** Name of the cloud in clouds.yaml; absent where the OS_… variables are used. */
  cloud?: string;
}

/**
 * Finds what is wrong before anything is claimed.
 *
 * @throws UserError one sentence about the first thing
 */
export async function preflight({ stack, cloud, layout, nodes, network, runs }: MocClusterArgs): Promise<Site> {
  const iso = "okd" in runs;
  if (iso) await requireInstaller(runs.okd.version);
  const account = openStack(cloud);
  const leases = nodesOf(layout).map(({ name }, index) => ({ stack, name, source: renderSource(nodes, index) }));
  await requireNodes(account, leases, { iso });
  const networks = await checkNetworks(account, { ...network, stack });
  return { cloud: account.credentials.cloud, ...networks };
}
