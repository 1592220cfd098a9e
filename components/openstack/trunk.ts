import { findOrMake } from "./converge";
import { description, markedName, type Mark } from "./marks";
import type { Neutron } from "./neutron";

/** A network that a node is in by a tag, on the card that connects it to its own. */
export interface Tagged {
  /** Id of the network. */
  network: string;
  /** Id of the node's port in it. */
  port: string;
  /** The tag. */
  vlan: number;
  /** The node's address in it. */
  address: string;
  /** Of the network that the address is in. */
  prefixLength: number;
  /** Bytes of its largest packet. */
  mtu: number;
}

export interface TrunkState {
  id: string;
  networks: Tagged[];
}

/**
 * The trunk of a node's port, with a port in each tagged network; the tag is the one that the site's switches know the network by.
 * Repeatable after a killed run. Not to be made of a port that is attached.
 *
 * @param networks ids of the tagged networks
 * @param parent id of the port
 */
export async function trunked(neutron: Neutron, mark: Mark, networks: string[], parent: string): Promise<TrunkState> {
  const marked = { name: markedName(mark), description: description(mark) };
  const ports = [];
  for (const network_id of networks) {
    const find = async () => (await neutron.ports({ description: marked.description, network_id }))[0];
    ports.push(await findOrMake(find, () => neutron.createPort({ network_id, ...marked })));
  }
  const sub_ports = ports.map(({ id }) => ({ port_id: id, segmentation_type: "inherit" }));
  const find = async () => (await neutron.trunks({ port_id: parent }))[0];
  const trunk = await findOrMake(find, () => neutron.createTrunk({ port_id: parent, sub_ports, ...marked }));
  const tagged = await Promise.all(
    ports.map(async ({ id, network_id, fixed_ips: [fixed] }) => ({
      network: network_id,
      port: id,
      vlan: trunk.sub_ports.find(({ port_id }) => port_id === id)!.segmentation_id,
      address: fixed!.ip_address,
      prefixLength: Number((await neutron.subnet(fixed!.subnet_id)).cidr.split("/")[1]),
      mtu: (await neutron.network(network_id)).mtu,
    })),
  );
  return { id: trunk.id, networks: tagged };
}
