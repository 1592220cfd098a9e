import { bundle } from "../../programs/bundle";
import { contentsOf } from "../../kubernetes/contents";
import type { Manifest } from "../../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../../kubernetes/restricted";
import { ACCOUNT_ENVIRONMENT, renderNamespacedAccess } from "../../workplace/accounts";
import { type Place } from "../../workplace/place";

const NAME = "clean-up";

export interface CleanUpArgs extends Place {
  /** Reference of a plain Node image. */
  image: string;
  /** Ended runs that stay of each stream, Pipeline or Task, architecture and trigger. */
  keepRuns: number;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** Deletes old ended runs every hour, by an account that lists and deletes runs and nothing else. */
export function renderCleanUp(args: CleanUpArgs): Manifest[] {
  const { namespace, labels, image, keepRuns, openshift = false } = args;
  const program = bundle("cleanUp");
  const metadata = { name: NAME, namespace, labels };
  const environment = {
    NAMESPACE: namespace,
    KEEP_RUNS: String(keepRuns),
    API_SERVER: "https://kubernetes.default.svc",
    ...ACCOUNT_ENVIRONMENT,
  };
  const template = {
    metadata: { labels, annotations: contentsOf(program) },
    spec: {
      restartPolicy: "Never",
      serviceAccountName: NAME,
      enableServiceLinks: false,
      securityContext: restrictedPod(openshift),
      containers: [
        {
          name: NAME,
          image,
          command: ["node", "/program/clean-up.js"],
          env: Object.entries(environment).map(([name, value]) => ({ name, value })),
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [{ name: "program", mountPath: "/program", readOnly: true }],
        },
      ],
      volumes: [{ name: "program", configMap: { name: NAME } }],
    },
  };
  return [
    ...renderNamespacedAccess(
      NAME,
      [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns", "taskruns"], verbs: ["list", "delete"] }],
      { namespace, labels },
    ),
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "clean-up.js": program } },
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: {
        schedule: "17 * * * *",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: { backoffLimit: 1, activeDeadlineSeconds: 1800, template } },
      },
    },
  ];
}
