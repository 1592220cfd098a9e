import { UserError } from "../../errors";
import type { OpenStack } from "../../openstack/client";
import { contains, overlap, parseAddress, parseNetwork } from "./ipv4";
import { CLUSTER_NETWORKS } from "./install-config";
import { MTU, type NodeNetworkArgs } from "./network";

interface Network {
  id: string;
  name: string;
  mtu?: number;
  "router:external"?: boolean;
}

interface Subnet {
  id: string;
  name: string;
  cidr: string;
  gateway_ip: string | null;
  allocation_pools: { start: string; end: string }[];
}

/** What a look at a site gave. */
export interface Site extends SiteNetworks {
  /** Name of the cloud in clouds.yaml; absent where the OS_… variables are used. */
  cloud?: string;
}

/** What a site has: the id of the external network, and a network that exists. */
export interface SiteNetworks extends Partial<ExistingNetwork> {
  externalNetwork?: string;
}

interface ExistingNetwork {
  /** Id of its subnet. */
  subnet: string;
  /** Address of its router. */
  gateway: string;
  /** Bytes of its largest packet. */
  mtu?: number;
}

/**
 * Holds the settings of the nodes' network against the networks that the site has.
 *
 * @throws UserError that names the key, and what there is instead
 */
export async function checkNetworks(cloud: OpenStack, args: NodeNetworkArgs): Promise<SiteNetworks> {
  const { existing, router, external } = args;
  const there = existing ? await checkExisting(cloud, existing, args) : undefined;
  if (router) await checkRouter(cloud, router, args);
  const externalNetwork = external && (await findExternal(cloud, external));
  await checkTagged(cloud, args, there?.mtu);
  if (existing && there && externalNetwork)
    await requireWayOut(cloud, existing, there, { id: externalNetwork, name: external });
  return { ...there, ...(externalNetwork && { externalNetwork }) };
}

async function findExternal(cloud: OpenStack, name: string): Promise<string> {
  const { networks } = await ask<{ networks: Network[] }>(cloud, "networks?router:external=true");
  const found = networks.filter((it) => it.name === name || it.id === name);
  if (found.length === 1) return found[0]!.id;
  const there = networks.map((it) => it.name).join(", ") || "none";
  throw new UserError(
    found.length > 1
      ? `cluster.network.external: ${String(found.length)} external networks are called ${name}, name one by its id.`
      : `cluster.network.external: there is no external network ${name}, there are ${there}.`,
  );
}

async function checkExisting(cloud: OpenStack, id: string, args: NodeNetworkArgs): Promise<ExistingNetwork> {
  const { cidr, virtualAddresses, external } = args;
  const found = await cloud.request<{ network: Network }>("network", "GET", `/v2.0/networks/${id}`, { absent: [404] });
  if (!found) throw new UserError(`cluster.network.existing: there is no network ${id} that this project sees.`);
  const { network } = found;
  if (network["router:external"] && external) {
    throw new UserError(
      `cluster.network.external: network ${network.name || id} is an external one itself, where every address is reached: leave it out.`,
    );
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
    if (address === subnet.gateway_ip) {
      throw new UserError(
        `cluster.network.${key}: ${address} is the router of ${subnet.name || subnet.id}: take another.`,
      );
    }
    if (!pools.some((pool) => contains(pool, { first: number, last: number }))) continue;
    throw new UserError(
      `cluster.network.${key}: ${address as string} is within the allocation pool of ${subnet.name || subnet.id}, where others ` +
        `may get it: take one outside.`,
    );
  }
  return { subnet: subnet.id, ...settingsOf(subnet, network, args) };
}

/** Router and packets of a network that exists: they are as they are, and settings that say otherwise are wrong. */
function settingsOf(
  subnet: Subnet,
  network: Network,
  { gateway, mtu }: NodeNetworkArgs,
): Pick<ExistingNetwork, "gateway" | "mtu"> {
  const name = subnet.name || subnet.id;
  if (!subnet.gateway_ip) {
    throw new UserError(
      `cluster.network.existing: subnet ${name} has no gateway, so its nodes would reach no registry.`,
    );
  }
  if (gateway && gateway !== subnet.gateway_ip) {
    throw new UserError(
      `cluster.network.gateway: is ${gateway}, but that of ${name} is ${subnet.gateway_ip}: leave it out.`,
    );
  }
  if (mtu !== undefined && network.mtu !== undefined && mtu > network.mtu) {
    throw new UserError(
      `cluster.network.mtu: is ${String(mtu)}, but network ${network.name || network.id} takes packets of ${String(network.mtu)}: leave it out.`,
    );
  }
  const packets = mtu ?? network.mtu;
  return { gateway: subnet.gateway_ip, ...(packets !== undefined && { mtu: packets }) };
}

/** A floating address leads through a router that is at both networks. */
async function requireWayOut(
  cloud: OpenStack,
  network: string,
  { subnet, gateway }: ExistingNetwork,
  external: Pick<Network, "id" | "name">,
): Promise<void> {
  const query = `ports?network_id=${network}&device_owner=network:router_interface`;
  const { ports } = await ask<{
    ports: { device_id: string; fixed_ips: { subnet_id: string; ip_address: string }[] }[];
  }>(cloud, query);
  const port = ports.find(({ fixed_ips }) =>
    fixed_ips.some((it) => it.subnet_id === subnet && it.ip_address === gateway),
  );
  // A router of somebody else's is not shown to everybody.
  if (!port) return;
  const path = `/v2.0/routers/${port.device_id}`;
  type Router = { router: { name: string; external_gateway_info: { network_id: string } | null } };
  const found = await cloud.request<Router>("network", "GET", path, { absent: [404] });
  if (!found || found.router.external_gateway_info?.network_id === external.id) return;
  throw new UserError(
    `cluster.network.external: the router of network ${network} (${found.router.name || port.device_id}) has no gateway to ` +
      `${external.name}, so no floating address would lead to it: leave external out, or have the gateway set.`,
  );
}

/** Networks that nodes are in by tags: Neutron lets no packets on a trunk that are larger than its own network's. */
async function checkTagged(cloud: OpenStack, args: NodeNetworkArgs, mtu = args.mtu ?? MTU): Promise<void> {
  const { tagged = [], cidr } = args;
  if (tagged.length === 0) return;
  const trunks = await cloud.request("network", "GET", "/v2.0/extensions/trunk", { absent: [404] });
  if (!trunks) {
    throw new UserError(
      `cluster.network.tagged: Neutron of ${cloud.credentials.name} has no trunks, so a card carries one network: leave it out.`,
    );
  }
  const taken: Record<string, string> = { ...CLUSTER_NETWORKS, "cluster.network.cidr": cidr };
  for (const [index, id] of tagged.entries()) {
    const at = `cluster.network.tagged[${String(index)}]`;
    const found = await cloud.request<{ network: Network }>("network", "GET", `/v2.0/networks/${id}`, {
      absent: [404],
    });
    if (!found) throw new UserError(`${at}: there is no network ${id} that this project sees.`);
    const { name, mtu: packets } = found.network;
    const [subnet] = await subnetsOf(cloud, id);
    if (!subnet)
      throw new UserError(`${at}: network ${name || id} has no subnet, so nodes would get no address in it.`);
    if (packets !== undefined && packets > mtu) {
      throw new UserError(
        `${at}: network ${name || id} takes packets of ${String(packets)}, but the nodes' own, which carries it, takes ${String(mtu)}: ` +
          `make the own one's larger (cluster.network.mtu), or that one's smaller.`,
      );
    }
    const other = Object.keys(taken).find((it) => overlap(parseNetwork(taken[it]!)!, parseNetwork(subnet.cidr)!));
    if (other !== undefined) {
      throw new UserError(
        `${at}: ${subnet.cidr} of ${name || id} overlaps with ${other}, ${taken[other]!}: take another.`,
      );
    }
    taken[at] = subnet.cidr;
  }
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
