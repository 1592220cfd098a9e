import type { BuildsAnswer } from "../../../components/programs/gate/table";
import { minute } from "../minute";
import { messageOf, phaseOf, type TektonRun } from "./task-run";

/** What somebody on call has to look at. */
export interface Attention {
  /** Streams whose schedule has brought no whole build for longer than it leaves between two, in words. */
  overdue: string[];
  /** Of each thing that runs make the newest run that has ended, where it failed, in words. */
  failed: string[];
}

/** A build may take this much of its stream's interval, and an hour, before it is overdue. */
const GRACE = { share: 0.5, seconds: 3600 };

/** Labels that tell what a run makes. */
const MAKES = ["stream", "release", "payload", "operators", "architecture"].map((name) => `okd-streams.io/${name}`);

/** What of the gate's answer and of the runs in the cluster is not as the stack's schedules promise. */
export function attention({ streams }: Pick<BuildsAnswer, "streams">, runs: TektonRun[], now: Date): Attention {
  const overdue = streams.flatMap(({ stream, version, intervalSeconds, lastSuccess }) => {
    // Of a stream that never succeeded the runs speak: when it was deployed is not known here.
    if (intervalSeconds === undefined || lastSuccess === undefined) return [];
    const seconds = (now.getTime() - Date.parse(lastSuccess)) / 1000;
    const allowed = intervalSeconds + Math.max(intervalSeconds * GRACE.share, GRACE.seconds);
    if (seconds <= allowed) return [];
    return [`${stream} ${version}: no whole build since ${minute(lastSuccess)}Z`];
  });
  return {
    overdue,
    failed: newestEnded(runs)
      .filter((run) => phaseOf(run) === "failed")
      .map(failure),
  };
}

/** Of each thing that runs make, the run that ended last. */
function newestEnded(runs: TektonRun[]): TektonRun[] {
  const newest = new Map<string, TektonRun>();
  for (const run of runs) {
    if (!ended(run)) continue;
    const { labels = {} } = run.metadata;
    const key = ["tekton.dev/pipeline", ...MAKES].map((label) => labels[label] ?? "").join(" ");
    const other = newest.get(key);
    if (!other || ended(other)! < ended(run)!) newest.set(key, run);
  }
  return [...newest.values()];
}

/** When a run ended by itself: one that somebody cancelled says nothing of what it makes. */
function ended({ status }: TektonRun): string | undefined {
  const cancelled = status?.conditions?.some(({ reason = "" }) => /^(Cancelled|StoppedRun)/.test(reason));
  return cancelled ? undefined : status?.completionTime;
}

function failure(run: TektonRun): string {
  const message = messageOf(run).trim().split("\n")[0]!;
  return `${run.metadata.name}, ${minute(ended(run)!)}Z: ${message}`;
}
