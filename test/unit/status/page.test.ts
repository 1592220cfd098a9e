import assert from "node:assert/strict";
import { html, moment, table } from "../../../components/programs/status/html";
import { CONTENT_SECURITY_POLICY, renderStatusPage } from "../../../components/programs/status/page";
import { statusOf } from "../../../components/programs/status/status";
import { PALETTE } from "../../../components/programs/status/style";
import { answered, DECLARED, everything, facts, NOW } from "./samples";

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
const headings = (page: string) => [...page.matchAll(/<h2 id="(\w+)"/g)].map(([, id]) => id);

describe("the status page", () => {
  const page = renderStatusPage(everything());

  it("says first what needs somebody, each with its reason and a command, and counts it in its title", () => {
    assert.equal(headings(page)[0], "attention");
    assert.match(page, /<title>\(6\) kind: OKD Streams<\/title>/);
    const first = page.slice(0, page.indexOf('<h2 id="streams"'));
    assert.equal(count(first, /<pre><code>/g), 6);
    assert.match(first, /tkn pipelinerun logs -n okd-coreos okd-coreos-4-21-amd64-x7k2p/);
  });

  it("has a section for whatever the stack has, and a heading for nothing else", () => {
    const all = ["attention", "streams", "layers", "releases", "upgrades", "payloads", "operators", "certifications"];
    assert.deepEqual(headings(page), all);
    const none = { releases: [], upgradeTests: [], payloads: [], operators: [], certifications: [], layers: [] };
    const small = renderStatusPage(statusOf({ ...DECLARED, ...none }, facts([]), NOW));
    assert.deepEqual(headings(small), ["attention", "streams"]);
    assert.match(small, /Nothing is overdue, and no newest run has failed\./);
    assert.equal(count(small, /Not built yet\. A build needs amd64\./g), 2);
  });

  it("is the same text for the same status", () => assert.equal(page, renderStatusPage(everything())));

  it("escapes whatever it shows", () => {
    assert.doesNotMatch(page, /<script>alert/);
    assert.match(page, /&#60;script&#62;alert\(&#34;1&#34;\)/);
    assert.equal(
      html`<a b="${`"'<&>`}">${undefined}${false}${[1, html`<i></i>`]}</a>`.text,
      '<a b="&#34;&#39;&#60;&#38;&#62;">1<i></i></a>',
    );
  });

  it("says with every state what it is in words, not in colour alone", () => {
    const badges = [...page.matchAll(/<span class="badge \w+">([^<]*)<\/span>/g)].map(([, text]) => text);
    assert.ok(badges.length > 20 && badges.every((text) => text !== ""));
    for (const state of ["arrived", "running", "conflicting", "not begun", "PASSED"])
      assert.ok(badges.includes(state), state);
  });

  it("shows the newest of 100 builds, folds the others, and counts those beyond", () => {
    const builds = Array.from({ length: 130 }, (_, index) =>
      answered(`build-${String(index).padStart(3, "0")}`, "composed", {
        since: new Date(NOW.getTime() - index * 3_600_000).toISOString(),
      }),
    );
    const text = renderStatusPage(statusOf(DECLARED, facts([], { builds }), NOW));
    const [open, rest] = text.split('<details id="builds-scos-5.0">');
    assert.deepEqual([count(open!, /<th scope="row"/g), count(rest!, /<th scope="row"/g)], [6, 94]);
    assert.match(rest!, /and 30 more/);
    assert.ok(text.length < 200_000, `${text.length} characters`);
  });

  it("has tables whose columns and rows are named, and cells that name their column where there is no room", () => {
    assert.equal(
      table("Builds", ["Build", "State"], [["a&b", html`<b>x</b>`]])
        .text.replace(/\s*\n\s*/g, "")
        .replaceAll("> <", "><"),
      '<table role="table"><caption>Builds</caption><thead role="rowgroup"><tr role="row">' +
        '<th scope="col" role="columnheader">Build</th><th scope="col" role="columnheader">State</th></tr></thead><tbody role="rowgroup">' +
        '<tr role="row"><th scope="row" role="rowheader">a&#38;b</th><td role="cell" data-column="State"><b>x</b></td></tr></tbody></table>',
    );
  });

  it("has ids that are there once", () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length, ids.join(" "));
  });

  it("says how long ago a time was", () => {
    const of = (minutes: number) => moment(new Date(NOW.getTime() - minutes * 60_000).toISOString(), NOW)!.text;
    assert.deepEqual(
      [5, 600, 6000, -9].map((minutes) => /\((.*)\)/.exec(of(minutes))![1]),
      ["5 min ago", "10 h ago", "4 d ago", "0 min ago"],
    );
  });

  it("is allowed its own script and style, and nothing else", () => {
    assert.match(
      CONTENT_SECURITY_POLICY,
      /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; connect-src 'self';/,
    );
    assert.doesNotMatch(CONTENT_SECURITY_POLICY, /unsafe|\*|https?:/);
    assert.doesNotMatch(page, / style=| on\w+=|(src|href)="(?!#|data:image\/svg)/);
  });
});

/** WCAG's contrast of two colours. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

describe("the status page's colours", () => {
  const pairs: [keyof typeof PALETTE, keyof typeof PALETTE][] = [
    ...(["text", "quiet", "link"] as const).flatMap((name) =>
      (["page", "card"] as const).map((back) => [name, back] as [typeof name, typeof back]),
    ),
    ["text", "code"],
    ...(["good", "bad", "busy", "odd", "plain"] as const).map(
      (name) => [name, `${name}-back`] as [typeof name, `${typeof name}-back`],
    ),
  ];
  for (const [theme, title] of [
    [0, "light"],
    [1, "dark"],
  ] as const) {
    it(`can be read, by WCAG's AA, in ${title}`, () => {
      for (const [front, back] of pairs) {
        const ratio = contrast(PALETTE[front][theme], PALETTE[back][theme]);
        assert.ok(ratio >= 4.5, `${front} on ${back}: ${ratio.toFixed(2)}`);
      }
    });
  }
});
