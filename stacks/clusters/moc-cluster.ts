import { join, resolve } from "node:path";
import type { Cluster } from "../../components/clusters/cluster";
import { hoursOf } from "../../components/clusters/moc/lease-end";
import type { MocClusterArgs } from "../../components/clusters/moc/args";
import { requireClusterName } from "../../components/clusters/moc/cluster-name";
import { mirrorsOf } from "../../components/clusters/moc/mirrors";
import { MocCluster } from "../../components/clusters/moc/moc";
import { preflight } from "../../components/clusters/moc/preflight";
import type { MocSettings } from "../../components/clusters/moc/schema";
import { readTrustBundle } from "../../components/clusters/moc/trust-bundle";
import type { FoundParts } from "../../components/platform/found";
import { workspaceFolder, type Environment } from "../environment";
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
  context: ClusterContext,
): Promise<{ cluster: Cluster; found?: FoundParts }> {
  const { stack, preview } = context.environment;
  requireClusterName(stack, settings.okd?.baseDomain);
  const args = renderArgs(settings, context);
  const record = join(workspaceFolder(stack), "installation");
  const cluster = new MocCluster("cluster", preview ? args : { ...args, record, site: await preflight(args) });
  // OKD on bare metal begins with nothing that a part is, storage among it; what an image brings nobody knows.
  return { cluster, ...(settings.okd && { found: {} }) };
}

export function renderArgs(
  settings: MocSettings,
  {
    environment: { stack, projectFolder },
    secrets,
    image: mirrored,
  }: Pick<ClusterContext, "secrets" | "image"> & { environment: Pick<Environment, "stack" | "projectFolder"> },
): MocClusterArgs {
  const { cloud, nodes, network, lifetime, okd, image, sshKey } = settings;
  const { controlPlanes, workers, resourceClass, properties, leases, own, rootDevice, cards } = nodes;
  const { api, ingress, ...rest } = network;
  const { pullSecret, trustBundle, ...release } = okd ?? {};
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
            ...(release as Omit<typeof okd, "pullSecret" | "trustBundle">),
            rootDevice,
            mirrors: mirrorsOf(mirrored, okd.releaseImage),
            ...(trustBundle && {
              trustBundle: readTrustBundle(resolve(projectFolder, trustBundle), "cluster.okd.trustBundle"),
            }),
            ...(pullSecret && { pullSecret: secrets[pullSecret]![PULL_SECRET_KEY]! }),
          },
        }
      : { image: image! },
  };
}
