import { createHash } from "node:crypto";
import { type Content, Html, html, moment } from "./html";
import type { Attention, Status } from "./model";
import { releaseCards, OPERATORS, PAYLOAD, payloadCards, streamCards, testCards } from "./sections";
import { SCRIPT, STYLE } from "./style";

/** Seconds from one look of the page to the next; without JavaScript it is loaded anew, and seldomer. */
const REFRESH_SECONDS = { script: 30, meta: 120 };

/** What the page may do: run the one script and have the one style that it was written with, and ask where it came from. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src '${hashOf(SCRIPT)}'`,
  `style-src '${hashOf(STYLE)}'`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

const ICON = `data:image/svg+xml,${encodeURIComponent(
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><path d='M0 2h8v1H0zm0 2h8v1H0zm0 2h5v1H0z' fill='#0a7'/></svg>",
)}`;

/**
 * The whole status as one page: complete without JavaScript, which only takes it anew.
 *
 * @param refreshSeconds for tests. @default 30
 */
export function renderStatusPage(status: Status, refreshSeconds = REFRESH_SECONDS.script): string {
  const { stack, at, attention } = status;
  const now = new Date(at);
  const sections = [
    section("streams", "Streams", streamCards(status.streams, now)),
    section("layers", "Layers", streamCards(status.layers, now)),
    section("releases", "Releases", releaseCards(status.releases, now)),
    section("upgrades", "Upgrade edges", testCards(status.upgrades, "upgrade", now)),
    section("payloads", "Payloads", payloadCards(status.payloads, PAYLOAD, now)),
    section("operators", "Operators", payloadCards(status.operators, OPERATORS, now)),
    section("certifications", "Certifications", testCards(status.certifications, "certification", now)),
  ].filter((it) => it !== undefined);
  return html`<!doctype html>
    <html lang="en" data-refresh="${refreshSeconds}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${attention.length > 0 && `(${attention.length}) `}${stack}: OKD Streams</title>
        <link rel="icon" href="${ICON}" />
        <noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS.meta}" /></noscript>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>OKD Streams, stack ${stack}</h1>
          <p id="at" class="quiet">as of <time datetime="${at}">${at.slice(0, 19).replace("T", " ")} UTC</time></p>
        </header>
        <main>
          <nav aria-label="Sections">
            <ul>
              ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
          <section aria-labelledby="attention">
            <h2 id="attention">${attention.length > 0 ? `Needs attention: ${attention.length}` : "Needs attention"}</h2>
            ${
              attention.length > 0
                ? html`<ul class="attention">
                    ${attention.map((it) => needs(it, now))}
                  </ul>`
                : WELL
            }
          </section>
          ${sections.map(
            ({ id, title, content }) =>
              html`<section aria-labelledby="${id}">
                <h2 id="${id}">${title}</h2>
                ${content}
              </section> `,
          )}
        </main>
        <footer>
          <p id="stale" role="status" hidden>
            This page could not be taken anew: what it shows is as of the time above.
          </p>
          <p>Times are UTC. The same in a terminal: <code>npm run status -- ${stack}</code></p>
        </footer>
        ${SCRIPT_ELEMENT}
      </body>
    </html> `.text;
}

// Their text is what the policy has the hash of, to the byte.
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
const SCRIPT_ELEMENT = new Html(`<script>${SCRIPT}</script>`);

const WELL = html`<p class="card well">
  <span class="badge good">nothing</span> Nothing is overdue, and no newest run has failed.
</p>`;

/** What a stack has none of has no heading. */
function section(
  id: string,
  title: string,
  cards: Html[],
): { id: string; title: string; content: Content } | undefined {
  return cards.length > 0 ? { id, title, content: cards } : undefined;
}

const KINDS: Record<Attention["kind"], string> = { unread: "odd", overdue: "odd", refused: "bad", failed: "bad" };

function needs({ kind, what, why, since, look }: Attention, now: Date): Html {
  return html`<li class="${kind}">
    <h3><span class="badge ${KINDS[kind]}">${kind}</span> ${what}</h3>
    <p>${why}</p>
    ${since !== undefined && html`<p class="quiet note">since ${moment(since, now)}</p>`}
    <pre><code>${look}</code></pre>
  </li> `;
}
