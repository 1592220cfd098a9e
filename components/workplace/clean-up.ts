import type { Manifest } from "../kubernetes/object";
import { bundle } from "../programs/bundle";
import type { KeptRuns } from "../programs/clean-up/surplus";
import type { Place } from "./place";
import { renderProgramJob } from "./program-job";

export interface CleanUpArgs extends Place {
  /** Reference of a plain Node image. */
  image: string;
  /** Ended runs that stay of each thing that runs make, Pipeline or Task, architecture and trigger. */
  kept: KeptRuns;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** Deletes old ended runs every hour, by an account that lists and deletes runs and nothing else. */
export function renderCleanUp({ namespace, labels, image, kept, openshift }: CleanUpArgs): Manifest[] {
  return renderProgramJob(
    {
      name: "clean-up",
      program: bundle("cleanUp"),
      ...{ image, openshift },
      rules: [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns", "taskruns"], verbs: ["list", "delete"] }],
      environment: { KEEP: JSON.stringify(kept) },
      ...{ schedule: "17 * * * *", startingDeadlineSeconds: 3600, activeDeadlineSeconds: 1800 },
    },
    { namespace, labels },
  );
}
