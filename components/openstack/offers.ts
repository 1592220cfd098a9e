import { UserError } from "../errors";
import { fromLeapTime, type LeapNode, type Offer } from "./esi-leap";
import { brokenReason } from "./node-states";

/** What a node has to be. */
export interface Wanted {
  /** Ironic's resource class. @default any */
  resourceClass?: string;
  /** Conditions on its properties, as `cpu_arch=x86_64` or `memory_mb>=65536`. @default none */
  nodeProperties?: string[];
}

/** An offer, and the time for which it can be claimed. */
export interface Choice {
  offer: Offer;
  start: Date;
  end: Date;
}

/** How much this machine's clock may be behind the site's: an offer made just now is not yet there for it. */
const CLOCKS_DIFFER_MS = 60_000;

interface Condition {
  property: string;
  operator: string;
  operand: string;
}

const OPERATORS: Record<string, (have: string, operand: string) => boolean> = {
  "=": (have, operand) => have === operand,
  "!=": (have, operand) => have !== operand,
  ">=": (have, operand) => Number(have) >= Number(operand),
  "<=": (have, operand) => Number(have) <= Number(operand),
  ">": (have, operand) => Number(have) > Number(operand),
  "<": (have, operand) => Number(have) < Number(operand),
};

/** @throws UserError that names a condition which is none */
export function conditionsIn({ nodeProperties = [] }: Wanted): Condition[] {
  return nodeProperties.map((text) => {
    const [, property, operator, operand] = /^\s*([\w.:-]+)\s*(>=|<=|!=|=|>|<)\s*(\S.*?)\s*$/.exec(text) ?? [];
    const isComparison = operator && /^[<>]/.test(operator);
    if (!property || !operator || !operand || (isComparison && Number.isNaN(Number(operand)))) {
      throw new UserError(
        `nodeProperties: found ${text}, expected a condition like cpu_arch=x86_64 or memory_mb>=65536.`,
      );
    }
    return { property, operator, operand };
  });
}

/** Whether a node's properties are what is wanted; one that it does not have is not. */
export function hasProperties(have: Record<string, unknown> | null, conditions: Condition[]): boolean {
  return conditions.every(({ property, operator, operand }) => {
    const value = have?.[property];
    if (value === undefined || value === null) return false;
    const text = typeof value === "object" ? JSON.stringify(value) : String(value as string | number);
    return OPERATORS[operator]!(text, operand);
  });
}

/** Offers of such nodes, whether they are free or not. */
export function suitable(offers: Offer[], wanted: Wanted): Offer[] {
  const { resourceClass } = wanted;
  const conditions = conditionsIn(wanted);
  return offers.filter(
    (offer) =>
      offer.status === "available" &&
      (!resourceClass || offer.resource_class === resourceClass) &&
      hasProperties(offer.resource_properties, conditions),
  );
}

/** Why nodes cannot be used by whoever claims them now, by their uuids. What ESI-Leap does not list is not known to be broken. */
export function brokenNodes(nodes: LeapNode[]): Map<string, string> {
  return new Map(
    nodes.flatMap((node) => {
      const reason = brokenReason(node);
      return reason ? [[node.uuid, reason] as const] : [];
    }),
  );
}

/** For a sentence: how many offers there are of such nodes, and what is wrong with some. */
export function countOf(offers: Offer[], broken: Map<string, string>): string {
  const reasons = offers.flatMap(({ resource_uuid }) => broken.get(resource_uuid) ?? []);
  const counts = [...new Set(reasons)].sort().map((it) => `${String(reasons.filter((of) => of === it).length)} ${it}`);
  return [String(offers.length), ...counts].join(", ");
}

/**
 * Offers that can be claimed from now on for so long, those that end first before the others: long windows are left to
 * whoever needs them. Nodes that are broken are none.
 *
 * @param broken see {@link brokenNodes}
 */
export function choices(
  offers: Offer[],
  wanted: Wanted,
  hours: number,
  now = new Date(),
  broken = new Map<string, string>(),
): Choice[] {
  return suitable(offers, wanted)
    .filter(({ resource_uuid }) => !broken.has(resource_uuid))
    .flatMap((offer) => {
      const windows = offer.availabilities.map(([start, end]) => ({
        from: fromLeapTime(start),
        to: fromLeapTime(end),
      }));
      return windows.flatMap(({ from, to }) => {
        if (from.getTime() > now.getTime() + CLOCKS_DIFFER_MS) return [];
        // ESI-Leap takes whole seconds.
        const start = new Date(Math.ceil(Math.max(now.getTime(), from.getTime()) / 1000) * 1000);
        const end = new Date(start.getTime() + hours * 3_600_000);
        return end <= to ? [{ choice: { offer, start, end }, to }] : [];
      });
    })
    .sort((a, b) => a.to.getTime() - b.to.getTime() || (a.choice.offer.uuid < b.choice.offer.uuid ? -1 : 1))
    .map(({ choice }) => choice);
}
