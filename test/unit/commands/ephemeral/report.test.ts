import assert from "node:assert/strict";
import fc from "fast-check";
import { html } from "../../../../stacks/commands/ephemeral/html";
import { renderReport, type Report } from "../../../../stacks/commands/ephemeral/report";

/** A report in which every text is the given one. */
function saying(text: string): Report {
  return {
    ...{ stack: text, of: text, order: text, revision: text, begun: text, sentence: text, plan: [text] },
    ...{ outcome: "failed", left: "left behind", troubles: [text], files: [text] },
    phases: [{ name: "up", seconds: 61, failure: text }],
    runs: [
      {
        ...{ name: text, phase: "failed", message: text, seconds: 100, rehearsal: text },
        results: [{ name: text, value: text }],
        tasks: [
          {
            ...{ name: text, phase: "failed", message: text, begin: 25, seconds: 50 },
            steps: [{ name: text, exitCode: 1, file: text, tail: [text] }],
          },
        ],
      },
    ],
  };
}

/** Names of the elements that open in a page, in their order, with their attributes' names. */
const tags = (page: string) => page.match(/<\/?[a-z][^>]*>/gi)!.map((tag) => tag.replace(/"[^"]*"/g, '""'));

describe("the report of an ephemeral stack", () => {
  it("holds text as text, whatever it is", () => {
    const expected = tags(renderReport(saying("text")));
    const hostile = fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }),
      fc.constantFrom(
        `</pre><script>alert(1)</script>`,
        `" onmouseover="alert(1)`,
        `' style='x`,
        `javascript:alert(1)`,
        `<!--`,
        `&lt;script&gt;`,
        `\u001b[31m<b>\u001b[0m`,
      ),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const page = renderReport(saying(text));
        assert.deepEqual(tags(page), expected);
        for (const [, url] of page.matchAll(/href="([^"]*)"/g)) assert.match(url!, /^\.\//);
      }),
    );
  });

  it("shows a log as it was written, without a terminal's colours", () => {
    const page = renderReport(saying('\u001b[31merror\u001b[0m: a < b && "c"\ttab\u0000'));
    assert.ok(page.includes("<pre>error: a &lt; b &amp;&amp; &quot;c&quot;\ttab\ufffd</pre>"));
  });

  it("needs nothing but itself, and runs nothing", () => {
    const page = renderReport(saying("text"));
    assert.match(page, /content="default-src 'none'; style-src 'unsafe-inline'"/);
    assert.doesNotMatch(page, /<(script|link|img|iframe)|src=|https?:/);
  });

  it("says what was run, what came of it, how long it took and what is left", () => {
    const page = renderReport(saying("it"));
    assert.match(page, /<h1 class="bad">it failed<\/h1>/);
    assert.match(page, /It could not be removed: npm run destroy -- it, or npm run sweep/);
    assert.match(page, /<td class="number">1:01<\/td>/);
    assert.match(page, /style="margin-left:25\.00%;width:50\.00%"/);
    const good = renderReport({ ...saying("it"), outcome: "succeeded", left: "removed" });
    assert.match(good, /<h1 class="good">it succeeded<\/h1>/);
    assert.match(good, /Nothing of it is left\./);
  });

  it("is put together of what is escaped once", () => {
    const inner = html`<b>${"<&>"}</b>`;
    assert.equal(html`${[inner, inner]}${undefined}${false}${0}`.text, "<b>&lt;&amp;&gt;</b><b>&lt;&amp;&gt;</b>0");
  });
});
