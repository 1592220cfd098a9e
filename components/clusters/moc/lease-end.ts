import { fromLeapTime } from "../../openstack/esi-leap";

/** Days before the end of a long lease from which on every run warns of it. */
const AHEAD_DAYS = 7;
const DAY_MS = 86_400_000;

/**
 * What to say ahead of a lease's end: in its last quarter, a week at most.
 *
 * @param start UTC, as ESI-Leap says it: `2026-11-24T00:00:00`
 */
export function warningOfEnd(
  { node, start, end, claimed }: { node: string; start: string; end: string; claimed: boolean },
  now = new Date(),
): string | undefined {
  const from = fromLeapTime(start).getTime();
  const to = fromLeapTime(end).getTime();
  const left = to - now.getTime();
  if (left > Math.min((to - from) / 4, AHEAD_DAYS * DAY_MS)) return undefined;
  const remedy = claimed
    ? "Nobody but an administrator can extend it: save what you need"
    : "Ask its owner or an administrator to extend it, or save what you need";
  return `The lease of ${node} ends at ${end} UTC, and the node is wiped then. ${remedy}.`;
}

/** Hours of a time such as `8h` or `2d`. */
export function hoursOf(lifetime: string): number {
  return Number.parseInt(lifetime, 10) * (lifetime.endsWith("d") ? 24 : 1);
}
