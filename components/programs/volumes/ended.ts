/** What matters here of a PersistentVolumeClaim. */
export interface Claim {
  metadata: {
    name: string;
    uid: string;
    ownerReferences?: { kind: string; uid: string }[];
  };
}

/** A PipelineRun. */
export interface Run {
  metadata: { uid: string };
  status?: { completionTime?: string; conditions?: { type: string; status: string }[] };
}

export interface Pod {
  spec?: { volumes?: { persistentVolumeClaim?: { claimName: string } }[] };
  status?: { phase?: string };
}

export interface Look {
  claims: readonly Claim[];
  runs: readonly Run[];
  pods: readonly Pod[];
  now: Date;
  /** For which a failed run's volume stays, to be looked at. */
  failedHours: number;
}

const HOUR_MS = 3_600_000;

/** Claims that runs made for themselves and need no more: no Pod that names one has anything left to do. */
export function endedClaims({ claims, runs, pods, now, failedHours }: Look): Claim[] {
  const ended = new Set(runs.filter((run) => isOver(run, now, failedHours)).map(({ metadata }) => metadata.uid));
  const used = new Set(
    pods
      .filter(({ status }) => !["Succeeded", "Failed"].includes(status?.phase ?? ""))
      .flatMap(({ spec }) => spec?.volumes ?? [])
      .flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []),
  );
  return claims.filter(
    ({ metadata: { name, ownerReferences = [] } }) =>
      !used.has(name) && ownerReferences.some(({ kind, uid }) => kind === "PipelineRun" && ended.has(uid)),
  );
}

function isOver({ status }: Run, now: Date, failedHours: number): boolean {
  const succeeded = status?.conditions?.find(({ type }) => type === "Succeeded")?.status;
  const time = Date.parse(status?.completionTime ?? "");
  if (Number.isNaN(time)) return false;
  return succeeded === "True" || (succeeded === "False" && now.getTime() >= time + failedHours * HOUR_MS);
}
