import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { CONTENT_SECURITY_POLICY, renderStatusPage } from "../../../components/programs/status/page";
import { startStatusServer } from "../../../components/programs/status/server";
import { find } from "../scripts/machine";
import { everything } from "./samples";

/** A folder that gets the pictures, for people to look at. @default none are taken */
const { OKD_STREAMS_SCREENSHOTS } = process.env;

const WIDTHS = [320, 800, 1400];

describe("the status page in a browser", function () {
  this.timeout(120_000);
  let browser: Browser;
  let server: Server;
  let url: string;
  const status = everything();

  before(async function () {
    const executablePath = find("chromium", "chromium-browser", "google-chrome");
    if (executablePath === undefined) {
      console.log("      skipped: no Chromium (apt-get install chromium)");
      this.skip();
    }
    server = await startStatusServer({ port: 0, look: () => Promise.resolve(status), warn: assert.fail });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    // As root a browser has no sandbox; what it loads is ours.
    browser = await puppeteer.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    });
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  async function open(
    width: number,
    theme: "light" | "dark",
    { script = true } = {},
  ): Promise<{ page: Page; said: string[] }> {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("requestfailed", (request) => said.push(request.url()));
    await page.setJavaScriptEnabled(script);
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    await page.goto(url, { waitUntil: "load" });
    return { page, said };
  }

  for (const theme of ["light", "dark"] as const) {
    for (const width of WIDTHS) {
      it(`says nothing on the console and fits ${width} pixels, ${theme}`, async () => {
        const { page, said } = await open(width, theme);
        if (OKD_STREAMS_SCREENSHOTS) {
          mkdirSync(OKD_STREAMS_SCREENSHOTS, { recursive: true });
          await page.screenshot({ path: join(OKD_STREAMS_SCREENSHOTS, `${theme}-${width}.png`), fullPage: true });
        }
        const wide = await page.evaluate("document.documentElement.scrollWidth");
        const back = await page.evaluate("getComputedStyle(document.body).backgroundColor");
        const beyond = await page.evaluate(
          "[...document.querySelectorAll('main *')].filter((it) => it.getBoundingClientRect().right > innerWidth + 1).map((it) => it.outerHTML)",
        );
        assert.deepEqual([said, wide, beyond], [[], width, []]);
        assert.equal(back, theme === "light" ? "rgb(244, 245, 247)" : "rgb(14, 17, 22)");
        await page.close();
      });
    }
  }

  it("is all there without JavaScript, and is loaded anew by the browser itself", async () => {
    const { page, said } = await open(800, "light", { script: false });
    const text = (await page.evaluate("document.body.innerText")) as string;
    for (const shown of ["20261123-ab12", "5.0.0-okd-scos.3", "OPCT-031", "tkn pipelinerun logs", "1 built, 2 kept"]) {
      assert.ok(text.includes(shown), shown);
    }
    assert.equal(await page.evaluate("document.querySelector('meta[http-equiv]').content"), "120");
    assert.deepEqual(said, []);
    await page.close();
  });

  it("takes itself anew, keeps open what a reader opened, and says when it cannot", async () => {
    const { page, said } = await open(800, "light");
    await page.setRequestInterception(true);
    const headers = { "content-security-policy": CONTENT_SECURITY_POLICY };
    let answer = { status: 200, body: renderStatusPage(status, 0.2) };
    page.on("request", (request) => void request.respond({ ...answer, headers, contentType: "text/html" }));
    await page.goto(url);
    const details = "document.getElementById('builds-scos-5.0').open";
    const stale = "!document.getElementById('stale').hidden";
    await page.evaluate(`${details} = true`);
    answer = { status: 200, body: renderStatusPage({ ...status, at: "2026-11-23T12:34:00.000Z", attention: [] }, 0.2) };
    await page.waitForFunction("document.getElementById('at').textContent.includes('12:34')");
    assert.deepEqual([await page.evaluate(details), await page.evaluate(stale)], [true, false]);
    assert.deepEqual([await page.title(), said], ["kind: OKD Streams", []]);
    answer = { status: 500, body: "" };
    await page.waitForFunction(stale);
    await page.close();
  });
});
