import { type Content, type Html, html, moment, table } from "./html";
import type { BuildStatus, Cell, Of, PayloadRun, ReleaseRun, RunStatus, StreamStatus, TestRun } from "./model";
import { countsText } from "./things";

/** Rows that are open at once; the others are folded. */
const OPEN = 6;
/** Rows that are there at all. */
const SHOWN = 100;

type Tone = "good" | "bad" | "busy" | "odd" | "plain";
const TONES: Partial<Record<string, Tone>> = {
  ...{ arrived: "good", complete: "good", succeeded: "good", done: "good", PASSED: "good" },
  ...{ failed: "bad", conflicting: "bad", "unsigned-record": "bad", FAILED: "bad", stopped: "bad" },
  ...{ running: "busy", composing: "busy" },
  ...{ incomplete: "odd", missing: "odd", expired: "odd" },
};

/** A state in words, and in colour besides. */
function badge(state: string): Html {
  return html`<span class="badge ${TONES[state] ?? "plain"}">${state}</span>`;
}

function card(title: string, facts: Content, content: Content): Html {
  return html`<article class="card">
    <div class="head">
      <h3>${title}</h3>
      <p class="quiet note">${facts}</p>
    </div>
    ${content}
  </article> `;
}

/** A table of the newest rows, and the older ones folded. */
function folded(id: string, what: string, columns: string[], rows: Content[][]): Content {
  if (rows.length <= OPEN) return table(what, columns, rows);
  const older = rows.slice(OPEN, SHOWN);
  const left = rows.length - OPEN - older.length;
  return [
    table(`${what}, the newest ${OPEN} of ${rows.length}`, columns, rows.slice(0, OPEN)),
    html`<details id="${id}">
      <summary>${older.length} older</summary>
      ${table(`${what}, older`, columns, older)}${left > 0 && html`<p class="quiet">and ${left} more</p>`}
    </details>`,
  ];
}

/** A name as an element's id. */
function idOf(...names: string[]): string {
  return names
    .join("-")
    .replace(/[^\w.-]+/g, "-")
    .toLowerCase();
}

export function streamCards(streams: StreamStatus[], now: Date): Html[] {
  return streams.map(({ title, architectures, intervalSeconds, lastSuccess, builds }) => {
    const seen = builds.flatMap(({ cells }) => Object.keys(cells));
    const all = [...new Set([...architectures, ...seen])].sort();
    const facts = [
      lastSuccess === undefined ? "no whole build yet" : html`last whole build ${moment(lastSuccess, now)}`,
      intervalSeconds !== undefined && `, scheduled every ${interval(intervalSeconds)}`,
    ];
    const rows = builds.map((build) => buildRow(build, all, now));
    const none = html`<p>
      Not built yet. A build needs ${architectures.join(", ") || "an architecture that nodes have"}.
    </p>`;
    const content =
      rows.length === 0
        ? none
        : folded(idOf("builds", title), `Builds of ${title}`, ["Build", ...all, "State", "Began"], rows);
    return card(title, facts, content);
  });
}

function interval(seconds: number): string {
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 2 * 86_400 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

function buildRow(build: BuildStatus, architectures: string[], now: Date): Content[] {
  const { id, of, rehearsal, cells, state, message, since } = build;
  const notes = [...(of === "build" ? [] : [of]), ...(rehearsal ? ["rehearsal"] : [])].join(", ");
  return [
    [id, notes !== "" && html`<br /><small class="quiet">${notes}</small>`],
    ...architectures.map((architecture) => cellOf(cells[architecture])),
    [badge(state), message !== "" && html`<br /><small>${message}</small>`],
    moment(since, now),
  ];
}

function cellOf(cell: Cell | undefined): Content {
  return cell && badge(cell.state);
}

function runName({ name, message }: RunStatus): Content {
  return [name, message && html`<br /><small class="quiet">${message}</small>`];
}

/** A reference; of a digest as much as tells two apart, the whole where one points at it. */
function image(reference: string): Html {
  return html`<code title="${reference}">${reference.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+/, "$1…")}</code>`;
}

function times({ since, ended, state }: RunStatus, now: Date): Content {
  return ended !== undefined && state !== "running" ? moment(ended, now) : moment(since, now);
}

const NONE = html`<p>It has not run yet.</p>`;

export function releaseCards(releases: Of<ReleaseRun>[], now: Date): Html[] {
  return releases.map(({ name, runs }) => {
    const rows = runs.map((run) => [
      runName(run),
      badge(run.state),
      run.release,
      run.mode,
      run.image && image(run.image),
      times(run, now),
    ]);
    const columns = ["Run", "State", "Release", "Mode", "Image", "When"];
    return card(
      name,
      lastGood(runs, now),
      rows.length === 0 ? NONE : folded(idOf("release", name), `Runs of release ${name}`, columns, rows),
    );
  });
}

function lastGood(runs: RunStatus[], now: Date): Content {
  const good = runs.find(({ state }) => state === "succeeded");
  return good ? html`last success ${moment(good.ended, now)}` : "no success yet";
}

/** Tests of releases on clusters. */
export function testCards(tests: Of<TestRun>[], kind: "upgrade" | "certification", now: Date): Html[] {
  return tests.map(({ name, runs }) => {
    const rows = runs.map((run) => [
      runName(run),
      badge(run.state),
      ...(kind === "upgrade" ? [run.from && image(run.from)] : []),
      run.release && image(run.release),
      verdict(run),
      times(run, now),
    ]);
    const columns = ["Run", "State", ...(kind === "upgrade" ? ["From", "To"] : ["Release"]), "Verdict", "When"];
    return card(
      name,
      lastGood(runs, now),
      rows.length === 0 ? NONE : folded(idOf(kind, name), `Runs of ${name}`, columns, rows),
    );
  });
}

function verdict({ verdict: found }: TestRun): Content {
  if (!found) return undefined;
  const { result, failed, warned, passed } = found;
  const counts = `${passed.length} passed, ${warned.length} warned, ${failed.length} failed`;
  return [badge(result), html`<br /><small>${failed.length > 0 ? `failed: ${failed.join(", ")}` : counts}</small>`];
}

/** How payloads, and what is built as they are, are called, and the image that comes of them. */
interface Words {
  kind: string;
  image: string;
}
export const PAYLOAD: Words = { kind: "payload", image: "Release" };
export const OPERATORS: Words = { kind: "operators", image: "Catalog" };

export function payloadCards(payloads: Of<PayloadRun>[], words: Words, now: Date): Html[] {
  return payloads.map(({ name, runs }) => {
    const rows = runs.map((run) => [
      runName(run),
      badge(run.state),
      countsText(run),
      run.image && image(run.image),
      times(run, now),
    ]);
    const [newest] = runs;
    const content = newest
      ? [
          html`<ol class="waves" aria-label="Waves of the newest run">
            ${newest.waves.map((wave) => html`<li>${wave.name} ${badge(wave.state)}</li>`)}
          </ol>`,
          folded(
            idOf(words.kind, name),
            `Runs of ${words.kind} ${name}`,
            ["Run", "State", "Components", words.image, "When"],
            rows,
          ),
          list(idOf(`${words.kind}-plan`, name), "What the newest run built, kept and took", newest.plan.lines),
          list(
            idOf(`${words.kind}-changes`, name),
            words === PAYLOAD ? "What is different from the base" : "What was added to the catalog",
            newest.changes,
          ),
        ]
      : NONE;
    return card(name, lastGood(runs, now), content);
  });
}

function list(id: string, title: string, lines: string[]): Content {
  if (lines.length === 0) return undefined;
  return html`<details id="${id}">
    <summary>${title} (${lines.length})</summary>
    <ul>
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>
  </details>`;
}
