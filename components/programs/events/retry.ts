import pRetry from "p-retry";
import { logJson } from "./log";

/** Milliseconds of the first pause. PAUSE_MS in the environment is for impatient tests. @default 2000 */
export const PAUSE_MS = Number(process.env.PAUSE_MS ?? 2000);

/**
 * Retries an action with pauses that double each time.
 *
 * @param event what a failed attempt is called in the log
 * @param attempts maximum number of attempts
 * @param isFinal whether another attempt would be pointless. @default never
 * @throws the error of the last attempt
 */
export function retry<T>(
  event: string,
  attempts: number,
  attempt: () => Promise<T>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> {
  return pRetry(attempt, {
    retries: attempts - 1,
    minTimeout: PAUSE_MS,
    shouldRetry: ({ error }) => !isFinal(error),
    onFailedAttempt({ error, attemptNumber, retriesLeft }) {
      if (retriesLeft > 0 && !isFinal(error))
        logJson("warn", { event, attempts: attemptNumber, message: error.message });
    },
  });
}
