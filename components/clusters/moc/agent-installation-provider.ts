import type { dynamic } from "@pulumi/pulumi";
import { openStack } from "../../openstack/client";
import { Ironic } from "../../openstack/ironic";
import { requireOwner, type Owned, type Owner } from "../../openstack/owner";
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

export interface AgentInstallationState extends AgentInstallationInputs, Owned {
  /** The administrator's; a secret. */
  kubeconfig: string;
  /** Of `kubeadmin` at the console; a secret. */
  password: string;
}

/** A run that was killed while it waited is followed by one that waits on: keys and certificates are in the state. */
async function create(inputs: AgentInstallationInputs): Promise<dynamic.CreateResult<AgentInstallationState>> {
  const { cloud, hosts, rendezvous, files, apiAddress, minimal = false, record: folder } = inputs;
  const account = await requireInstallationsOwner(inputs);
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
  return { id: inputs.image, outs: { ...inputs, account, kubeconfig, password } };
}

/** Another image is another installation. */
export const replacedBy = ["image"];

async function diff(
  _id: string,
  olds: AgentInstallationState,
  news: AgentInstallationInputs,
): Promise<dynamic.DiffResult> {
  await requireInstallationsOwner(news, olds);
  if (olds.image !== news.image) return { changes: true, replaces: replacedBy };
  return { changes: !olds.account || olds.cloud !== news.cloud };
}

async function update(
  _id: string,
  olds: AgentInstallationState,
  news: AgentInstallationInputs,
): Promise<dynamic.UpdateResult<AgentInstallationState>> {
  return { outs: { ...olds, cloud: news.cloud, account: await requireInstallationsOwner(news, olds) } };
}

async function read(id: string, state: AgentInstallationState): Promise<dynamic.ReadResult<AgentInstallationState>> {
  return { id, props: { ...state, account: await requireInstallationsOwner(state, state) } };
}

/** Its nodes are undeployed after it: by whom they were deployed. */
async function remove(_id: string, state: AgentInstallationState): Promise<void> {
  await requireInstallationsOwner(state, state);
}

export const provider: dynamic.ResourceProvider = { create, diff, update, read, delete: remove };

function requireInstallationsOwner(
  { cloud, stack }: Pick<AgentInstallationInputs, "cloud" | "stack">,
  { account }: Owned = {},
): Promise<Owner> {
  return requireOwner(openStack(cloud), `The installation of stack ${stack}`, account);
}
