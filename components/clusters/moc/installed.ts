import { UserError } from "../../errors";
import type { OpenStack } from "../../openstack/client";
import { Ironic } from "../../openstack/ironic";
import { markIn } from "../../openstack/marks";
import { isIsoPublished, type IsoServer } from "./iso";
import { nodesOf, type Layout } from "./layout";

/** A cluster that OKD is to run on. */
export interface WantedCluster {
  stack: string;
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  layout: Layout;
  /** A web server of the user's that its ISO is on. @default Glance */
  server?: IsoServer;
}

/**
 * Whether OKD is installed for a stack: nodes bear its deployments, and the ISO, which exists only during an installation, is
 * gone.
 *
 * @throws UserError where an installed cluster is to have other nodes than it has: that would need its ISO
 */
export async function isInstalled(
  account: OpenStack,
  { stack, cloud, layout, server }: WantedCluster,
): Promise<boolean> {
  const nodes = await new Ironic(account).nodes();
  const runs = nodes
    .filter(({ provision_state }) => provision_state === "active")
    .map(({ instance_info }) => markIn(instance_info))
    .flatMap((mark) => (mark?.stack === stack ? [mark.name] : []));
  if (runs.length === 0 || (await isIsoPublished({ cloud, stack, name: "iso", server }, account))) return false;
  const wanted = nodesOf(layout).map(({ name }) => name);
  const missing = wanted.filter((name) => !runs.includes(name));
  const left = runs.filter((name) => !wanted.includes(name)).sort();
  if (missing.length + left.length === 0) return true;
  const remedy =
    missing.length > 0
      ? `${missing.join(", ")} would be claimed and could not join: nodes are added by the cluster's own means (\`oc adm node-image create\`)`
      : `${left.join(", ")} would be wiped while the cluster counts on it: \`npm run give-back -- ${stack} ${left.at(-1)!}\` takes a worker out first`;
  throw new UserError(
    `OKD of stack ${stack} is installed on ${String(runs.length)} nodes, and cluster.nodes asks for ${String(wanted.length)} (or one was ` +
      `lost): ${remedy}. Nothing was changed.`,
  );
}
