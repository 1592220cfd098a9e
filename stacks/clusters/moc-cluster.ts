import { join } from "node:path";
import type { Cluster } from "../../components/clusters/cluster";
import { hoursOf } from "../../components/clusters/moc/lease-end";
import type { MocClusterArgs } from "../../components/clusters/moc/args";
import { requireClusterName } from "../../components/clusters/moc/cluster-name";
import { MocCluster } from "../../components/clusters/moc/moc";
import { preflight } from "../../components/clusters/moc/preflight";
import type { MocSettings } from "../../components/clusters/moc/schema";
import type { FoundParts } from "../../components/platform/found";
import { workspaceFolder } from "../environment";
import type { ClusterContext } from "./cluster-kind";
import { PULL_SECRET_KEY } from "./moc-rules";

/**
 * A cluster on the MOC as the configuration has it. What can be known to be wrong is found before anything is claimed; the
 * in-process preview asks nobody.
 *
 * @throws UserError one sentence about the first thing that is wrong
 */
export async function create(
  settings: MocSettings,
  { environment: { stack, preview }, secrets }: ClusterContext,
): Promise<{ cluster: Cluster; found?: FoundParts }> {
  requireClusterName(stack, settings.okd?.baseDomain);
  const args = renderArgs(settings, stack, secrets);
  const record = join(workspaceFolder(stack), "installation");
  const cluster = new MocCluster("cluster", preview ? args : { ...args, record, site: await preflight(args) });
  // OKD on bare metal begins with nothing that a part is, storage among it; what an image brings nobody knows.
  return { cluster, ...(settings.okd && { found: {} }) };
}

export function renderArgs(settings: MocSettings, stack: string, secrets: ClusterContext["secrets"]): MocClusterArgs {
  const { cloud, nodes, network, lifetime, okd, image, sshKey } = settings;
  const { controlPlanes, workers, resourceClass, properties, leases, own, rootDevice, cards } = nodes;
  const { api, ingress, ...rest } = network;
  const { pullSecret, ...release } = okd ?? {};
  return {
    ...{ stack, cloud, sshKey, cards },
    layout: { controlPlanes, workers },
    nodes: leases
      ? { leases }
      : own
        ? { own, hours: hoursOf(lifetime!) }
        : { hours: hoursOf(lifetime!), resourceClass, nodeProperties: properties },
    network: { ...rest, ...(api && ingress && { virtualAddresses: { api, ingress } }) },
    runs: okd
      ? {
          okd: {
            ...(release as Omit<typeof okd, "pullSecret">),
            rootDevice,
            ...(pullSecret && { pullSecret: secrets[pullSecret]![PULL_SECRET_KEY]! }),
          },
        }
      : { image: image! },
  };
}
