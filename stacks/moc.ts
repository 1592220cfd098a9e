import { join } from "node:path";
import { requireClusterName } from "../components/clusters/moc/cluster-name";
import { hoursOf } from "../components/clusters/moc/lease-end";
import type { MocClusterArgs } from "../components/clusters/moc/args";
import { MocCluster } from "../components/clusters/moc/moc";
import { preflight } from "../components/clusters/moc/preflight";
import { secretValues, type SecretOutputs } from "./configuration/engine";
import { PULL_SECRET_KEY } from "./configuration/moc-rules";
import type { ClusterConfiguration, Configuration } from "./configuration/schema";
import { workspaceFolder, type Environment } from "./environment";

type Settings = Extract<ClusterConfiguration, { type: "moc" }>;

/**
 * A cluster on the MOC as the configuration has it. What can be known to be wrong is found before anything is claimed; the
 * in-process preview asks nobody.
 *
 * @throws UserError one sentence about the first thing that is wrong
 */
export async function mocCluster(
  configuration: Configuration,
  settings: Settings,
  { stack, preview }: Environment,
): Promise<MocCluster> {
  requireClusterName(stack, settings.okd?.baseDomain);
  const args = renderArgs(settings, stack, secretValues(configuration));
  if (preview) return new MocCluster("cluster", args);
  const record = join(workspaceFolder(stack), "installation");
  return new MocCluster("cluster", { ...args, record, site: await preflight(args) });
}

export function renderArgs(settings: Settings, stack: string, secrets: SecretOutputs): MocClusterArgs {
  const { cloud, nodes, network, lifetime, okd, image, sshKey } = settings;
  const { controlPlanes, workers, resourceClass, properties, leases, rootDevice, cards } = nodes;
  const { api, ingress, ...rest } = network;
  const { pullSecret, ...release } = okd ?? {};
  return {
    ...{ stack, cloud, sshKey, cards },
    layout: { controlPlanes, workers },
    nodes: leases ? { leases } : { hours: hoursOf(lifetime!), resourceClass, nodeProperties: properties },
    network: { ...rest, ...(api && ingress && { virtualAddresses: { api, ingress } }) },
    runs: okd
      ? {
          okd: {
            ...(release as Omit<typeof okd, "pullSecret">),
            rootDevice,
            ...(pullSecret && { pullSecret: secrets[pullSecret][PULL_SECRET_KEY] }),
          },
        }
      : { image: image! },
  };
}
