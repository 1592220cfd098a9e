import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { bundle } from "../../../components/programs/bundle";
import { isDue, periodicId } from "../../../components/programs/requests/scheduled";
import { runProgram } from "../run-program";

const WEEK_MS = 7 * 86_400_000;
const SCHEDULED = new Date("2026-11-23T05:00:00Z");
const JOB = `okd-release-next-${SCHEDULED.getTime() / 60_000}`;
const ID = periodicId(JOB);
const NAME = "okd-release-next-periodic-202611230500";
const RUN = {
  apiVersion: "tekton.dev/v1",
  kind: "PipelineRun",
  metadata: {
    generateName: "okd-release-next-",
    namespace: "okd-release",
    labels: { "okd-streams.io/release": "next" },
  },
  spec: { pipelineRef: { name: "okd-release-pipeline" } },
};

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

describe("what starts a run at its time, as a program", () => {
  let folder: string;
  let server: Server;
  /** PipelineRuns as Kubernetes has them, by name, and how often one was created. */
  let runs: Record<string, object>;
  let created: string[];
  /** Answers to requests to create, before Kubernetes does it; without a status none, though it was done. */
  let answers: { code?: number; status?: object }[];
  let asked: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-start-run-"));
    writeFileSync(join(folder, "start-run.js"), bundle("startRun"));
    writeFileSync(join(folder, "next.json"), JSON.stringify(RUN));
    writeFileSync(join(folder, "token"), "account-token\n");
    [runs, created, answers, asked] = [{}, [], [], []];
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const say = (code: number, status: object = {}) => response.writeHead(code).end(JSON.stringify(status));
        if (request.headers.authorization !== "Bearer account-token") return say(401, { message: "Unauthorized" });
        const [, run] = /^\/runs\/(.*)$/.exec(request.url!) ?? [];
        if (run !== undefined) {
          asked.push(run);
          return run in runs ? say(200, runs[run]) : say(404);
        }
        const answer = answers.shift();
        if (answer?.code) return say(answer.code, answer.status);
        const object = JSON.parse(body) as { metadata: { name: string } };
        const { name } = object.metadata;
        if (name in runs)
          return say(409, { reason: "AlreadyExists", message: `pipelineruns "${name}" already exists` });
        runs[name] = object;
        created.push(name);
        if (answer) return request.socket.destroy();
        return say(201, object);
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const start = (environment: Record<string, string> = {}) => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return runProgram([join(folder, "start-run.js"), join(folder, "next.json")], {
      ...{ RUNS_URL: `${origin}/runs`, TOKEN_FILE: join(folder, "token"), JOB_NAME: JOB, PAUSE_MS: "1" },
      ...environment,
    });
  };
  const before = `okd-release-early-${ID}`;
  const ended = (status: string, completionTime = new Date().toISOString()) => ({
    status: { completionTime, conditions: [{ type: "Succeeded", status }] },
  });

  it("creates the run that the stack has, by a name of the time", async () => {
    const { code, log } = await start();
    assert.equal(code, 0, log);
    const { generateName, ...metadata } = RUN.metadata;
    assert.deepEqual(runs, { [NAME]: { ...RUN, metadata: { ...metadata, name: NAME } } });
    assert.doesNotMatch(log, /account-token/);
  });

  it("creates one, whoever was killed and however many ask for the same time", async () => {
    answers = [{}]; // created, and nobody lived to hear it
    const logs = await Promise.all([start(), start({ JOB_NAME: `again-${SCHEDULED.getTime() / 60_000}` })]);
    assert.deepEqual([(await start()).code, ...logs.map(({ code }) => code)], [0, 0, 0]);
    assert.deepEqual(created, [NAME]);
  });

  it("goes on until Kubernetes takes it, which says no for a while", async () => {
    const conflict = { reason: "Conflict", message: "Operation cannot be fulfilled on resourcequotas" };
    answers = [{ code: 503 }, { code: 409, status: conflict }, { code: 500, status: { message: "no webhook" } }];
    const { code, log } = await start();
    assert.equal(code, 0, log);
    assert.deepEqual(created, [NAME]);
  });

  it("says why Kubernetes refuses it, and asks no more", async () => {
    answers = [{ code: 403, status: { reason: "Forbidden", message: "ValidatingAdmissionPolicy denied request" } }];
    const { code, log } = await start();
    assert.deepEqual([code, created], [1, []]);
    assert.match(log, new RegExp(`answers 403 for new PipelineRun ${NAME}: ValidatingAdmissionPolicy denied request`));
  });

  it("starts nothing in a week of others", async () => {
    const { code, log } = await start({ WEEKS: "3", SINCE: "2026-11-16" });
    assert.deepEqual([code, created], [0, []]);
    assert.match(log, new RegExp(`no PipelineRun ${NAME}: it is due in one of 3 weeks from 2026-11-16 on`));
    assert.equal((await start({ WEEKS: "3", SINCE: "2026-11-02" })).code, 0);
    assert.deepEqual(created, [NAME]);
  });

  it("comes after the run before has succeeded, and the minutes are over", async () => {
    // Another state each time that it is asked for.
    const states = [{}, { status: { conditions: [{ type: "Succeeded", status: "Unknown" }] } }];
    let [success, sent] = [0, 0];
    server.prependListener("request", ({ method, url }: IncomingMessage) => {
      if (method === "POST") sent ||= Date.now();
      if (!url?.endsWith(before) || success > 0) return;
      runs[before] = states.shift() ?? ended("True", new Date((success = Date.now())).toISOString());
    });
    const { code, log } = await start({ AFTER: "okd-release-early", MINUTES: "0.01" });
    assert.equal(code, 0, log);
    assert.ok(success > 0 && sent >= success + 600, `${sent - success} ms after the success`);
    assert.equal(asked.filter((run) => run === before).length, 3);
  });

  it("starts nothing where the run before failed", async () => {
    runs[before] = ended("False");
    const { code, log } = await start({ AFTER: "okd-release-early" });
    assert.deepEqual([code, created], [1, []]);
    assert.match(log, new RegExp(`nothing is started: PipelineRun ${before}, which comes before, has failed`));
  });

  it("fails for a Job of no time, and without an account", async () => {
    assert.match((await start({ JOB_NAME: "by-hand" })).log, /by-hand is no name of a CronJob's Job/);
    writeFileSync(join(folder, "token"), "another\n");
    assert.match((await start()).log, /Kubernetes answers 401 for new PipelineRun .*: Unauthorized/);
    rmSync(join(folder, "token"));
    assert.match((await start()).log, /no token of an account/);
    assert.deepEqual(created, []);
  });
});
