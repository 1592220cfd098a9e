import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../errors";
import { openStack, type OpenStack } from "./client";
import { findOrMake, keepOnFailure, UNKNOWN_ID } from "./converge";
import { EsiLeap, leapTime, type Lease } from "./esi-leap";
import { Ironic } from "./ironic";
import { granted, holds, ofMark, release, whatBecameOf } from "./leases";
import { DIGEST, digestOf, properties, type Mark } from "./marks";
import { brokenNodes, choices, conditionsIn, countOf, suitable, type Wanted } from "./offers";
import { requireOwner, type Owned } from "./owner";
import { refusalToDeploy } from "./rights";
import { waitFor } from "./wait";

/** Where a lease comes from. */
export type LeaseSource =
  /** An offer is claimed, for so many hours from now on. */
  | { offer: Wanted; hours: number }
  /** Name or uuid of a node that this project owns and leases to itself, for so many hours from now on. */
  | { node: string; hours: number }
  /** Uuid of a lease that was granted to this project. It is left as it is at the end. */
  | { uuid: string };

/** Inputs of a lease of one node. */
export interface LeaseInputs extends Mark {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** Only an administrator can change the end later: other `hours` are those of the next lease. */
  source: LeaseSource;
  /** What the site's people read. */
  purpose: string;
}

/** A network card of a node. */
export interface NodePort {
  uuid: string;
  /** MAC address. */
  address: string;
  /** Name of the physical network that it is at. @default Ironic does not say */
  physicalNetwork?: string;
  /** As the node's owner calls it: `nic1`. @default Ironic does not say, or is older than its API 1.88 */
  name?: string;
}

/** What the state holds of it. Times are UTC: `2026-11-24T00:00:00`. */
export interface LeaseState extends LeaseInputs, Owned {
  node: string;
  nodeName: string;
  resourceClass: string;
  startTime: string;
  endTime: string;
  ports: NodePort[];
  /** How the node boots, as Ironic says it: `ipxe`. @default it does not say */
  bootInterface?: string;
}

/** ESI-Leap has room for so much; only people read it, the mark is in the properties. */
const NAME_LENGTH = 35;

/** Minutes from a claim until the node is ours: ESI-Leap looks once a minute. */
const HAND_OVER = 10;

// Resources of one process claim one after the other, so that they do not run after the same offers.
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const mine = turn.then(act, act);
  turn = mine.catch(() => undefined);
  return mine;
}

async function check(_olds: unknown, news: LeaseInputs): Promise<dynamic.CheckResult> {
  const failures: dynamic.CheckFailure[] = [];
  const { source } = news;
  if ("hours" in source && !(source.hours > 0)) {
    failures.push({ property: "source", reason: `hours: found ${String(source.hours)}, expected more than 0.` });
  }
  try {
    if ("offer" in source) conditionsIn(source.offer);
  } catch (error) {
    failures.push({ property: "source", reason: (error as Error).message });
  }
  return { inputs: news, failures };
}

/** Takes up what an earlier run claimed and did not live to record. */
async function create(inputs: LeaseInputs): Promise<dynamic.CreateResult<LeaseState>> {
  const cloud = openStack(inputs.cloud);
  const state = { ...inputs, account: await requireOwner(cloud, inputs.name, undefined) };
  const { source } = inputs;
  const claimed = () => keepOnFailure(undefined, state, () => claimOnce(cloud, inputs));
  const lease = "uuid" in source ? await granted(cloud, source.uuid) : await inTurn(claimed);
  const work = () => handedOver(cloud, state, lease.uuid);
  const outs = await keepOnFailure(lease.uuid, state, work);
  const refusal = "uuid" in source ? undefined : await refusalOf(cloud, outs);
  if (!refusal) return { id: lease.uuid, outs };
  await keepOnFailure(lease.uuid, state, () => release(cloud, lease));
  throw refusal;
}

/** Another of these is another lease; other hours are those of the next one. */
export const replacedBy = ["stack", "name", "source.offer", "source.node", "source.uuid"];

/** A lease that has ended, was cancelled or taken away is made anew; one whose end was moved is read again. */
async function diff(id: string, olds: LeaseState, news: LeaseInputs): Promise<dynamic.DiffResult> {
  // The new lease has the old one's name, by which it is found: the old one goes first.
  const anew = (replaces: string[]) => ({ changes: true, replaces, deleteBeforeReplace: true });
  const cloud = openStack(news.cloud);
  await requireOwner(cloud, news.name, olds.account);
  const replaces = (["stack", "name"] as const).filter((key) => olds[key] !== news[key]) as string[];
  const isWanted = isDeepStrictEqual(wantedOf(olds), wantedOf(news));
  // A claim whose end was moved may be named by its uuid from then on.
  const isNamed = "uuid" in news.source && news.source.uuid === id;
  if (!isWanted && !isNamed) replaces.push("source");
  if (replaces.length > 0) return anew(replaces);
  const lease = await new EsiLeap(cloud).lease(id);
  if (!holds(lease)) {
    console.error(`Lease ${id} (${olds.name}) ${whatBecameOf(lease)}: another takes its place.`);
    return anew(["endTime"]);
  }
  // A run that failed has recorded none.
  if (olds.endTime && lease.end_time !== olds.endTime) {
    console.error(`The end of lease ${id} (${olds.name}) was moved from ${olds.endTime} to ${lease.end_time}.`);
  }
  const noted = !olds.account || olds.cloud !== news.cloud;
  return { changes: noted || !isWanted || lease.end_time !== olds.endTime };
}

/** For a moved end, and for a lease that an earlier run did not see become active. */
async function update(id: string, olds: LeaseState, news: LeaseInputs): Promise<dynamic.UpdateResult<LeaseState>> {
  const cloud = openStack(news.cloud);
  const account = await requireOwner(cloud, news.name, olds.account);
  return { outs: await handedOver(cloud, { ...news, account }, id) };
}

async function read(id: string, state: LeaseState): Promise<dynamic.ReadResult<LeaseState | Record<string, never>>> {
  const cloud = openStack(state.cloud);
  const account = await requireOwner(cloud, state.name, state.account);
  const lease = await new EsiLeap(cloud).lease(id);
  return holds(lease) ? { id, props: await stateOf(cloud, { ...state, account }, lease) } : { id: "", props: {} };
}

/** Also what was claimed and never recorded. */
async function remove(id: string, { source, cloud: named, stack, name, account }: LeaseInputs & Owned): Promise<void> {
  if ("uuid" in source) return;
  const cloud = openStack(named);
  await requireOwner(cloud, name, account);
  // A state of an earlier version does not say whose it is: ESI-Leap does, as it shows nobody another project's lease.
  if (!account && id !== UNKNOWN_ID) await new EsiLeap(cloud).lease(id);
  for (const lease of await ofMark(cloud, { stack, name })) await release(cloud, lease);
}

export const provider: dynamic.ResourceProvider = { check, create, diff, update, read, delete: remove };

/** Whether a lease was made for what is asked for, whatever its hours. One of an earlier version does not say what it is for. */
export function isForSource({ properties }: Lease, source: LeaseSource): boolean {
  const wanted = properties?.[DIGEST];
  return wanted === undefined || wanted === digestOf(wantedOf({ source }));
}

/** What is asked for, without for how long. */
function wantedOf({ source }: Pick<LeaseInputs, "source">): unknown {
  return "hours" in source ? { ...source, hours: undefined } : source;
}

/** The lease that bears the mark, claimed unless it is there. Of several, made by runs that overlapped, one is kept. */
async function claimOnce(cloud: OpenStack, inputs: LeaseInputs): Promise<Lease> {
  const wanted = digestOf(wantedOf(inputs));
  const fits = (lease: Lease) => holds(lease) && lease.properties?.[DIGEST] === wanted;
  const find = async () => (await ofMark(cloud, inputs)).find(fits);
  const { uuid } = await findOrMake(find, () => claim(cloud, inputs));
  const all = await ofMark(cloud, inputs);
  const kept = all.find(fits);
  for (const lease of all) if (lease !== kept) await release(cloud, lease);
  if (kept) return kept;
  throw new UserError(`Lease ${uuid} (${inputs.name}) was taken away at once: run it again.`);
}

async function claim(cloud: OpenStack, inputs: LeaseInputs): Promise<Lease> {
  const leap = new EsiLeap(cloud);
  const { source, purpose, name } = inputs;
  if ("uuid" in source) return granted(cloud, source.uuid);
  const what = {
    name: `${inputs.stack}-${inputs.name}`.slice(0, NAME_LENGTH),
    purpose,
    properties: { ...properties(inputs), [DIGEST]: digestOf(wantedOf(inputs)) },
  };
  const times = (start: Date, end: Date) => ({ start_time: leapTime(start), end_time: leapTime(end) });
  const { hours } = source;
  if ("node" in source) {
    const start = new Date();
    const end = new Date(start.getTime() + hours * 3_600_000);
    const project_id = (await cloud.projectId())!;
    const lease = { ...what, ...times(start, end), resource_uuid: source.node, project_id };
    const granted = await leap.grant(lease);
    if (granted) return granted;
    throw new UserError(
      `Node ${source.node} is leased or offered to somebody in the next ${String(hours)} h (${name}): ` +
        `\`openstack esi lease list\` shows by whom. Wait, or name another node.`,
    );
  }
  const { offer: wanted } = source;
  const offers = await leap.offers(wanted.resourceClass);
  const broken = brokenNodes(await leap.nodes());
  for (const { offer, start, end } of choices(offers, wanted, hours, new Date(), broken)) {
    const lease = await leap.claim(offer.uuid, { ...what, ...times(start, end) });
    if (lease) return lease;
  }
  const node = wanted.resourceClass ? `a node of class ${wanted.resourceClass}` : "a node";
  const conditions = wanted.nodeProperties?.length ? ` with ${wanted.nodeProperties.join(", ")}` : "";
  const found = suitable(offers, wanted);
  throw new UserError(
    `No offer lets ${name} claim ${node}${conditions} for the next ${String(hours)} h (offers of such nodes: ` +
      `${countOf(found, broken)}${found.length > 0 ? ", taken or ending sooner" : ""}): \`npm run capacity -- ${inputs.stack}\` shows ` +
      `what is free and for how long.`,
  );
}

/** Of a node that could not be deployed: what a site lets a lessee do shows only on a node that is held. */
async function refusalOf(cloud: OpenStack, { node, nodeName, name }: LeaseState): Promise<UserError | undefined> {
  const refusal = await refusalToDeploy(cloud, node);
  if (!refusal) return undefined;
  return new UserError(
    `The account of ${cloud.credentials.name} may not deploy node ${nodeName} (${name}): ${refusal.message} Ask the site to let ` +
      `lessees do so. The node was given back.`,
    3,
  );
}

/** Waits until ESI-Leap has given the node to the lease. */
async function handedOver(cloud: OpenStack, inputs: LeaseInputs & Owned, uuid: string): Promise<LeaseState> {
  const leap = new EsiLeap(cloud);
  const lease = await waitFor(async () => {
    const now = await leap.lease(uuid);
    if (now?.status === "active") return now;
    if (holds(now)) return undefined;
    throw new UserError(
      `Lease ${uuid} (${inputs.name}) ${whatBecameOf(now)}, so its node was not handed over: run it again, which claims another.`,
    );
  }, HAND_OVER);
  if (lease) return stateOf(cloud, inputs, lease);
  throw new UserError(
    `Lease ${uuid} (${inputs.name}) did not become active within ${String(HAND_OVER)} min: run it again, which waits on.`,
  );
}

async function stateOf(cloud: OpenStack, inputs: LeaseInputs & Owned, lease: Lease): Promise<LeaseState> {
  const { stack, name, source, purpose, account } = inputs;
  const ironic = new Ironic(cloud);
  const node = await ironic.node(lease.resource_uuid);
  return {
    cloud: inputs.cloud,
    stack,
    name,
    source,
    purpose,
    account,
    node: lease.resource_uuid,
    nodeName: lease.resource ?? lease.resource_uuid,
    resourceClass: lease.resource_class ?? "",
    startTime: lease.start_time,
    endTime: lease.end_time,
    ports: (await ironic.ports(lease.resource_uuid)).map(({ uuid, address, physical_network, name: card }) => ({
      uuid,
      address,
      ...(physical_network && { physicalNetwork: physical_network }),
      ...(card && { name: card }),
    })),
    ...(node?.boot_interface && { bootInterface: node.boot_interface }),
  };
}
