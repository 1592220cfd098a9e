import type { Of, PayloadRun, RunStatus, Status, StreamStatus } from "../../../components/programs/status/model";
import { countsText } from "../../../components/programs/status/things";
import { columns } from "../columns";
import { minute } from "../minute";

/** Builds of a stream, and runs of anything else, that a terminal shows; the page and `--json` have all. */
const NEWEST = 3;

/** A stack's status for a terminal: what needs somebody first. */
export function statusLines(status: Status): string[] {
  const { stack, at, attention, streams, layers, releases, upgrades, payloads, operators, certifications } = status;
  return [
    `Stack ${stack}, ${minute(at)}Z`,
    "",
    ...(attention.length === 0 ? ["Nothing is overdue, and no newest run has failed."] : ["Needs attention:"]),
    ...attention.flatMap(({ kind, what, why, since, look }) => [
      `  ${kind}: ${what}${since === undefined ? "" : `, since ${minute(since)}Z`}: ${why}`,
      `    ${look}`,
    ]),
    ...[...streams, ...layers].flatMap(streamLines),
    ...thingLines("Releases", releases, ({ release = "", mode = "" }) => [release, mode].filter(Boolean).join(", ")),
    ...thingLines("Upgrade edges", upgrades, ({ verdict, from, release }) =>
      [from && `${from} → ${release}`, verdict?.result].filter(Boolean).join(": "),
    ),
    ...thingLines("Payloads", payloads, builtLine),
    ...thingLines("Operators", operators, builtLine),
    ...thingLines("Certifications", certifications, ({ verdict, release = "" }) =>
      [verdict?.result, release].filter(Boolean).join(": "),
    ),
  ];
}

function builtLine(run: PayloadRun): string {
  return [countsText(run), run.image].filter(Boolean).join(", ");
}

function streamLines({ title, architectures, lastSuccess, builds }: StreamStatus): string[] {
  const all = [...new Set([...architectures, ...builds.flatMap(({ cells }) => Object.keys(cells))])].sort();
  const last = lastSuccess === undefined ? "no whole build yet" : `last whole build ${minute(lastSuccess)}Z`;
  const rows = builds
    .slice(0, NEWEST)
    .map(({ id, cells, state, since }) => [
      id,
      ...all.map((architecture) => cells[architecture]?.state ?? "-"),
      state,
      since === undefined ? "-" : `${minute(since)}Z`,
    ]);
  return ["", `${title}: ${last}`, ...(rows.length > 0 ? indented(["BUILD", ...all, "STATE", "BEGAN"], rows) : [])];
}

function thingLines<R extends RunStatus>(title: string, things: Of<R>[], says: (run: R) => string): string[] {
  if (things.length === 0) return [];
  const rows = things.flatMap(({ name, runs }) =>
    runs.length === 0
      ? [[name, "-", "not run yet", "-", ""]]
      : runs.slice(0, NEWEST).map((run) => [name, run.name, run.state, timeOf(run), says(run)]),
  );
  return ["", title, ...indented(["NAME", "RUN", "STATE", "WHEN", "SAYS"], rows)];
}

function indented(head: string[], rows: string[][]): string[] {
  return columns(head, rows).map((line) => `  ${line}`);
}

function timeOf({ ended, since }: RunStatus): string {
  const time = ended ?? since;
  return time === undefined ? "-" : `${minute(time)}Z`;
}
