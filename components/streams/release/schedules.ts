import { bundle } from "../../programs/bundle";
import type { Manifest } from "../../kubernetes/object";
import { longestInterval } from "../../kubernetes/cron";
import { renderNamespacedAccess } from "../../workplace/accounts";
import { renderAdmission } from "../../workplace/admission";
import type { Place } from "../../workplace/place";
import { type PeriodicJob, renderPeriodicJob } from "../events/periodics";
import { type Release, type ReleaseContext, releaseName, renderReleaseRun, RUN_TIMEOUT_SECONDS } from "./release";

export interface SchedulesArgs {
  context: ReleaseContext;
  releases: Release[];
  /** Reference of a plain Node image. */
  image: string;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** The account of the CronJobs: it starts the runs of releases at their times, and no others. */
const ACCOUNT = "scheduler";

/** ConfigMap with the program that starts runs, and each release's run. */
const PROGRAM = "scheduled-releases";

const WEEK_SECONDS = 7 * 86_400;

/** Whether releases begin by themselves: at a time of their own, or of the one that they come after. */
export function scheduled(releases: Release[]): Release[] {
  return releases.filter((release) => scheduleOf(release, releases));
}

/** Seconds that a release's schedule leaves between two at most; nothing where it begins by nobody but users. */
export function releaseInterval(release: Release, releases: Release[]): number | undefined {
  const schedule = scheduleOf(release, releases);
  if (!schedule) return undefined;
  return longestInterval(schedule.cron) + ((schedule.weeks ?? 1) - 1) * WEEK_SECONDS;
}

/** What holds the account that starts releases to the runs that the stack has for them. */
export function renderScheduleAdmission({ context, releases }: Omit<SchedulesArgs, "image">): Manifest[] {
  const runs = scheduled(releases).map((release) => renderReleaseRun(release, context, "periodic-$(time)"));
  return renderAdmission([{ account: ACCOUNT, runs }], placeOf(context));
}

/** A CronJob for each release that begins by itself, whose run it creates by a name that is there once for each of its times. */
export function renderSchedules({ context, releases, image, openshift }: SchedulesArgs): Manifest[] {
  const place = placeOf(context);
  const runs = scheduled(releases).map((release) => [fileOf(release), renderReleaseRun(release, context)] as const);
  const data = Object.fromEntries(runs.map(([file, run]) => [file, JSON.stringify(run, undefined, 2)]));
  const program: Manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: PROGRAM, ...place },
    data: { "start-run.js": bundle("startRun"), ...data },
  };
  const rules = [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["get", "create"] }];
  return [
    program,
    ...renderNamespacedAccess(ACCOUNT, rules, place),
    ...scheduled(releases).map((release) =>
      renderPeriodicJob(jobOf(release, releases), { ...place, image, program, account: ACCOUNT, openshift }),
    ),
  ];
}

function jobOf(release: Release, releases: Release[]): PeriodicJob {
  const { name, after } = release;
  const { cron, weeks = 1, since } = scheduleOf(release, releases)!;
  return {
    name: releaseName(release),
    schedule: cron,
    labels: { "okd-streams.io/release": name },
    args: ["/program/start-run.js", `/program/${fileOf(release)}`],
    environment: {
      ...{ WEEKS: String(weeks), ...(since && { SINCE: since }) },
      ...(after && { AFTER: releaseName({ name: after.release }), MINUTES: String(after.minutes) }),
    },
    ...(after && { seconds: RUN_TIMEOUT_SECONDS + after.minutes * 60 + 3600 }),
    // One that still waits for the release before it does not hold back the next.
    concurrencyPolicy: "Allow",
  };
}

function scheduleOf({ schedule, after }: Release, releases: Release[]): Release["schedule"] {
  return schedule ?? releases.find(({ name }) => name === after?.release)?.schedule;
}

function fileOf({ name }: Release): string {
  return `${name}.json`;
}

function placeOf({ namespace, labels }: ReleaseContext): Place {
  return { namespace, labels };
}
