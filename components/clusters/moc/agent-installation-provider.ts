import type { dynamic } from "@pulumi/pulumi";
import { openStack } from "../../openstack/client";
import { Ironic } from "../../openstack/ironic";
import { connect } from "../../kubernetes/connection";
import { AssistedService } from "./assisted-service";
import { BootOrder } from "./boot-order";
import { awaitInstallation } from "./installation";
import type { InstallationHost } from "./installation-hosts";
import { recorded } from "./installation-record";
import { credentialsIn, watcherTokenIn, type InstallerFiles } from "./installer";
import { removeIso, type IsoPlace } from "./iso";
import { reachedDirectly } from "./reached-directly";

/** Inputs of an installation, which begins by itself as the nodes boot. */
export interface AgentInstallationInputs extends IsoPlace {
  /** Id of the ISO that installs it. */
  image: string;
  iso: string;
  files: InstallerFiles;
  /** Nodes that boot it, the rendezvous host first. */
  hosts: InstallationHost[];
  /** Where the rendezvous host may be reached, as addresses that are tried in turn. */
  rendezvous: string[];
  /** The ISO is a minimal one, which runs from memory. @default false */
  minimal?: boolean;
  /** Address of the API where no DNS leads to it. @default DNS does */
  apiAddress?: string;
  /** Folder on this machine for what is kept of an installation that fails. @default a new one for temporary files */
  record?: string;
}

export interface AgentInstallationState extends AgentInstallationInputs {
  /** The administrator's; a secret. */
  kubeconfig: string;
  /** Of `kubeadmin` at the console; a secret. */
  password: string;
}

/** A run that was killed while it waited is followed by one that waits on: keys and certificates are in the state. */
async function create(inputs: AgentInstallationInputs): Promise<dynamic.CreateResult<AgentInstallationState>> {
  const { cloud, hosts, rendezvous, files, apiAddress, minimal = false, record: folder } = inputs;
  const { kubeconfig: made, password } = credentialsIn(files);
  const kubeconfig = apiAddress ? reachedDirectly(made, apiAddress) : made;
  const service = new AssistedService(rendezvous, watcherTokenIn(files));
  const cluster = await connect(kubeconfig);
  await recorded({ folder, service, cluster, kubeconfig }, async (log) => {
    const say = (line: string) => {
      log(line);
      console.error(line);
    };
    const boots = new BootOrder(new Ironic(openStack(cloud)), hosts, { minimal, say });
    await awaitInstallation({ hosts, service, cluster, boots, say });
  });
  await removeIso(inputs, inputs.iso);
  return { id: inputs.image, outs: { ...inputs, kubeconfig, password } };
}

async function diff(
  _id: string,
  olds: AgentInstallationState,
  news: AgentInstallationInputs,
): Promise<dynamic.DiffResult> {
  return olds.image === news.image ? { changes: false } : { changes: true, replaces: ["image"] };
}

/** Its nodes are undeployed after it. */
export const provider: dynamic.ResourceProvider = { create, diff };
