import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../errors";
import { openStack } from "./client";
import { EsiLeap, leapTime, LIVE, type Lease } from "./esi-leap";
import { markedName, markIn, properties, type Mark } from "./marks";
import { choices, suitable, type Wanted } from "./offers";
import { waitFor } from "./wait";

/** Inputs of a lease: what is to be claimed, or the uuid of one that an owner or administrator has granted. */
export interface LeaseInputs extends Mark, Wanted {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** An existing lease of this project; it is left as it is at the end. @default an offer is claimed */
  uuid?: string;
  /** How long a claimed lease lasts, in hours. Nobody but an administrator can change its end later. */
  hours?: number;
  /** What the site's people read. */
  purpose: string;
}

/** What the state holds of it. Times are UTC: `2026-11-24T00:00:00`. */
export interface LeaseState extends LeaseInputs {
  node: string;
  nodeName: string;
  startTime: string;
  endTime: string;
}

/** A change of any of these is another lease. */
const IDENTITY = ["cloud", "stack", "name", "uuid", "resourceClass", "nodeProperties", "hours"] as const;

/** Minutes from a claim until the node is ours (ESI-Leap looks once a minute), and until it is given back. */
const HAND_OVER = 10;
const GIVE_BACK = 10;

// Resources of one process claim one after the other, so that they do not run after the same offers.
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const mine = turn.then(act, act);
  turn = mine.catch(() => undefined);
  return mine;
}

async function check(_olds: unknown, news: LeaseInputs): Promise<dynamic.CheckResult> {
  const failures: dynamic.CheckFailure[] = [];
  if (news.uuid && (news.resourceClass || news.nodeProperties || news.hours)) {
    failures.push({
      property: "uuid",
      reason: "A lease that exists has its class, properties and end: leave those out.",
    });
  }
  if (!news.uuid && !((news.hours ?? 0) > 0)) {
    failures.push({ property: "hours", reason: "A claim needs its length, in hours above 0: it cannot be extended." });
  }
  return { inputs: news, failures };
}

async function create(inputs: LeaseInputs): Promise<dynamic.CreateResult<LeaseState>> {
  const leap = new EsiLeap(openStack(inputs.cloud));
  const found = inputs.uuid
    ? await adopted(leap, inputs.uuid)
    : await inTurn(async () => (await own(leap, inputs)) ?? claim(leap, inputs));
  const lease = await handedOver(leap, found);
  return { id: lease.uuid, outs: stateOf(inputs, lease) };
}

/** A lease that has ended, was cancelled or taken away is made anew; one whose end was moved is read again. */
async function diff(id: string, olds: LeaseState, news: LeaseInputs): Promise<dynamic.DiffResult> {
  // The new lease has the old one's name, by which it is found: the old one goes first.
  const anew = (replaces: string[]) => ({ changes: true, replaces, deleteBeforeReplace: true });
  const replaces = IDENTITY.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
  if (replaces.length > 0) return anew(replaces);
  const lease = await new EsiLeap(openStack(olds.cloud)).lease(id);
  if (!isLive(lease)) return anew(["name"]);
  return { changes: !isDeepStrictEqual(stateOf(news, lease), pick(olds)) };
}

async function update(id: string, _olds: LeaseState, news: LeaseInputs): Promise<dynamic.UpdateResult<LeaseState>> {
  const lease = await new EsiLeap(openStack(news.cloud)).lease(id);
  if (!isLive(lease)) throw new UserError(`Lease ${id} of ${markedName(news)} has ended just now: run it again.`);
  return { outs: stateOf(news, lease) };
}

async function read(id: string, state: LeaseState): Promise<dynamic.ReadResult<LeaseState | Record<string, never>>> {
  const lease = await new EsiLeap(openStack(state.cloud)).lease(id);
  return isLive(lease) ? { id, props: stateOf(state, lease) } : { id: "", props: {} };
}

async function remove(id: string, state: LeaseState): Promise<void> {
  if (state.uuid) return;
  await release(new EsiLeap(openStack(state.cloud)), id);
}

/** Ends a lease, and waits until it has ended: its node is undeployed then, and no longer ours. */
export async function release(leap: EsiLeap, uuid: string): Promise<void> {
  if (!isOpen(await leap.lease(uuid))) return;
  await leap.end(uuid);
  const ended = await waitFor(async () => (isOpen(await leap.lease(uuid)) ? undefined : true), GIVE_BACK);
  if (ended) return;
  throw new UserError(
    `ESI-Leap did not end lease ${uuid} within ${String(GIVE_BACK)} min, it tries on: run it again, or ask the site's administrators.`,
  );
}

export const provider: dynamic.ResourceProvider = { check, create, diff, update, read, delete: remove };

type LiveLease = Lease & { status: "created" | "active" | "wait fulfill" };

function isLive(lease: Lease | undefined): lease is LiveLease {
  return lease !== undefined && LIVE.includes(lease.status) && lease.status !== "error";
}

/** It has a hold on the node still. */
function isOpen(lease: Lease | undefined): boolean {
  return lease !== undefined && !["deleted", "expired"].includes(lease.status);
}

async function adopted(leap: EsiLeap, uuid: string): Promise<Lease> {
  const lease = await leap.lease(uuid);
  if (isLive(lease)) return lease;
  throw new UserError(
    lease
      ? `Lease ${uuid} is ${lease.status}: ask for another, and name its uuid instead.`
      : `There is no lease ${uuid} for this project: \`openstack esi lease list\` shows those that there are.`,
  );
}

/** What an earlier run claimed and did not live to record. One in error is given back. */
async function own(leap: EsiLeap, mark: LeaseInputs): Promise<Lease | undefined> {
  const ours = (await leap.leases()).filter(
    (lease) =>
      LIVE.includes(lease.status) &&
      isDeepStrictEqual(markIn(lease.properties), { stack: mark.stack, name: mark.name }),
  );
  const [kept, ...surplus] = ours.filter(isLive);
  for (const lease of [...surplus, ...ours.filter((it) => it.status === "error")]) await release(leap, lease.uuid);
  return kept;
}

async function claim(leap: EsiLeap, inputs: LeaseInputs): Promise<Lease> {
  const { hours = 0, purpose } = inputs;
  const offers = await leap.offers();
  const name = markedName(inputs);
  for (const { offer, start, end } of choices(offers, inputs, hours)) {
    const lease = await leap.claim(offer.uuid, {
      name,
      start_time: leapTime(start),
      end_time: leapTime(end),
      purpose,
      properties: properties(inputs),
    });
    if (lease) return lease;
  }
  const what = inputs.resourceClass ? `a node of class ${inputs.resourceClass}` : "a node";
  const count = suitable(offers, inputs).length;
  throw new UserError(
    `No offer lets ${inputs.name} claim ${what} for the next ${String(hours)} h (${String(count)} such offers exist, all ` +
      `taken or ending sooner): \`npm run capacity -- ${inputs.stack}\` shows what is free and for how long.`,
  );
}

async function handedOver(leap: EsiLeap, { uuid, resource_uuid: node }: Lease): Promise<Lease> {
  const lease = await waitFor(async () => {
    const now = await leap.lease(uuid);
    if (now?.status === "active") return now;
    if (isLive(now)) return undefined;
    throw new UserError(
      `ESI-Leap did not hand over node ${node}: lease ${uuid} is ${now?.status ?? "gone"}. Run it again to claim another.`,
    );
  }, HAND_OVER);
  if (lease) return lease;
  throw new UserError(
    `Lease ${uuid} of node ${node} did not become active within ${String(HAND_OVER)} min: run it again, which waits on.`,
  );
}

function stateOf(inputs: LeaseInputs, lease: Lease): LeaseState {
  return pick({
    ...inputs,
    node: lease.resource_uuid,
    nodeName: lease.resource ?? lease.resource_uuid,
    startTime: lease.start_time,
    endTime: lease.end_time,
  });
}

/** Without what Pulumi adds. */
function pick(state: LeaseState): LeaseState {
  const { cloud, stack, name, uuid, resourceClass, nodeProperties, hours, purpose } = state;
  const { node, nodeName, startTime, endTime } = state;
  const all = {
    cloud,
    stack,
    name,
    uuid,
    resourceClass,
    nodeProperties,
    hours,
    purpose,
    node,
    nodeName,
    startTime,
    endTime,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as LeaseState;
}
