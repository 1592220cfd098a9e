import { fromLeapTime, type Lease, type LeapNode, type Offer } from "./esi-leap";
import { markIn } from "./marks";
import { brokenNodes } from "./offers";

/** What ESI-Leap says, as one account sees it. */
export interface Site {
  offers: Offer[];
  leases: Lease[];
  nodes: LeapNode[];
  /** The account's project, by id. */
  project?: string;
}

/** A time for which a node can be claimed, or is held by this project. */
export interface Window {
  resourceClass: string;
  node: string;
  state: "free" | "held" | "taken";
  /** Absent where that is now. */
  from?: Date;
  /** Absent where there is no end; where the node is taken, absent as nobody says. */
  until?: Date;
  /** Who holds it, or why it cannot be used. */
  note?: string;
}

/** All nodes of a class. */
export interface ClassCapacity {
  resourceClass: string;
  /** Nodes that the site has. */
  nodes: number;
  /** Of these, offered to this project. */
  offered: number;
  /** Of these, to be claimed now. */
  free: number;
  /** Held by this project. */
  held: number;
}

export interface Capacity {
  classes: ClassCapacity[];
  windows: Window[];
}

/** ESI-Leap's word for an offer that does not end. */
const NO_END = 9999;
/** How much this machine's clock may be behind the site's. */
const CLOCKS_DIFFER_MS = 60_000;

/** What can be claimed now and later, and what this project holds; nothing of it is changed. */
export function capacityOf({ offers, leases, nodes, project }: Site, now = new Date()): Capacity {
  const broken = brokenNodes(nodes);
  const open = offers.filter(({ status, end_time }) => status === "available" && fromLeapTime(end_time) > now);
  const windows = [
    ...leases
      .filter(({ project_id }) => project === undefined || project_id === project)
      .map((lease) => heldWindow(lease, now)),
    ...open.flatMap((offer) => offerWindows(offer, now, broken.get(offer.resource_uuid))),
  ];
  return { classes: classesOf(nodes, windows), windows: windows.sort(byClassAndTime) };
}

function heldWindow({ resource_class, resource, resource_uuid, properties, name, ...lease }: Lease, now: Date): Window {
  const mark = markIn(properties);
  const held = mark ? `stack ${mark.stack}, ${mark.name}` : (name ?? "");
  const note = [held, ...(lease.status === "active" ? [] : [lease.status])].filter(Boolean).join(", ");
  return {
    resourceClass: resource_class ?? "",
    node: resource ?? resource_uuid,
    state: "held",
    ...span(lease.start_time, lease.end_time, now),
    ...(note && { note }),
  };
}

/** One for each time that nobody has claimed; one that says so where there is none. */
function offerWindows(offer: Offer, now: Date, note?: string): Window[] {
  const node = { resourceClass: offer.resource_class ?? "", node: offer.resource ?? offer.resource_uuid };
  const free = offer.availabilities.filter(([, end]) => fromLeapTime(end) > now);
  if (free.length === 0) return [{ ...node, state: "taken", ...span(offer.start_time, offer.end_time, now) }];
  return free.map(([start, end]) => ({
    ...node,
    state: "free" as const,
    ...span(start, end, now),
    ...(note && { note }),
  }));
}

function span(start: string, end: string, now: Date): Pick<Window, "from" | "until"> {
  const [from, until] = [fromLeapTime(start), fromLeapTime(end)];
  return {
    ...(from.getTime() > now.getTime() + CLOCKS_DIFFER_MS && { from }),
    ...(until.getUTCFullYear() < NO_END && { until }),
  };
}

function classesOf(nodes: LeapNode[], windows: Window[]): ClassCapacity[] {
  const names = new Set([
    ...nodes.map(({ resource_class }) => resource_class ?? ""),
    ...windows.map((it) => it.resourceClass),
  ]);
  return [...names].sort().map((resourceClass) => {
    const of = windows.filter((window) => window.resourceClass === resourceClass);
    const count = (is: (window: Window) => boolean) => new Set(of.filter(is).map(({ node }) => node)).size;
    return {
      resourceClass,
      nodes: nodes.filter(({ resource_class }) => (resource_class ?? "") === resourceClass).length,
      offered: count(({ state }) => state !== "held"),
      free: count(({ state, from, note }) => state === "free" && !from && !note),
      held: count(({ state }) => state === "held"),
    };
  });
}

const STATES: Window["state"][] = ["free", "held", "taken"];

/** What is free now for the longest time first. */
function byClassAndTime(a: Window, b: Window): number {
  const time = (date: Date | undefined, without: number) => date?.getTime() ?? without;
  return (
    compare(a.resourceClass, b.resourceClass) ||
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    time(a.from, 0) - time(b.from, 0) ||
    time(b.until, Number.MAX_SAFE_INTEGER) - time(a.until, Number.MAX_SAFE_INTEGER) ||
    compare(a.node, b.node)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
