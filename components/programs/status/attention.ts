import { MAKES, type Run } from "./run";

/** A build may take this much of its stream's interval, and an hour, before it is overdue. */
const GRACE = { share: 0.5, seconds: 3600 };

/**
 * Whether something that is to come once in an interval has not come for too long. What never came is never overdue: its runs speak, and
 * when it was deployed is not known here.
 */
export function isOverdue(
  { intervalSeconds, lastSuccess }: { intervalSeconds?: number; lastSuccess?: string },
  now: Date,
): boolean {
  if (intervalSeconds === undefined || lastSuccess === undefined) return false;
  const seconds = (now.getTime() - Date.parse(lastSuccess)) / 1000;
  return seconds > intervalSeconds + Math.max(intervalSeconds * GRACE.share, GRACE.seconds);
}

/** Of each thing that runs make the newest that has ended by itself, where it failed; what strangers propose is theirs to look at. */
export function failedRuns(runs: readonly Run[]): Run[] {
  const newest = new Map<string, Run>();
  for (const run of runs) {
    if (run.ended === undefined || run.phase === "cancelled" || run.pullRequest) continue;
    const key = JSON.stringify([run.pipeline, run.architecture, ...MAKES.map((name) => run.makes[name])]);
    const other = newest.get(key);
    if (!other || other.ended! < run.ended) newest.set(key, run);
  }
  return [...newest.values()].filter(({ phase }) => phase === "failed");
}
