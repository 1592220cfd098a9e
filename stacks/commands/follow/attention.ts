import type { BuildsAnswer } from "../../../components/programs/gate/table";
import { failedRuns, isOverdue } from "../../../components/programs/status/attention";
import { type PipelineRunObject, runOf } from "../../../components/programs/status/run";
import { UserError } from "../../../components/errors";
import { minute } from "../minute";

/** What somebody on call has to look at. */
export interface Attention {
  /** Streams whose schedule has brought no whole build for longer than it leaves between two, in words. */
  overdue: string[];
  /** Of each thing that runs make the newest run that has ended, where it failed, in words. */
  failed: string[];
}

/** What of the gate's answer and of the runs in the cluster is not as the stack's schedules promise. */
export function attention({ streams }: Pick<BuildsAnswer, "streams">, runs: PipelineRunObject[], now: Date): Attention {
  return {
    overdue: streams
      .filter((stream) => isOverdue(stream, now))
      .map(({ stream, version, lastSuccess }) => `${stream} ${version}: no whole build since ${minute(lastSuccess!)}Z`),
    failed: failedRuns(runs.map(runOf)).map(({ name, ended, message }) => `${name}, ${minute(ended!)}Z: ${message}`),
  };
}

/** @throws UserError that lists all of it, where somebody has to look at something */
export function requireNoAttention(stack: string, { overdue, failed }: Attention): void {
  const troubles = [...overdue.map((text) => `overdue: ${text}`), ...failed.map((text) => `failed: ${text}`)];
  if (troubles.length > 0) throw new UserError(`Stack ${stack} needs somebody:\n  ${troubles.join("\n  ")}`);
}
