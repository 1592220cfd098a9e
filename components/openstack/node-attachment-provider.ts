import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../errors";
import { openStack } from "./client";
import { findOrMake, keepOnFailure } from "./converge";
import { Ironic } from "./ironic";
import { description, markedName, type Mark } from "./marks";
import { Neutron, type Port } from "./neutron";
import { requireOwner, type Owned, type Owner } from "./owner";
import { trunked, type TrunkState } from "./trunk";

/** Inputs of a node's connection to a network. */
export interface NodeAttachmentInputs extends Mark {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** Uuid of the node. */
  node: string;
  /** Uuid of the network. */
  network: string;
  /** The node's address in it. @default one of the allocation pool */
  address?: string;
  /** Uuid of the network card that is connected, one of the lease's ports. @default one that Ironic chooses */
  port?: string;
  /** Uuids of networks that the node is in too, by tags on the same card. @default none */
  tagged?: string[];
}

/** What the state holds of it; the id is the Neutron port's. */
export interface NodeAttachmentState extends NodeAttachmentInputs, Owned {
  /** Of networks with tags. @default there are none */
  trunk?: TrunkState;
  /** Of the node's network card that is connected. */
  macAddress: string;
  addresses: string[];
}

/** A change of any of these is another connection. */
export const replacedBy = ["stack", "name", "node", "network", "address", "port", "tagged"] as const;

/** Finds the port that an earlier run made and did not live to record, and attaches it where it is not. */
async function create(inputs: NodeAttachmentInputs): Promise<dynamic.CreateResult<NodeAttachmentState>> {
  const services = await servicesOf(inputs);
  const { neutron, account } = services;
  const { address } = inputs;
  const fits = (port: Port) => !address || port.fixed_ips.some(({ ip_address }) => ip_address === address);
  const found = await ofMark(neutron, inputs);
  for (const port of found) if (!fits(port)) await discard(services, inputs, port);
  const find = async () => (await ofMark(neutron, inputs)).find(fits);
  const made = () => findOrMake(find, () => make(neutron, inputs));
  const state = { ...inputs, account };
  const { id } = await keepOnFailure(undefined, state, made);
  return { id, outs: await keepOnFailure(id, state, () => attached(services, inputs, id)) };
}

async function diff(id: string, olds: NodeAttachmentState, news: NodeAttachmentInputs): Promise<dynamic.DiffResult> {
  const anew = (replaces: string[]) => ({ changes: true, replaces, deleteBeforeReplace: true });
  const replaces = replacedBy.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
  const { neutron, ironic } = await servicesOf(news, olds);
  if (replaces.length > 0) return anew(replaces);
  if (!(await neutron.port(id))) return anew(["name"]);
  const noted = !olds.account || olds.cloud !== news.cloud;
  return { changes: noted || !(await ironic.attached(olds.node)).includes(id) };
}

/** For a port that is not attached, and for what is only written down: every other change of the inputs is a replacement. */
async function update(
  id: string,
  olds: NodeAttachmentState,
  news: NodeAttachmentInputs,
): Promise<dynamic.UpdateResult<NodeAttachmentState>> {
  return { outs: await attached(await servicesOf(news, olds), news, id) };
}

async function read(
  id: string,
  state: NodeAttachmentState,
): Promise<dynamic.ReadResult<NodeAttachmentState | Record<string, never>>> {
  const { neutron, account } = await servicesOf(state, state);
  const port = await neutron.port(id);
  return port ? { id, props: { ...state, ...seen(port), account } } : { id: "", props: {} };
}

/** Also what was made and never recorded. */
async function remove(_id: string, state: NodeAttachmentInputs & Owned): Promise<void> {
  const services = await servicesOf(state, state);
  for (const port of await ofMark(services.neutron, state)) await discard(services, state, port);
  const { neutron } = services;
  for (const network of state.tagged ?? [])
    for (const { id } of await ofMark(neutron, { ...state, network })) await neutron.deletePort(id);
}

async function discard({ neutron, ironic }: Services, inputs: NodeAttachmentInputs, { id }: Port): Promise<void> {
  if ((await ironic.attached(inputs.node)).includes(id)) await ironic.detach(inputs.node, id);
  if (inputs.tagged) for (const trunk of await neutron.trunks({ port_id: id })) await neutron.deleteTrunk(trunk.id);
  await neutron.deletePort(id);
}

export const provider: dynamic.ResourceProvider = { create, diff, update, read, delete: remove };

interface Services {
  neutron: Neutron;
  ironic: Ironic;
  account: Owner;
}

/** @throws UserError where it is another account's */
async function servicesOf(
  { cloud, name }: Pick<NodeAttachmentInputs, "cloud" | "name">,
  { account: owner }: Owned = {},
): Promise<Services> {
  const openstack = openStack(cloud);
  const account = await requireOwner(openstack, name, owner);
  return { neutron: new Neutron(openstack), ironic: new Ironic(openstack), account };
}

/** Ports that bear the mark: of a project's own, as it sees no other's. */
function ofMark(neutron: Neutron, inputs: NodeAttachmentInputs): Promise<Port[]> {
  return neutron.ports({ description: description(inputs), network_id: inputs.network });
}

function make(neutron: Neutron, inputs: NodeAttachmentInputs): Promise<Port> {
  const { network, address } = inputs;
  return neutron.createPort({
    network_id: network,
    name: markedName(inputs),
    description: description(inputs),
    ...(address && { fixed_ips: [{ ip_address: address }] }),
  });
}

/** After it is attached the port has the network card's address. */
async function attached(
  { neutron, ironic, account }: Services,
  inputs: NodeAttachmentInputs,
  id: string,
): Promise<NodeAttachmentState> {
  const { node, name, port: card } = inputs;
  if (!(await ironic.node(node))) {
    throw new UserError(
      `Node ${node} (${name}) is not ours any more, or not there: its lease has ended. Run it again.`,
    );
  }
  const trunk = inputs.tagged && (await trunked(neutron, inputs, inputs.tagged, id));
  const find = async () => ((await ironic.attached(node)).includes(id) ? true : undefined);
  await findOrMake(find, () => ironic.attach(node, id, card).then(() => true as const));
  const port = await neutron.port(id);
  if (!port) throw new UserError(`Port ${id} of ${name} was deleted while it was attached: run it again.`);
  return { ...inputs, ...(trunk && { trunk }), ...seen(port), account };
}

function seen({ mac_address, fixed_ips }: Port): Pick<NodeAttachmentState, "macAddress" | "addresses"> {
  return { macAddress: mac_address, addresses: fixed_ips.map(({ ip_address }) => ip_address) };
}
