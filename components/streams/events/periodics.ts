import { contentsOf } from "../../kubernetes/contents";
import type { Manifest } from "../../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../../kubernetes/restricted";
import type { Place } from "../../workplace/place";
import { REQUEST_PATHS, runsEnvironment } from "./requests";
import type { Stream } from "../scos/stream";
import { triggerName } from "./triggers";

export interface PeriodicsArgs extends Place {
  /** Reference of a plain Node image. */
  image: string;
  /** ConfigMap with the program that asks. */
  program: Manifest;
  /** ServiceAccount of the Jobs, which sees runs. */
  account: string;
  /** Volume `keys`, with what signs events. @default there are none to sign */
  keys?: object;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** What one CronJob asks for, and when. */
export interface PeriodicJob {
  name: string;
  schedule: string;
  labels: Record<string, string>;
  /** Arguments of Node: the program among the ConfigMap's files, in `/program`. */
  args: string[];
  environment: Record<string, string>;
  /** Seconds in which a Job has to end. @default 1800 */
  seconds?: number;
  /** What becomes of a Job whose time comes while the one before runs. @default Forbid: it waits, for an hour at most */
  concurrencyPolicy?: "Allow" | "Forbid";
}

/**
 * A CronJob for each stream with a schedule: it asks for a build, and asks again where that fails; a Job that failed for
 * good stays to be seen.
 */
export function renderPeriodics(streams: Stream[], args: PeriodicsArgs): Manifest[] {
  return streams.flatMap((stream) => {
    const { version, schedule } = stream;
    if (!schedule) return [];
    const labels = { "okd-streams.io/stream": version };
    const command = [REQUEST_PATHS.program, REQUEST_PATHS.settings];
    const job = { name: triggerName(stream), schedule, labels, args: command, environment: { VERSION: version } };
    return [renderPeriodicJob(job, args)];
  });
}

/** A CronJob with a program that asks Kubernetes as its account. */
export function renderPeriodicJob(job: PeriodicJob, args: PeriodicsArgs): Manifest {
  const { namespace, labels, image, program, account, keys, openshift = false } = args;
  const { name, schedule, environment, seconds = 1800, concurrencyPolicy = "Forbid" } = job;
  const template = {
    metadata: { labels, annotations: contentsOf(...Object.values(program.data as Record<string, string>)) },
    spec: {
      restartPolicy: "Never",
      serviceAccountName: account,
      enableServiceLinks: false,
      securityContext: restrictedPod(openshift),
      containers: [
        {
          name: "request",
          image,
          command: ["node", ...job.args],
          env: [
            ...Object.entries({ ...environment, ...runsEnvironment(namespace) }).map(([key, value]) => ({
              name: key,
              value,
            })),
            {
              name: "JOB_NAME",
              valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
            },
          ],
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "128Mi" } },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [
            { name: "program", mountPath: "/program", readOnly: true },
            ...(keys ? [{ name: "keys", mountPath: "/keys", readOnly: true }] : []),
          ],
        },
      ],
      volumes: [{ name: "program", configMap: { name: program.metadata.name } }, ...(keys ? [keys] : [])],
    },
  };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, namespace, labels: { ...labels, ...job.labels } },
    spec: {
      schedule,
      timeZone: "Etc/UTC",
      concurrencyPolicy,
      // A cluster that was away for a while makes one run up for, not all of them.
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: { spec: { backoffLimit: 3, activeDeadlineSeconds: seconds, template } },
    },
  };
}
