const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;

/**
 * The time that Kubernetes scheduled a CronJob's Job for: it has it in its name, in minutes since 1970. All attempts of
 * one Job say the same.
 *
 * @throws Error for a Job of another kind
 */
export function scheduledTime(jobName: string): Date {
  const minutes = Number(/-(\d+)$/.exec(jobName)?.[1]);
  if (!(minutes > 0)) throw new Error(`${jobName} is no name of a CronJob's Job`);
  return new Date(minutes * MINUTE_MS);
}

/** What a Job asks for by this id, it asks for once: `periodic-202611240030`. */
export function periodicId(jobName: string): string {
  return `periodic-${scheduledTime(jobName).toISOString().replace(/[-:T]/g, "").slice(0, 12)}`;
}

/**
 * Whether a time is in a week to do something in: cron knows no "every three weeks". Weeks are counted from midnight
 * (UTC) of a day, whose own is one.
 *
 * @param since the day, `2026-01-05`; without meaning for every week
 */
export function isDue(time: Date, weeks: number, since?: string): boolean {
  if (weeks === 1 && since === undefined) return true;
  const week = Math.floor((time.getTime() - Date.parse(`${since}T00:00:00Z`)) / WEEK_MS);
  return week >= 0 && week % weeks === 0;
}
