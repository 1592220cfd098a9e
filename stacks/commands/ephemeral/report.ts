import { clock } from "../engine/progress";
import type { RunReport, StepReport, TaskReport } from "./collect";
import { html, type Markup } from "./html";
import type { End, PhaseName } from "./life";

/** What an ephemeral stack was for, and what came of it. */
export interface Report extends End {
  stack: string;
  /** The stack whose settings it had. */
  of: string;
  /** What was run in it: `layer tree`. */
  order: string;
  /** The project's commit, with `-dirty` where files were changed. @default it is no checkout */
  revision?: string;
  /** ISO 8601. */
  begun: string;
  /** What was to be done, in the plan's words. */
  plan: string[];
  runs: RunReport[];
  /** Why pods did not run in the end. */
  troubles: string[];
  /** Further files beside it. */
  files: string[];
}

const PHASES: Record<PhaseName, string> = {
  up: "deployed",
  run: "run",
  collect: "logs collected",
  destroy: "removed",
};

const OUTCOMES: Record<End["outcome"], [title: string, tone: Tone]> = {
  succeeded: ["succeeded", "good"],
  failed: ["failed", "bad"],
  interrupted: ["was interrupted", "bad"],
};

const LEFT: Record<End["left"], string> = {
  removed: "Nothing of it is left.",
  kept: "It is kept for looking",
  "left behind": "It could not be removed",
};

type Tone = "good" | "bad" | "plain";

/** The report as one page that needs nothing else. */
export function renderReport(report: Report): string {
  const { stack, of, order, outcome, sentence, revision, begun, phases, runs, troubles, files, plan } = report;
  const [title, tone] = OUTCOMES[outcome];
  const seconds = phases.reduce((sum, phase) => sum + phase.seconds, 0);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${order} ${title}: ${stack}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <h1 class="${tone}">${order} ${title}</h1>
        ${sentence !== undefined && html`<p>${sentence}</p>`}
        ${runs.flatMap(({ rehearsal }) => (rehearsal ? [html`<p class="notice">${rehearsal}</p>`] : []))}
        <dl>
          ${fact("Stack", `${stack}, by the settings of ${of}`)} ${fact("Begun", begun)} ${fact("Took", clock(seconds))}
          ${revision !== undefined && fact("Revision", revision)} ${fact("Left", leftText(report))}
        </dl>
        <h2>Phases</h2>
        <table>
          <tr>
            <th>Phase</th>
            <th class="number">Time</th>
            <th>Outcome</th>
          </tr>
          ${phases.map(
            ({ name, seconds: took, failure }) =>
              html`<tr>
                <td>${PHASES[name]}</td>
                <td class="number">${clock(took)}</td>
                <td class="${failure === undefined ? "good" : "bad"}">${failure ?? "succeeded"}</td>
              </tr>`,
          )}
        </table>
        ${list("Plan", plan)} ${runs.map(renderRun)} ${list("Pods that did not run", troubles)}
        ${
          files.length > 0 &&
          html`<h2>Files</h2>
            <ul>
              ${files.map((file) => html`<li><a href="${href(file)}">${file}</a></li>`)}
            </ul>`
        }
      </body>
    </html>`;
  return `${page.text}\n`;
}

function leftText({ left, stack }: Report): string {
  if (left === "removed") return LEFT.removed;
  return `${LEFT[left]}: npm run destroy -- ${stack}, or npm run sweep once its time is over.`;
}

function renderRun({ name, phase, message, seconds, results, tasks }: RunReport): Markup {
  const ends = tasks.map(({ begin, seconds: took = 0 }) => begin + took);
  const whole = Math.max(1, seconds ?? 0, ...ends);
  return html`<h2>${name}</h2>
    <p class="${toneOf(phase)}">${phase}${seconds !== undefined && ` after ${clock(seconds)}`}: ${message}</p>
    ${results.length > 0 && html`<dl>${results.map((result) => fact(result.name, result.value))}</dl>`}
    <table>
      <tr>
        <th>Task</th>
        <th>When</th>
        <th class="number">Time</th>
        <th>Outcome</th>
      </tr>
      ${tasks.map((task) => renderTask(task, whole))}
    </table>`;
}

function renderTask({ name, phase, message, begin, seconds, steps }: TaskReport, whole: number): Markup {
  const percent = (part: number) => `${((100 * part) / whole).toFixed(2)}%`;
  const length = seconds ?? (phase === "waiting" ? 0 : whole - begin);
  const tone = toneOf(phase);
  return html`<tr>
    <td>
      <details>
        <summary>${name}</summary>
        ${steps.map(renderStep)}
      </details>
    </td>
    <td class="when">
      <div class="bar ${tone}" style="margin-left:${percent(begin)};width:${percent(length)}"></div>
    </td>
    <td class="number">${seconds === undefined ? "" : clock(seconds)}</td>
    <td class="${tone}">${phase === "succeeded" ? phase : `${phase}: ${message}`}</td>
  </tr>`;
}

function renderStep({ name, exitCode, file, tail }: StepReport): Markup {
  const ended = exitCode === undefined ? "has not ended" : `ended with ${exitCode}`;
  const log = file === undefined ? "" : html`, <a href="${href(file)}">its whole log</a>`;
  return html`<p>Step ${name} ${ended}${log}</p>
    ${tail.length > 0 && html`<pre>${tail.join("\n")}</pre>`}`;
}

function list(title: string, items: string[]): Markup | false {
  return (
    items.length > 0 &&
    html`<h2>${title}</h2>
      <ul>
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`
  );
}

function fact(name: string, value: string): Markup {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`;
}

function toneOf(phase: TaskReport["phase"]): Tone {
  if (phase === "succeeded") return "good";
  return phase === "failed" ? "bad" : "plain";
}

/** A file beside the report as a relative URL, which no name of a file turns into one of another scheme. */
function href(file: string): string {
  return `./${file.split("/").map(encodeURIComponent).join("/")}`;
}

const STYLE = html`
  :root { color-scheme: light dark; --good: light-dark(#1a7f37, #57ab5a); --bad: light-dark(#b3261e, #f47067); --line:
  light-dark(#d0d7de, #444c56); } body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem; } h1, h2 { line-height: 1.2; overflow-wrap: anywhere; } h2 { margin-top: 2rem; font-size: 1.15rem; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem
  .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; } .number { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; } .good { color: var(--good); } .bad { color: var(--bad); }
  .when { width: 35%; } .bar { height: .8rem; min-width: 2px; margin-top: .3rem; background: currentColor;
  border-radius: 2px; } .notice { border-left: 4px solid currentColor; padding-left: .8rem; } dl { display: grid;
  grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dd { margin: 0; overflow-wrap: anywhere; } pre {
  overflow-x: auto; padding: .6rem; border: 1px solid var(--line); max-height: 30rem; } summary { cursor: pointer; }
  @media (max-width: 40rem) { .when { display: none; } dl { display: block; } }
`;
