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

/** Answers with all builds: as JSON, or as a page to who asks for HTML. */
export function builds(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  looks: Looks,
  streams: readonly GateStream[],
): void {
  const html = request.headers.accept?.includes("text/html") ?? false;
  response.setHeader("content-type", html ? "text/html; charset=utf-8" : "application/json");
  response.setHeader("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
  response.end(html ? page(looks.builds, streams) : JSON.stringify(answerOf(looks, streams)));
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

/** A table: a row for each build, which architectures have arrived, what is missing since when, what was decided last. */
export function page(states: readonly BuildState[], streams: readonly GateStream[]): string {
  const rows = states.map((state) =>
    row("td", [
      `${state.stream} ${state.version}`,
      state.buildId,
      state.arrived.join(", "),
      state.missing.join(", "),
      state.since?.toISOString() ?? "",
      state.outcome,
      `${state.message} (${state.decided.toISOString()})`,
    ]),
  );
  const wanted = streams.map(
    ({ stream, version, architectures }) => `<li>${escape(`${stream} ${version}: ${architectures.join(", ")}`)}</li>`,
  );
  return [
    "<!doctype html><html lang=en><meta charset=utf-8><title>Builds</title>",
    "<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid;padding:.3em .6em;text-align:left}</style>",
    `<h1>Builds</h1><p>Architectures that make a build complete:<ul>${wanted.join("")}</ul>`,
    `<table>${row("th", ["stream", "build", "arrived", "missing", "since", "decision", "reason"])}${rows.join("")}</table>`,
    rows.length === 0 ? "<p>No run has left a record yet." : "",
  ].join("\n");
}

function row(cell: "td" | "th", texts: string[]): string {
  return `<tr>${texts.map((text) => `<${cell}>${escape(text)}</${cell}>`).join("")}</tr>\n`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
