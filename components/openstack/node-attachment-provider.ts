import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../errors";
import { openStack } from "./client";
import { Ironic } from "./ironic";
import { description, markedName, type Mark } from "./marks";
import { Neutron, type Port } from "./neutron";

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
}

/** What the state holds of it; the id is the Neutron port's. */
export interface NodeAttachmentState extends NodeAttachmentInputs {
  /** Of the node's network card that is connected. */
  macAddress: string;
  addresses: string[];
}

/** A change of any of these is another connection. */
const IDENTITY = ["cloud", "stack", "name", "node", "network", "address", "port"] as const;

/** Finds the port that an earlier run made and did not live to record, and attaches it where it is not. */
async function create(inputs: NodeAttachmentInputs): Promise<dynamic.CreateResult<NodeAttachmentState>> {
  const { neutron, ironic } = servicesOf(inputs);
  const [port = await make(neutron, inputs)] = await ofMark(neutron, inputs);
  await attach(ironic, inputs, port.id);
  return { id: port.id, outs: await stateOf(neutron, inputs, port.id) };
}

async function diff(id: string, olds: NodeAttachmentState, news: NodeAttachmentInputs): Promise<dynamic.DiffResult> {
  const anew = (replaces: string[]) => ({ changes: true, replaces, deleteBeforeReplace: true });
  const replaces = IDENTITY.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
  if (replaces.length > 0) return anew(replaces);
  const { neutron, ironic } = servicesOf(olds);
  if (!(await neutron.port(id))) return anew(["name"]);
  return { changes: !(await ironic.attached(olds.node)).includes(id) };
}

/** Only a port that was detached leads here: every change of the inputs is a replacement. */
async function update(
  id: string,
  _olds: NodeAttachmentState,
  news: NodeAttachmentInputs,
): Promise<dynamic.UpdateResult<NodeAttachmentState>> {
  const { neutron, ironic } = servicesOf(news);
  await attach(ironic, news, id);
  return { outs: await stateOf(neutron, news, id) };
}

async function read(
  id: string,
  state: NodeAttachmentState,
): Promise<dynamic.ReadResult<NodeAttachmentState | Record<string, never>>> {
  const port = await servicesOf(state).neutron.port(id);
  return port ? { id, props: { ...state, ...seen(port) } } : { id: "", props: {} };
}

/** Also what was made and never recorded. */
async function remove(_id: string, inputs: NodeAttachmentInputs): Promise<void> {
  const { neutron, ironic } = servicesOf(inputs);
  for (const { id } of await ofMark(neutron, inputs)) {
    await ironic.detach(inputs.node, id);
    await neutron.deletePort(id);
  }
}

export const provider: dynamic.ResourceProvider = { create, diff, update, read, delete: remove };

function servicesOf({ cloud }: { cloud: string }): { neutron: Neutron; ironic: Ironic } {
  const account = openStack(cloud);
  return { neutron: new Neutron(account), ironic: new Ironic(account) };
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

async function attach(ironic: Ironic, { node, name, port: card }: NodeAttachmentInputs, port: string): Promise<void> {
  if (!(await ironic.node(node))) {
    throw new UserError(
      `Node ${node} (${name}) is not ours any more, or not there: its lease has ended. Run it again.`,
    );
  }
  if (!(await ironic.attached(node)).includes(port)) await ironic.attach(node, port, card);
}

/** After it is attached the port has the network card's address. */
async function stateOf(neutron: Neutron, inputs: NodeAttachmentInputs, id: string): Promise<NodeAttachmentState> {
  const port = await neutron.port(id);
  if (!port) throw new UserError(`Port ${id} of ${inputs.name} was deleted while it was attached: run it again.`);
  return { ...inputs, ...seen(port) };
}

function seen({ mac_address, fixed_ips }: Port): Pick<NodeAttachmentState, "macAddress" | "addresses"> {
  return { macAddress: mac_address, addresses: fixed_ips.map(({ ip_address }) => ip_address) };
}
