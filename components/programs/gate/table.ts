import type * as http from "node:http";
import { type BuildState, lastSuccess, type Reconciler } from "./reconcile";
import type { GateStream } from "./settings";

type Looks = Pick<Reconciler, "builds" | "looked">;

/** What `GET /builds` says as JSON; times are ISO 8601. */
export interface BuildsAnswer {
  /** When all records were looked through last; absent: never yet. */
  looked?: string;
  /** What makes a build complete, when the newest that is whole was, and what the schedule promises. */
  streams: (Pick<GateStream, "stream" | "version" | "architectures" | "intervalSeconds"> & { lastSuccess?: string })[];
  /** Builds that have records, the newest first. */
  builds: (Omit<BuildState, "since" | "completed" | "decided"> & {
    since?: string;
    completed?: string;
    decided: string;
  })[];
}

/** Answers with all builds. */
export function builds(response: http.ServerResponse, looks: Looks, streams: readonly GateStream[]): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answerOf(looks, streams)));
}

function answerOf({ looked, builds }: Looks, streams: readonly GateStream[]): BuildsAnswer {
  return {
    ...(looked && { looked: looked.toISOString() }),
    streams: streams.map(({ stream, version, architectures, intervalSeconds }) => {
      const success = lastSuccess(builds, { stream, version });
      return {
        ...{ stream, version, architectures },
        ...(intervalSeconds !== undefined && { intervalSeconds }),
        ...(success && { lastSuccess: success.toISOString() }),
      };
    }),
    builds: builds.map(({ since, completed, decided, ...state }) => ({
      ...state,
      ...(since && { since: since.toISOString() }),
      ...(completed && { completed: completed.toISOString() }),
      decided: decided.toISOString(),
    })),
  };
}
