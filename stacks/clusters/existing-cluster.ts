import type { Cluster } from "../../components/clusters/cluster";
import { existingCluster } from "../../components/clusters/existing";
import { readKubeconfig } from "../../components/clusters/kubeconfig";
import type { ExistingSettings } from "../../components/clusters/schema";
import { connect } from "../../components/kubernetes/connection";
import { findParts, type FoundParts } from "../../components/platform/found";
import type { ClusterContext } from "./cluster-kind";

/** A cluster that is there, and the platform's parts in it; the in-process preview asks for neither. */
export async function create(
  { type, ...settings }: ExistingSettings,
  { platform, environment: { stack, preview, kubeconfigs: usual } }: ClusterContext,
): Promise<{ cluster: Cluster; found?: FoundParts }> {
  const { kubeconfig = usual, ...rest } = settings;
  const cluster = await existingCluster("cluster", { stack, kubeconfig, ask: !preview, ...rest });
  if (preview) return { cluster };
  return {
    cluster,
    found: await findParts(await connect(await readKubeconfig(kubeconfig, settings.context)), platform),
  };
}
