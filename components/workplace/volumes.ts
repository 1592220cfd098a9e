import { contentsOf } from "../kubernetes/contents";
import type { Manifest } from "../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../kubernetes/restricted";
import type { WorkspaceBinding } from "../pipelines/tekton";
import { bundle } from "../programs/bundle";
import { ACCOUNT_ENVIRONMENT, renderNamespacedAccess } from "./accounts";
import { renderClaimSpec, type Storage } from "./claims";
import type { Place } from "./place";

const NAME = "volumes";

/** Hours for which a failed run's volume stays, to be looked at. */
const FAILED_HOURS = 12;

/** A volume that a run makes for itself, and that goes when the run has ended. */
export function runVolume(workspace: string, storage: Storage): WorkspaceBinding {
  return { name: workspace, volumeClaimTemplate: { spec: renderClaimSpec(storage) } };
}

export interface VolumesArgs extends Place {
  /** Reference of a plain Node image. */
  image: string;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/**
 * Deletes volumes of runs that have ended, every ten minutes: Tekton deletes them with the run alone, which stays for its logs and
 * results. Those of failed runs stay for twelve hours. The account lists runs and pods, and deletes claims.
 */
export function renderVolumesEnded({ namespace, labels, image, openshift = false }: VolumesArgs): Manifest[] {
  const program = bundle("volumes");
  const metadata = { name: NAME, namespace, labels };
  const environment = {
    NAMESPACE: namespace,
    FAILED_HOURS: String(FAILED_HOURS),
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
          command: ["node", "/program/volumes.js"],
          env: Object.entries(environment).map(([name, value]) => ({ name, value })),
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [{ name: "program", mountPath: "/program", readOnly: true }],
        },
      ],
      volumes: [{ name: "program", configMap: { name: NAME } }],
    },
  };
  const rules = [
    { apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["list"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
    { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list", "delete", "patch"] },
  ];
  return [
    ...renderNamespacedAccess(NAME, rules, { namespace, labels }),
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "volumes.js": program } },
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: {
        schedule: "*/10 * * * *",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 600,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: { backoffLimit: 1, activeDeadlineSeconds: 540, template } },
      },
    },
  ];
}
