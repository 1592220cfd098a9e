import { contentsOf, KEYS_SECRET } from "../gate/objects";
import type { Manifest } from "../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../kubernetes/restricted";
import type { Place } from "./objects";
import type { Stream } from "./stream";
import { listenerUrl, STREAM_SET, triggerName } from "./triggers";

/** ConfigMap with the program that periodics run. */
const PROGRAM = "request-build";
const PATH = "/program/request.js";

export interface PeriodicsArgs extends Place {
  /** Reference of a plain Node image. */
  image: string;
  /** The bundled program, components/gate/server/request.ts. */
  program: string;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/**
 * A CronJob for each stream with a schedule, and the program that they run: it asks the EventListener for a build, and
 * asks again where that fails; a Job that failed for good stays to be seen.
 */
export function renderPeriodics(streams: Stream[], args: PeriodicsArgs): Manifest[] {
  const { namespace, labels, program } = args;
  const jobs = streams.flatMap((stream) => (stream.schedule ? [renderCronJob(stream, stream.schedule, args)] : []));
  if (jobs.length === 0) return [];
  const metadata = { name: PROGRAM, namespace, labels };
  return [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: { "request.js": program } }, ...jobs];
}

function renderCronJob(stream: Stream, schedule: string, args: PeriodicsArgs): Manifest {
  const { namespace, labels, image, program, openshift = false } = args;
  const environment = {
    EVENT_LISTENER: listenerUrl(namespace),
    KEYS_FILE: "/keys/keys",
    STREAM: STREAM_SET,
    VERSION: stream.version,
  };
  const template = {
    metadata: { labels, annotations: contentsOf(program) },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod(openshift),
      containers: [
        {
          name: "request",
          image,
          command: ["node", PATH],
          env: [
            ...Object.entries(environment).map(([name, value]) => ({ name, value })),
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
      volumes: [
        { name: "program", configMap: { name: PROGRAM } },
        { name: "keys", secret: { secretName: KEYS_SECRET } },
      ],
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
