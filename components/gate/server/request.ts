import { setTimeout as sleep } from "node:timers/promises";
import { readKeys } from "./keys";
import { logJson } from "./log";
import { postEvent } from "./post";

// Asks for a build, as a CronJob does: `node request.js`, with EVENT_LISTENER, KEYS_FILE, STREAM, VERSION, JOB_NAME and,
// for impatient tests, PAUSE_MS in the environment.

const ATTEMPTS = 6;

/**
 * The id of the build that a periodic asks for: the time that Kubernetes scheduled it for, which a CronJob's Job has in
 * its name, in minutes since 1970. All attempts of one Job ask for one build.
 */
export function periodicBuildId(jobName: string): string {
  const minutes = Number(/-(\d+)$/.exec(jobName)?.[1]);
  if (!(minutes > 0)) throw new Error(`${jobName} is no name of a CronJob's Job`);
  return `periodic-${new Date(minutes * 60_000).toISOString().replace(/[-:T]/g, "").slice(0, 12)}`;
}

async function main(): Promise<void> {
  const { EVENT_LISTENER = "", KEYS_FILE = "", STREAM, VERSION, JOB_NAME = "", PAUSE_MS = "2000" } = process.env;
  const [key] = readKeys(KEYS_FILE);
  if (key === undefined) throw new Error(`${KEYS_FILE} holds no key`);
  const buildId = periodicBuildId(JOB_NAME);
  const event = { schema: 1, type: "build-requested", stream: STREAM, version: VERSION, buildId };
  const what = `${STREAM} ${VERSION} build ${buildId}`;
  for (let attempt = 1; ; attempt++) {
    try {
      await postEvent(EVENT_LISTENER, event, key, new Date());
      logJson("info", { event: "request", message: `${what}: asked for` });
      return;
    } catch (error) {
      const message = `${what}: ${EVENT_LISTENER} cannot be asked: ${(error as Error).message}`;
      logJson("warn", { event: "request", attempt, message });
      if (attempt === ATTEMPTS) throw new Error(message, { cause: error });
      await sleep(Number(PAUSE_MS) * 2 ** (attempt - 1));
    }
  }
}

if (require.main === module) {
  main().catch((error: unknown) => {
    logJson("error", { event: "failure", message: (error as Error).message });
    process.exitCode = 1;
  });
}
