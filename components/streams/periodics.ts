import { contentsOf } from "../gate/objects";
import type { Manifest } from "../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../kubernetes/restricted";
import type { Place } from "./objects";
import { REQUEST_PATHS, REQUEST_PROGRAM } from "./requests";
import type { Stream } from "./stream";
import { triggerName } from "./triggers";

export interface PeriodicsArgs extends Place {
  /** Reference of a plain Node image. */
  image: string;
  /** ConfigMap with the program that asks for builds. */
  program: Manifest;
  /** Volume with the keys to sign with. */
  keys: object;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/**
 * A CronJob for each stream with a schedule: it asks for a build, and asks again where that fails; a Job that failed for
 * good stays to be seen.
 */
export function renderPeriodics(streams: Stream[], args: PeriodicsArgs): Manifest[] {
  return streams.flatMap((stream) => (stream.schedule ? [renderCronJob(stream, stream.schedule, args)] : []));
}

function renderCronJob(stream: Stream, schedule: string, args: PeriodicsArgs): Manifest {
  const { namespace, labels, image, program, keys, openshift = false } = args;
  const template = {
    metadata: { labels, annotations: contentsOf(...Object.values(program.data as Record<string, string>)) },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod(openshift),
      containers: [
        {
          name: "request",
          image,
          command: ["node", REQUEST_PATHS.program, REQUEST_PATHS.settings],
          env: [
            { name: "VERSION", value: stream.version },
            {
              name: "JOB_NAME",
              valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
            },
          ],
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "128Mi" } },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [
            { name: "program", mountPath: "/program", readOnly: true },
            { name: "keys", mountPath: "/keys", readOnly: true },
          ],
        },
      ],
      volumes: [{ name: "program", configMap: { name: REQUEST_PROGRAM } }, keys],
    },
  };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: triggerName(stream), namespace, labels: { ...labels, "okd-streams.io/stream": stream.version } },
    spec: {
      schedule,
      concurrencyPolicy: "Forbid",
      // A cluster that was away for a while makes one build up for, not all of them.
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: { spec: { backoffLimit: 3, activeDeadlineSeconds: 1800, template } },
    },
  };
}
