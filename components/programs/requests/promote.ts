import { setTimeout as sleep } from "node:timers/promises";
import { PAUSE_MS } from "../events/retry";
import { readKeys } from "../events/keys";
import { logJson } from "../events/log";
import { postEvent } from "../events/post";
import { stateOf } from "./runs";
import { isDue, periodicId, scheduledTime } from "./scheduled";

// Asks for a release, as a CronJob does: `node promote.js`, with these in the environment:
//   EVENT_LISTENER, KEYS_FILE   whom to ask, and the keys of signatures
//   RELEASE, RUN, JOB_NAME      what to ask for; its run is RUN-ID
//   WEEKS, SINCE                in every how many weeks, counted from which day
//   AFTER, MINUTES              the run before it, as RUN, and the minutes to wait once that has succeeded
//   RUNS_URL, TOKEN_FILE        where Kubernetes says how runs are
//   PAUSE_MS                    for impatient tests

const ATTEMPTS = 6;
const MISSING_MS = 30 * 60_000;
const RUNNING_MS = 7 * 3_600_000;

/** The time at which a run has succeeded. @throws Error where it failed, or is not there or at its end in time */
async function success(run: string): Promise<Date> {
  for (const start = Date.now(); ; await sleep(5 * PAUSE_MS)) {
    const state = await stateOf(run);
    if (state.is === "succeeded") return state.at;
    if (state.is === "failed") throw new Error(`PipelineRun ${run}, which comes before, has failed`);
    const limit = state.is === "missing" ? MISSING_MS : RUNNING_MS;
    if (Date.now() > start + limit) throw new Error(`PipelineRun ${run}, which comes before, is ${state.is} too long`);
  }
}

/** Asks until the run is there: an EventListener takes every event, and says nothing of what becomes of it. */
async function ask(event: { release?: string; id: string }, run: string): Promise<void> {
  const { EVENT_LISTENER = "", KEYS_FILE = "" } = process.env;
  const [key] = readKeys(KEYS_FILE);
  if (key === undefined) throw new Error(`${KEYS_FILE} holds no key`);
  for (let attempt = 0; ; attempt++) {
    if ((await stateOf(run)).is !== "missing") {
      logJson("info", { event: "promotion", message: `PipelineRun ${run} is there` });
      return;
    }
    if (attempt === ATTEMPTS) {
      throw new Error(`PipelineRun ${run} is not there after ${ATTEMPTS} requests: the EventListener's log says why`);
    }
    try {
      await postEvent(EVENT_LISTENER, { schema: 1, type: "promotion-requested", ...event }, key, new Date());
    } catch (error) {
      const message = `${EVENT_LISTENER} cannot be asked: ${(error as Error).message}`;
      logJson("warn", { event: "promotion", attempt: attempt + 1, message });
    }
    await sleep(PAUSE_MS * 2 ** attempt);
  }
}

async function main(): Promise<void> {
  const { RELEASE, RUN, JOB_NAME = "", WEEKS = "1", SINCE, AFTER, MINUTES = "0" } = process.env;
  if (!isDue(scheduledTime(JOB_NAME), Number(WEEKS), SINCE)) {
    const message = `${RELEASE} is due in one of ${WEEKS} weeks from ${SINCE} on, and this is another one`;
    logJson("info", { event: "promotion", message });
    return;
  }
  const id = periodicId(JOB_NAME);
  if (AFTER) {
    const before = await success(`${AFTER}-${id}`);
    await sleep(Math.max(0, before.getTime() + Number(MINUTES) * 60_000 - Date.now()));
  }
  await ask({ release: RELEASE, id }, `${RUN}-${id}`);
}

main().catch((error: unknown) => {
  logJson("error", {
    event: "failure",
    message: `${process.env.RELEASE} is not asked for: ${(error as Error).message}`,
  });
  process.exitCode = 1;
});
