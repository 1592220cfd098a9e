import { setTimeout as sleep } from "node:timers/promises";
import { type Build, buildText, type BuildFinished, parseRecordTag } from "../events/build";
import type { Outcome, Verdict } from "./decide";
import type { Gate } from "./gate";
import type { Log } from "../events/log";
import type { GateMetrics } from "./metrics";
import { postEvent } from "../events/post";
import { type RegistryClient, Unavailable } from "./registry";
import type { Settings } from "./settings";

/** What was decided of a build last, as the table of builds shows it. */
export interface BuildState
  extends Build, Pick<Verdict, "outcome" | "message" | "arrived" | "missing" | "since" | "completed"> {
  decided: Date;
}

export interface ReconcilerArgs {
  settings: Pick<Settings, "streams" | "eventListener" | "reconcileSeconds">;
  gate: Gate;
  registry: Pick<RegistryClient, "tags">;
  keys: () => readonly string[];
  metrics: GateMetrics;
  log: Log;
  /** @default the time */
  now?: () => Date;
}

const LISTING_MS = 30_000;

/** Outcomes after which a build is looked at no more: nothing that arrives later changes them. */
const SETTLED: readonly Outcome[] = ["composed", "expired"];

/**
 * Looks through all records in the registry and tells the EventListener of every build that is complete and not composed:
 * an event that was lost, or whose run was never created, is made good. Any number of replicas may do so.
 */
export class Reconciler {
  /** Every build that has records in the registry, the newest first. */
  builds: BuildState[] = [];
  /** When these were looked at; absent: never yet. */
  looked?: Date;
  private readonly settled = new Map<string, BuildState>();

  constructor(private readonly args: ReconcilerArgs) {}

  /** Goes on until the signal says stop; a look that fails is logged, and the next one comes. */
  async run(signal: AbortSignal): Promise<void> {
    const { settings, log } = this.args;
    while (!signal.aborted) {
      try {
        await this.reconcile();
      } catch (error) {
        log("error", { event: "reconcile", message: (error as Error).message });
      }
      // Replicas that began together part.
      const seconds = settings.reconcileSeconds * (0.75 + Math.random() / 4);
      await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look, at everything that can be read. @throws Unavailable where the registry does not say of something what it holds */
  async reconcile(): Promise<void> {
    const { gate, metrics, now = () => new Date() } = this.args;
    const { builds, unread, failures } = await this.listBuilds();
    const shown = new Map(this.builds.map((state) => [buildText(state), state]));
    // What is in a repository that cannot be read just now is shown as it was.
    const states = this.builds.filter((state) => this.recordsOf(state).some((records) => unread.has(records)));
    const known = new Set([...builds, ...states].map(buildText));
    for (const key of this.settled.keys()) if (!known.has(key)) this.settled.delete(key);

    for (const build of builds) {
      const before = this.settled.get(buildText(build));
      if (before) {
        states.push(before);
        continue;
      }
      try {
        const verdict = await gate.decide(build);
        const { outcome, message, arrived, missing, since, completed } = verdict;
        const state = { ...build, outcome, message, arrived, missing, since, completed, decided: now() };
        states.push(state);
        if (SETTLED.includes(outcome)) this.settled.set(buildText(build), state);
        if (outcome === "compose") await this.post(build, arrived[0]!);
      } catch (error) {
        failures.push(error as Error);
        states.push(...[shown.get(buildText(build))].filter((state) => state !== undefined));
      }
    }
    this.builds = states.sort((a, b) => (b.since?.getTime() ?? 0) - (a.since?.getTime() ?? 0));
    this.looked = now();
    metrics.builds.reset();
    for (const { outcome } of states) metrics.builds.inc({ outcome });
    for (const { stream, version } of this.args.settings.streams) {
      const success = lastSuccess(states, { stream, version });
      if (success) metrics.lastSuccess.set({ stream, version }, success.getTime() / 1000);
    }
    const reasons = [...new Set(failures.map(({ message }) => message))];
    if (reasons.length > 0) throw new Unavailable(reasons.join("; "));
    metrics.reconciled.setToCurrentTime();
  }

  /** The builds of all repositories that can be read, and the others. */
  private async listBuilds(): Promise<{ builds: Build[]; unread: Set<string>; failures: Error[] }> {
    const { settings, gate, registry } = this.args;
    const builds = new Map<string, Build>();
    const unread = new Set<string>();
    const failures: Error[] = [];
    for (const records of new Set(settings.streams.map((stream) => stream.records))) {
      const repository = gate.repository(records);
      let tags: string[] = [];
      try {
        tags = await registry.tags(repository, AbortSignal.timeout(LISTING_MS));
      } catch (error) {
        unread.add(records);
        failures.push(new Unavailable(`records of ${repository}: ${(error as Error).message}`));
      }
      for (const tag of tags) {
        const { version, buildId } = parseRecordTag(tag) ?? {};
        const stream = settings.streams.find((one) => one.records === records && one.version === version);
        if (!stream || buildId === undefined) continue;
        const build = { stream: stream.stream, version: stream.version, buildId };
        builds.set(buildText(build), build);
      }
    }
    return { builds: [...builds.values()], unread, failures };
  }

  private recordsOf({ stream, version }: Build): string[] {
    const { streams } = this.args.settings;
    return streams.filter((one) => one.stream === stream && one.version === version).map(({ records }) => records);
  }

  private async post(build: Build, architecture: string): Promise<void> {
    const { settings, keys, metrics, log, now = () => new Date() } = this.args;
    const [key] = keys();
    if (settings.eventListener === undefined || key === undefined) return;
    const event = { schema: 1, type: "build-finished", ...build, architecture } as BuildFinished;
    try {
      await postEvent(settings.eventListener, event, key, now());
      metrics.reposts.inc({ result: "sent" });
      log("info", { event: "repost", message: `${buildText(build)}: told to the EventListener again` });
    } catch (error) {
      metrics.reposts.inc({ result: "failed" });
      const { message } = error as Error;
      log("error", { event: "repost", message: `${buildText(build)}: the EventListener cannot be told: ${message}` });
    }
  }
}

/** When the newest build of a stream that is whole, as one list of all its architectures, was complete; absent: none is there. */
export function lastSuccess(
  builds: readonly BuildState[],
  { stream, version }: Pick<Build, "stream" | "version">,
): Date | undefined {
  const times = builds
    .filter((build) => build.stream === stream && build.version === version && build.outcome === "composed")
    .map(({ completed }) => completed?.getTime() ?? 0);
  const newest = Math.max(0, ...times);
  return newest > 0 ? new Date(newest) : undefined;
}
