import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { bundle } from "../../../components/programs/bundle";
import { Interceptor } from "../../../components/programs/gate/interceptor";
import { isDue, periodicId } from "../../../components/programs/requests/scheduled";

const WEEK_MS = 7 * 86_400_000;
const SCHEDULED = new Date("2026-11-23T05:00:00Z");
const JOB = `okd-release-next-${SCHEDULED.getTime() / 60_000}`;
const ID = periodicId(JOB);

describe("weeks of a schedule", () => {
  it("are every one, or one of so many from a day on", () => {
    assert.ok(isDue(SCHEDULED, 1));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 400 }), (weeks, days) => {
        const first = Date.parse("2026-01-05T05:00:00Z") + days * 86_400_000;
        const due = Array.from({ length: weeks }, (_, week) =>
          isDue(new Date(first + week * WEEK_MS), weeks, "2026-01-05"),
        );
        assert.equal(due.filter(Boolean).length, 1);
      }),
    );
    const days = ["2026-01-04T23:59", "2026-01-05T00:00", "2026-01-11T23:59", "2026-01-12T00:00", "2026-01-26T05:00"];
    assert.deepEqual(
      days.map((day) => isDue(new Date(`${day}:00Z`), 3, "2026-01-05")),
      [false, true, true, false, true],
    );
    assert.ok(!isDue(new Date("2025-12-15T05:00:00Z"), 3, "2026-01-05"), "none before the first");
  });
});

describe("requests for releases, as a program", () => {
  let folder: string;
  let server: Server;
  let told: { body: string; header: Record<string, string[]> }[];
  /** PipelineRuns as Kubernetes has them, by name; what is asked for is there after so many requests. */
  let runs: Record<string, object>;
  let created: number;
  /** Status codes of the EventListener, and what the runs' API is asked. */
  let answers: number[];
  let asked: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-promote-"));
    writeFileSync(join(folder, "promote.js"), bundle("promote"));
    writeFileSync(join(folder, "keys"), "first key\nolder key\n");
    writeFileSync(join(folder, "token"), "account-token\n");
    [told, runs, created, answers, asked] = [[], {}, 1, [], []];
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const [, run] = /^\/runs\/(.*)$/.exec(request.url!) ?? [];
        if (run !== undefined) {
          asked.push(run);
          const status = request.headers.authorization !== "Bearer account-token" ? 401 : run in runs ? 200 : 404;
          response.writeHead(status).end(JSON.stringify(runs[run] ?? {}));
          return;
        }
        const header = Object.entries(request.headers).map(([name, value]) => [name, [String(value)]]);
        told.push({ body, header: Object.fromEntries(header) as Record<string, string[]> });
        if (told.length === created) runs[`okd-release-next-${ID}`] = {};
        response.writeHead(answers.shift() ?? 202).end("{}");
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const promote = (environment: Record<string, string> = {}) =>
    new Promise<{ code: number | null; log: string }>((done) => {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const env = {
        ...{ EVENT_LISTENER: `${origin}/`, KEYS_FILE: join(folder, "keys"), RELEASE: "next", RUN: "okd-release-next" },
        ...{ RUNS_URL: `${origin}/runs`, TOKEN_FILE: join(folder, "token"), JOB_NAME: JOB, PAUSE_MS: "1" },
        ...environment,
      };
      const child = spawn(process.execPath, [join(folder, "promote.js")], {
        env,
        stdio: ["ignore", "pipe", "inherit"],
      });
      let log = "";
      child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
      child.on("close", (code) => {
        done({ code, log });
      });
    });
  const before = `okd-release-early-${ID}`;
  const ended = (status: string, completionTime = new Date().toISOString()) => ({
    status: { completionTime, conditions: [{ type: "Succeeded", status }] },
  });

  it("are sent signed, until the run is there", async () => {
    [created, answers] = [3, [503, 202]];
    const { code, log } = await promote();
    assert.equal(code, 0, log);
    assert.equal(told.length, 3);
    const { body, header } = told[2]!;
    assert.deepEqual(JSON.parse(body), { schema: 1, type: "promotion-requested", release: "next", id: ID });
    const request = JSON.stringify({ body, header, interceptor_params: { type: "promotion-requested" } });
    const gate = { decide: () => Promise.reject(new Error("not asked")), repository: (name: string) => name };
    assert.equal(new Interceptor(gate, () => ["first key"]).signature(request).outcome, "verified");
    assert.doesNotMatch(log, /first key|account-token/);
  });

  it("are not sent for a run that is there, nor in a week of others", async () => {
    runs[`okd-release-next-${ID}`] = ended("False");
    assert.equal((await promote()).code, 0);
    const { code, log } = await promote({ WEEKS: "3", SINCE: "2026-11-16" });
    assert.deepEqual([code, told.length], [0, 0]);
    assert.match(log, /next is due in one of 3 weeks from 2026-11-16 on, and this is another one/);
  });

  it("come after the run before has succeeded, and the minutes are over", async () => {
    // Another state each time that it is asked for.
    const states = [{}, { status: { conditions: [{ type: "Succeeded", status: "Unknown" }] } }];
    let [success, sent] = [0, 0];
    server.prependListener("request", ({ method, url }: IncomingMessage) => {
      if (method === "POST") sent ||= Date.now();
      if (!url?.endsWith(before) || success > 0) return;
      runs[before] = states.shift() ?? ended("True", new Date((success = Date.now())).toISOString());
    });
    const { code, log } = await promote({ AFTER: "okd-release-early", MINUTES: "0.01" });
    assert.equal(code, 0, log);
    assert.ok(success > 0 && sent >= success + 600, `${sent - success} ms after the success`);
    assert.equal(asked.filter((run) => run === before).length, 3);
  });

  it("fail where the run before failed, and where none is created", async () => {
    runs[before] = ended("False");
    const held = await promote({ AFTER: "okd-release-early" });
    assert.deepEqual([held.code, told.length], [1, 0]);
    assert.match(held.log, new RegExp(`next is not asked for: PipelineRun ${before}, which comes before, has failed`));
    created = 0;
    const lost = await promote();
    assert.deepEqual([lost.code, told.length], [1, 6]);
    assert.match(lost.log, /PipelineRun okd-release-next-periodic-202611230500 is not there after 6 requests/);
  });

  it("fail without a key, or a right to look", async () => {
    writeFileSync(join(folder, "keys"), "\n");
    assert.match((await promote()).log, /holds no key/);
    writeFileSync(join(folder, "token"), "another\n");
    writeFileSync(join(folder, "keys"), "first key\n");
    assert.match((await promote()).log, /Kubernetes answers 401 for PipelineRun/);
    assert.deepEqual(told, []);
  });
});
