import { UserError } from "../../errors";
import type { OpenStack } from "../../openstack/client";
import { contains, overlap, parseAddress, parseNetwork } from "./ipv4";
import type { NodeNetworkArgs } from "./network";

interface Network {
  id: string;
  name: string;
}

interface Subnet {
  id: string;
  name: string;
  cidr: string;
  allocation_pools: { start: string; end: string }[];
}

/** Ids of what a site has: the external network, and the subnet of a network that exists. */
export interface SiteNetworks {
  externalNetwork?: string;
  subnet?: string;
}

/**
 * Holds the settings of the nodes' network against the networks that the site has.
 *
 * @throws UserError that names the key, and what there is instead
 */
export async function checkNetworks(cloud: OpenStack, args: NodeNetworkArgs): Promise<SiteNetworks> {
  const { existing, router, external } = args;
  const subnet = existing && (await checkExisting(cloud, existing, args));
  if (router) await checkRouter(cloud, router, args);
  const externalNetwork = external && (await findExternal(cloud, external));
  return { ...(subnet && { subnet }), ...(externalNetwork && { externalNetwork }) };
}

async function findExternal(cloud: OpenStack, name: string): Promise<string> {
  const { networks } = await ask<{ networks: Network[] }>(cloud, "networks?router:external=true");
  const found = networks.filter((it) => it.name === name || it.id === name);
  if (found.length === 1) return found[0].id;
  const there = networks.map((it) => it.name).join(", ") || "none";
  throw new UserError(
    found.length > 1
      ? `cluster.network.external: ${String(found.length)} external networks are called ${name}, name one by its id.`
      : `cluster.network.external: there is no external network ${name}, there are ${there}.`,
  );
}

/** @returns the id of its subnet */
async function checkExisting(
  cloud: OpenStack,
  id: string,
  { cidr, virtualAddresses }: NodeNetworkArgs,
): Promise<string> {
  if (!(await cloud.request("network", "GET", `/v2.0/networks/${id}`, { absent: [404] }))) {
    throw new UserError(`cluster.network.existing: there is no network ${id} that this project sees.`);
  }
  const subnets = await subnetsOf(cloud, id);
  const subnet = subnets.find((it) => it.cidr === cidr);
  if (!subnet) {
    const there = subnets.map((it) => it.cidr).join(", ") || "none";
    throw new UserError(`cluster.network.cidr: network ${id} has no subnet ${cidr}, it has ${there}.`);
  }
  const pools = subnet.allocation_pools.map(({ start, end }) => ({
    first: parseAddress(start)!,
    last: parseAddress(end)!,
  }));
  for (const [key, address] of Object.entries(virtualAddresses ?? {})) {
    const number = parseAddress(address as string)!;
    if (!pools.some((pool) => contains(pool, { first: number, last: number }))) continue;
    throw new UserError(
      `cluster.network.${key}: ${address as string} is within the allocation pool of ${subnet.name || subnet.id}, where others ` +
        `may get it: take one outside.`,
    );
  }
  return subnet.id;
}

/** A router leads to one network of a range only. What the stack itself has at it is from an earlier run. */
async function checkRouter(cloud: OpenStack, id: string, { cidr, stack }: NodeNetworkArgs): Promise<void> {
  if (!(await cloud.request("network", "GET", `/v2.0/routers/${id}`, { absent: [404] }))) {
    throw new UserError(`cluster.network.router: there is no router ${id} that this project sees.`);
  }
  const query = `ports?device_id=${id}&device_owner=network:router_interface`;
  const { ports } = await ask<{ ports: { fixed_ips: { subnet_id: string }[] }[] }>(cloud, query);
  for (const subnetId of new Set(ports.flatMap((port) => port.fixed_ips.map((it) => it.subnet_id)))) {
    const { subnet } = await ask<{ subnet: Subnet & { description: string } }>(cloud, `subnets/${subnetId}`);
    const ours = subnet.description.includes(`stack=${stack} `);
    if (ours || !overlap(parseNetwork(cidr)!, parseNetwork(subnet.cidr)!)) continue;
    throw new UserError(
      `cluster.network.cidr: ${cidr} overlaps with ${subnet.cidr} (${subnet.name || subnet.id}), which is at the same router: ` +
        `take another.`,
    );
  }
}

async function subnetsOf(cloud: OpenStack, network: string): Promise<Subnet[]> {
  return (await ask<{ subnets: Subnet[] }>(cloud, `subnets?network_id=${network}&ip_version=4`)).subnets;
}

function ask<T>(cloud: OpenStack, path: string): Promise<T> {
  return cloud.request<T>("network", "GET", `/v2.0/${path}`);
}

/** What a look at the site gave. */
export interface Site extends SiteNetworks {
  /** Name of the cloud in clouds.yaml; absent where the OS_… variables are used. */
  cloud?: string;
}
