import type { Manifest } from "../kubernetes/object";
import type { WorkspaceBinding } from "../pipelines/tekton";
import { bundle } from "../programs/bundle";
import type { Place } from "./place";
import { renderProgramJob } from "./program-job";

/** Hours for which a failed run's volume stays, to be looked at. */
const FAILED_HOURS = 12;

/** Size and class of a volume; absent: the cluster's default class. */
interface Storage {
  size: string;
  storageClass: string | undefined;
}

/** A volume that a run makes for itself, and that goes when the run has ended: no two runs share one. */
export function runVolume(workspace: string, { size, storageClass }: Storage): WorkspaceBinding {
  const spec = {
    accessModes: ["ReadWriteOnce"],
    ...(storageClass && { storageClassName: storageClass }),
    resources: { requests: { storage: size } },
  };
  return { name: workspace, volumeClaimTemplate: { spec } };
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
export function renderVolumesEnded({ namespace, labels, image, openshift }: VolumesArgs): Manifest[] {
  return renderProgramJob(
    {
      name: "volumes",
      program: bundle("volumes"),
      ...{ image, openshift },
      rules: [
        { apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["list"] },
        { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
        { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list", "delete", "patch"] },
      ],
      environment: { FAILED_HOURS: String(FAILED_HOURS) },
      ...{ schedule: "*/10 * * * *", startingDeadlineSeconds: 600, activeDeadlineSeconds: 540 },
    },
    { namespace, labels },
  );
}
