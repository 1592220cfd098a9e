import { inspectCluster, type Inspection } from "../../components/clusters/inspection";
import { readKubeconfig } from "../../components/clusters/kubeconfig";
import type { ExistingSettings } from "../../components/clusters/schema";
import { UserError } from "../../components/errors";
import { KVM_RESOURCE } from "../../components/platform/kvm";
import type { Mode } from "../../components/platform/part";
import type { Environment } from "../environment";
import type { Finding } from "../tools/finding";

/** Rows about a cluster that is there; one that does not answer is a row too, as `doctor` is asked when something does not go. */
export async function ask(
  { kubeconfig, context, kvm }: ExistingSettings,
  { environment, kvmDevicePlugin }: { environment: Pick<Environment, "kubeconfigs">; kvmDevicePlugin: Mode },
): Promise<Finding[]> {
  const files = kubeconfig ?? environment.kubeconfigs;
  try {
    const found = await inspectCluster(await readKubeconfig(files, context), [files].flat().join(", "));
    return [clusterFinding(found), kvmFinding(found, kvm, kvmDevicePlugin)];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ name: "cluster", state: "note", found: error.message }];
  }
}

function clusterFinding({ kubernetes = "of no known version", openshift, architectures = [] }: Inspection): Finding {
  const nodes = architectures.length > 0 ? `nodes are ${architectures.join(", ")}` : "its nodes may not be listed";
  return { name: "cluster", state: "ok", found: `Kubernetes ${kubernetes}${openshift ? ", OpenShift" : ""}; ${nodes}` };
}

/** Whether Pods can ask for /dev/kvm; that user 1000 can write it there is seen by a run alone, which looks first. */
function kvmFinding({ kvm: offered }: Inspection, said: boolean | undefined, plugin: Mode): Finding {
  const name = "KVM inside Pods";
  if (said === false)
    return { name, state: "note", found: "cluster.kvm is false: boot images and kola tests are left out" };
  if (offered) return { name, state: "ok", found: `nodes offer ${KVM_RESOURCE}` };
  const installs = said === true ? plugin === "auto" || plugin === "install" : plugin === "install";
  const found = offered === undefined ? "the nodes may not be listed" : `no node offers ${KVM_RESOURCE}`;
  if (installs) return { name, state: "ok", found: `${found} yet: up installs the device plugin` };
  return {
    name,
    state: "note",
    found,
    remedy: "boot images and kola tests are left out; where nodes have /dev/kvm: cluster.kvm: true",
  };
}
