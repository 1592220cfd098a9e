import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { PAUSE_MS } from "../events/retry";
import { logJson } from "../events/log";
import { createRun, type NewRun, stateOf } from "./runs";
import { isDue, periodicId, scheduledTime } from "./scheduled";

// Starts a run at its time, as a CronJob does: `node start-run.js run.json`, the PipelineRun without what its name ends in, with these
// in the environment:
//   JOB_NAME                    the time; all that is started for one time has one name, so that it is there once
//   WEEKS, SINCE                in every how many weeks, counted from which day
//   AFTER, MINUTES              the run before it, by its name without the time, and the minutes to wait once that has succeeded
//   RUNS_URL, TOKEN_FILE        where Kubernetes says how runs are, and takes new ones
//   PAUSE_MS                    for impatient tests

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

async function main(): Promise<void> {
  const { JOB_NAME = "", WEEKS = "1", SINCE, AFTER, MINUTES = "0" } = process.env;
  const { metadata, ...run } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as NewRun;
  const { generateName = "", ...others } = metadata;
  const id = periodicId(JOB_NAME);
  const name = `${generateName}${id}`;
  if (!isDue(scheduledTime(JOB_NAME), Number(WEEKS), SINCE)) {
    const message = `no PipelineRun ${name}: it is due in one of ${WEEKS} weeks from ${SINCE} on, and this is another one`;
    logJson("info", { event: "start", message });
    return;
  }
  if (AFTER) {
    const before = await success(`${AFTER}-${id}`);
    await sleep(Math.max(0, before.getTime() + Number(MINUTES) * 60_000 - Date.now()));
  }
  const made = await createRun({ ...run, metadata: { ...others, name } });
  logJson("info", { event: "start", message: `PipelineRun ${name} ${made ? "is created" : "was there already"}` });
}

main().catch((error: unknown) => {
  logJson("error", { event: "failure", message: `nothing is started: ${(error as Error).message}` });
  process.exitCode = 1;
});
