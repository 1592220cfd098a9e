import * as pulumi from "@pulumi/pulumi";
import { checkNetworks, type Site } from "./site-networks";
import { UserError } from "../../errors";
import { isOlder } from "../../versions";
import { openStack, type OpenStack } from "../../openstack/client";
import { Ironic } from "../../openstack/ironic";
import { requireNodes } from "../../openstack/preflight";
import { requireWaysToBoot } from "./ways-to-boot";
import { requireInstaller } from "./installer";
import { isInstalled } from "./installed";
import { requirePullSecret } from "./keys";
import { nodesOf } from "./layout";
import { renderSource, type MocClusterArgs, type OkdArgs } from "./args";

/** The first version of Ironic's API (1.99: its releases of 2025) that reads images with its own rights instead of the user's. */
const READS_BY_ITSELF = "1.99";

/**
 * Finds what is wrong before anything is claimed.
 *
 * @throws UserError one sentence about the first thing
 */
export async function preflight({ stack, cloud, layout, nodes, network, runs }: MocClusterArgs): Promise<Site> {
  const iso = "okd" in runs;
  if (iso && runs.okd.pullSecret) requirePullSecret(await valueOf(runs.okd.pullSecret), "cluster.okd.pullSecret");
  const account = openStack(cloud);
  const leases = nodesOf(layout).map(({ name }, index) => ({ stack, name, source: renderSource(nodes, index) }));
  const installed = iso && (await isInstalled(account, { stack, cloud, leases, server: runs.okd.iso }));
  // An installed cluster is upgraded by its own means.
  if (iso && !installed) await requireInstaller(runs.okd.version);
  if (iso) await requireReadableIso(account, runs.okd);
  await requireNodes(account, leases);
  if (iso) await requireWaysToBoot(account, leases);
  const networks = await checkNetworks(account, { ...network, stack });
  return { cloud: account.credentials.cloud, ...networks };
}

/**
 * Finds out whether Ironic can read the ISO from where it is going to be.
 *
 * @throws UserError where nobody shares the private image with it
 */
export async function requireReadableIso(
  account: OpenStack,
  { iso: server, ironicProject }: Pick<OkdArgs, "iso" | "ironicProject">,
): Promise<void> {
  if (server || ironicProject) return;
  const version = await new Ironic(account).version();
  if (isOlder(version, READS_BY_ITSELF)) return;
  throw new UserError(
    `cluster.okd.ironicProject is missing: Ironic of ${account.credentials.name} (API ${version}) may not read the private image ` +
      `that the ISO becomes, unless it is shared with Ironic's project. Ask the site for that project's id, or serve the ISO ` +
      `yourself (cluster.okd.iso). Nothing was claimed.`,
  );
}

/** Of a secret of the configuration, which is known from the start. */
function valueOf(secret: pulumi.Input<string>): Promise<string> {
  return new Promise((resolve) => {
    pulumi.output(secret).apply(resolve);
  });
}
