/** Colours by what they stand for, as `[on light, on dark]`; a test holds them to WCAG's AA. */
export const PALETTE = {
  page: ["#f4f5f7", "#0e1116"],
  card: ["#ffffff", "#171b21"],
  line: ["#d5d9de", "#323841"],
  text: ["#1c2126", "#e4e8ed"],
  quiet: ["#57606a", "#a0a8b3"],
  link: ["#0550ae", "#79c0ff"],
  code: ["#eef0f3", "#20252c"],
  good: ["#0f5323", "#7ee787"],
  "good-back": ["#dcf5e1", "#12281a"],
  bad: ["#9b0f24", "#ffaba3"],
  "bad-back": ["#ffe7e5", "#3b1518"],
  busy: ["#064a9c", "#8cc8ff"],
  "busy-back": ["#dff0ff", "#122841"],
  odd: ["#6b4300", "#ecc04c"],
  "odd-back": ["#fff3c9", "#332810"],
  plain: ["#40474f", "#b9c1cb"],
  "plain-back": ["#e9ecef", "#262c34"],
} as const satisfies Record<string, readonly [string, string]>;

const variables = (theme: 0 | 1): string =>
  Object.entries(PALETTE)
    .map(([name, colours]) => `--${name}:${colours[theme]};`)
    .join("");

const badge = (kind: string): string => `.badge.${kind}{color:var(--${kind});background:var(--${kind}-back)}`;

export const STYLE = `
:root{color-scheme:light dark;${variables(0)}}
@media (prefers-color-scheme:dark){:root{${variables(1)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:80rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.5rem;display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;justify-content:space-between}
h1{font-size:1.5rem;line-height:1.25;margin:0}
h2{font-size:1.2rem;margin:2.25rem 0 .75rem}
h3{font-size:1rem;margin:0}
p{margin:.25rem 0}
a{color:var(--link)}
.quiet,.ago,footer{color:var(--quiet)}
.ago,small,.note{font-size:.875rem}
.ago{white-space:nowrap}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:.75rem 0 0;padding:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.25rem;margin:0 0 1rem}
.head{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;justify-content:space-between;margin:0 0 .5rem}
.attention{list-style:none;margin:0;padding:0}
.attention>li{background:var(--card);border:1px solid var(--line);border-left:.375rem solid var(--bad);border-radius:.5rem;padding:.75rem 1rem;margin:0 0 .75rem}
.attention>li.overdue,.attention>li.unread{border-left-color:var(--odd)}
.well{border-left:.375rem solid var(--good)}
.badge{display:inline-block;padding:0 .5rem;border-radius:1rem;font-size:.875rem;font-weight:600;white-space:nowrap}
${["good", "bad", "busy", "odd", "plain"].map(badge).join("\n")}
td code{display:inline-block;min-width:9rem}
code,pre{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--code);border-radius:.375rem;padding:.375rem .625rem;margin:.5rem 0 0;white-space:pre-wrap}
table{border-collapse:collapse;width:100%}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;vertical-align:top;padding:.5rem .75rem .5rem 0;border-top:1px solid var(--line);font-weight:400}
thead th{border-top:0;color:var(--quiet);font-size:.875rem;font-weight:600;white-space:nowrap}
tbody th{font-weight:600;min-width:11rem}
th small{font-weight:400}
time{white-space:nowrap}
details{margin:.5rem 0 0}
summary{cursor:pointer;color:var(--link)}
details ul{margin:.5rem 0 0;padding-left:1.25rem}
.waves{display:flex;flex-wrap:wrap;gap:.375rem 1rem;list-style:none;margin:.5rem 0;padding:0}
footer{padding-top:1rem;padding-bottom:2rem;font-size:.875rem}
:focus-visible{outline:.125rem solid var(--link);outline-offset:.125rem}
@media (max-width:60rem){
header,main,footer{padding-left:.75rem;padding-right:.75rem}
.card{padding:.75rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,th,td{display:block}
tr{padding:.5rem 0;border-top:1px solid var(--line)}
th,td{border:0;padding:.125rem 0}
tbody tr:first-child{border:0}
td::before{content:attr(data-column) ": ";color:var(--quiet);font-size:.875rem}
td:empty{display:none}
}
`;

/** Takes the page anew, but not under a reader's hands: what is open stays so, and nothing moves while text is selected. */
export const SCRIPT = `
const stale = document.getElementById("stale");
setInterval(async () => {
  if (document.hidden || String(getSelection())) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const { id } of document.querySelectorAll("details[open]")) next.getElementById(id)?.setAttribute("open", "");
    const focused = document.activeElement?.id;
    for (const name of ["main", "#at"]) document.querySelector(name).replaceWith(next.querySelector(name));
    if (focused) document.getElementById(focused)?.focus();
    document.title = next.title;
    stale.hidden = true;
  } catch {
    stale.hidden = false;
  }
}, 1000 * document.documentElement.dataset.refresh);
`;
