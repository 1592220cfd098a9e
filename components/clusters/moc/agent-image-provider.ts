import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../../errors";
import { openStack } from "../../openstack/client";
import { requireOwner, type Owned, type Owner } from "../../openstack/owner";
import { makeImage, type InstallerConfigs, type InstallerFiles } from "./installer";
import { hasIso, publishIso, publishRootfs, removeIso, type IsoPlace } from "./iso";

/** Inputs of the ISO that installs a cluster. */
export interface AgentImageInputs extends IsoPlace, InstallerConfigs {
  /** Version that is installed, as `4.20`. */
  version: string;
  /** It brings the kernel and what that starts with, which fetches the rest: for nodes that boot by iPXE. @default false */
  minimal?: boolean;
  /** URL of what serves that rest, a web server of the user's. @default OKD's own */
  bootArtifactsBaseURL?: string;
}

/** What the state holds of it, encrypted where it is secret. */
export interface AgentImageState extends AgentImageInputs, Owned {
  /** What Ironic boots; a secret where anybody who knows it can read it. */
  iso: string;
  /** Keys and certificates of the cluster among them: a secret. */
  files: InstallerFiles;
}

/** What may change in an installed cluster, by its own means: it is written down, and used by the next installation. */
const CHANGED_IN_THE_CLUSTER = ["pullSecret", "sshKey", "releaseImage", "version", "surroundings"] as const;
/** What matters while nodes boot it, and never again. */
const OF_THE_BOOT = ["server", "ironicProject", "minimal", "bootArtifactsBaseURL"] as const;
const LOOSE = [...CHANGED_IN_THE_CLUSTER, ...OF_THE_BOOT];
/** What is installed with another of these is another cluster. */
export const replacedBy = ["stack", "name", "installConfig", "agentConfig"] as const;

async function create(inputs: AgentImageInputs): Promise<dynamic.CreateResult<AgentImageState>> {
  const account = await requireImagesOwner(inputs);
  const { files, published: iso } = await makeImage(inputs.stack, configsOf(inputs), async (file, rootfs) => {
    if (rootfs) await publishRootfs(inputs, rootfs);
    return publishIso(inputs, file);
  });
  return { id: randomUUID(), outs: { ...inputs, account, files, iso } };
}

/**
 * Before the installation every change makes another ISO. The ISO goes when the cluster is installed: then a change that
 * only another installation could bring about is refused, as it would wipe the nodes; unless all of them are others anyway.
 */
async function diff(_id: string, olds: AgentImageState, news: AgentImageInputs): Promise<dynamic.DiffResult> {
  await requireImagesOwner(news, olds);
  const changed = changesIn(olds, news);
  if (changed.length === 0) return { changes: !olds.account || olds.cloud !== news.cloud };
  // A preview does not know the nodes that it would claim.
  if (JSON.stringify(news).includes(UNKNOWN)) return { changes: true };
  if ((await hasIso(olds, olds.iso)) || !macAddressesOf(olds).some((it) => macAddressesOf(news).includes(it))) {
    return { changes: true, replaces: changed };
  }
  const left = leftBy(olds, news);
  const fixed = changesIn(left, news).filter((key) => !LOOSE.some((it) => it === key));
  if (fixed.length === 0) return { changes: true };
  throw new UserError(
    `OKD is installed on these nodes, and ${fixed.join(" and ")} changed since (a setting, or a node that was replaced): that ` +
      `would install it anew and wipe them. Undo the change, or \`npm run destroy -- ${olds.stack}\` first.`,
  );
}

async function update(
  _id: string,
  olds: AgentImageState,
  news: AgentImageInputs,
): Promise<dynamic.UpdateResult<AgentImageState>> {
  const { iso, files } = olds;
  return { outs: { ...news, account: await requireImagesOwner(news, olds), iso, files } };
}

async function read(id: string, state: AgentImageState): Promise<dynamic.ReadResult<AgentImageState>> {
  return { id, props: { ...state, account: await requireImagesOwner(state, state) } };
}

async function remove(_id: string, state: AgentImageState): Promise<void> {
  await requireImagesOwner(state, state);
  await removeIso(state, state.iso);
}

export const provider: dynamic.ResourceProvider = { create, diff, update, read, delete: remove };

function requireImagesOwner({ cloud, stack }: AgentImageInputs, { account }: Owned = {}): Promise<Owner> {
  return requireOwner(openStack(cloud), `The ISO of stack ${stack}`, account);
}

function configsOf({ minimal, bootArtifactsBaseURL, agentConfig, ...configs }: AgentImageInputs): InstallerConfigs {
  if (!minimal) return { ...configs, agentConfig };
  return {
    ...configs,
    agentConfig: { ...agentConfig, minimalISO: true, ...(bootArtifactsBaseURL && { bootArtifactsBaseURL }) },
  };
}

/** As the engine says that it does not know a value yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The inputs that differ. */
function changesIn(olds: AgentImageInputs, news: AgentImageInputs): string[] {
  const keys = [...replacedBy, ...LOOSE] as const;
  // What an earlier version did not know is off.
  return keys.filter((key) => !isDeepStrictEqual(olds[key] || undefined, news[key] || undefined));
}

/** What it was made from, without the workers that were given back since. */
function leftBy(olds: AgentImageInputs, news: AgentImageInputs): AgentImageInputs {
  const kept = macAddressesOf(news);
  const { hosts, ...rest } = olds.agentConfig as { hosts: Host[] };
  const left = hosts.filter(({ role, interfaces }) => role !== "worker" || kept.includes(interfaces[0]!.macAddress));
  const gone = hosts.length - left.length;
  if (gone === 0) return olds;
  const compute = (olds.installConfig.compute as { replicas: number }[] | undefined)?.map((pool) => ({
    ...pool,
    replicas: pool.replicas - gone,
  }));
  return {
    ...olds,
    agentConfig: { ...rest, hosts: left },
    installConfig: { ...olds.installConfig, ...(compute && { compute }) },
  };
}

interface Host {
  role?: string;
  interfaces: { macAddress: string }[];
}

function macAddressesOf({ agentConfig }: AgentImageInputs): string[] {
  const { hosts } = agentConfig as { hosts: Host[] };
  return hosts.flatMap(({ interfaces }) => interfaces.map(({ macAddress }) => macAddress));
}
