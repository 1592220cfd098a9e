import type { dynamic } from "@pulumi/pulumi";
import { awaitInstallation, credentialsIn, type InstallerFiles } from "./installer";
import { removeIso, type IsoPlace } from "./iso";
import { NextBoots, progressIn, type Nodes } from "./next-boot";

/** Inputs of an installation, which begins by itself as the nodes boot. */
export interface AgentInstallationInputs extends IsoPlace {
  /** Id of the ISO that installs it. */
  image: string;
  iso: string;
  files: InstallerFiles;
  /** Nodes that boot it. */
  nodes: Nodes;
}

export interface AgentInstallationState extends AgentInstallationInputs {
  /** The administrator's; a secret. */
  kubeconfig: string;
  /** Of `kubeadmin` at the console; a secret. */
  password: string;
}

/** A run that was killed while it waited is followed by one that waits on: keys and certificates are in the state. */
async function create(inputs: AgentInstallationInputs): Promise<dynamic.CreateResult<AgentInstallationState>> {
  const boots = new NextBoots(inputs.cloud, inputs.nodes);
  await awaitInstallation(inputs.stack, inputs.files, (line) => {
    boots.listen(line);
    const progress = progressIn(line);
    if (progress) console.error(progress);
  });
  await boots.end();
  await removeIso(inputs, inputs.iso);
  return { id: inputs.image, outs: { ...inputs, ...credentialsIn(inputs.files) } };
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
