/** A Tekton object as far as following needs it: a TaskRun or a PipelineRun. */
export interface TektonRun {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  status?: {
    conditions?: { type: string; status: "True" | "False" | "Unknown"; reason?: string; message?: string }[];
    startTime?: string;
    completionTime?: string;
    podName?: string;
    steps?: StepState[];
    skippedTasks?: { name: string; reason?: string }[];
    results?: { name: string; value: unknown }[];
  };
}

export interface StepState {
  name: string;
  container?: string;
  terminated?: { exitCode: number; reason?: string };
}

/** `waiting` until a pod runs. */
export type Phase = "waiting" | "running" | "succeeded" | "failed";

export function phaseOf({ status }: TektonRun): Phase {
  const succeeded = status?.conditions?.find(({ type }) => type === "Succeeded");
  if (succeeded?.status === "True") return "succeeded";
  if (succeeded?.status === "False") return "failed";
  return status?.startTime && succeeded?.reason === "Running" ? "running" : "waiting";
}

/** Why a run is where it is, in Tekton's words. */
export function messageOf({ status }: TektonRun): string {
  const succeeded = status?.conditions?.find(({ type }) => type === "Succeeded");
  return succeeded?.message ?? succeeded?.reason ?? "";
}

/** Tekton's word for where a run is, and its message. */
export function explanationOf({ status }: TektonRun): string {
  const succeeded = status?.conditions?.find(({ type }) => type === "Succeeded");
  return [succeeded?.reason, succeeded?.message].filter(Boolean).join(": ");
}

/** Seconds between start and end, where both are known. */
export function secondsOf({ status }: TektonRun): number | undefined {
  if (!status?.startTime || !status.completionTime) return undefined;
  return Math.round((Date.parse(status.completionTime) - Date.parse(status.startTime)) / 1000);
}

/** The Pipeline's name for a task, with the parameters of its matrix where it is one of several. */
export function taskOf({ metadata: { name, labels } }: TektonRun): string {
  return labels?.["tekton.dev/pipelineTask"] ?? name;
}

/** The first step that failed. */
export function failedStep({ status }: TektonRun): StepState | undefined {
  return status?.steps?.find(({ terminated }) => terminated !== undefined && terminated.exitCode !== 0);
}
