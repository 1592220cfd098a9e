import { setTimeout as sleep } from "node:timers/promises";
import { logJson } from "./log";

/** Milliseconds of the first pause. PAUSE_MS in the environment is for impatient tests. @default 2000 */
export const PAUSE_MS = Number(process.env.PAUSE_MS ?? 2000);

/**
 * Does something until it is done, with pauses that are each twice as long.
 *
 * @param event what a failed attempt is called in the log
 * @param isFinal whether another attempt would be in vain. @default never
 * @throws what the last attempt failed by
 */
export async function again<T>(
  event: string,
  limit: number,
  attempt: () => Promise<T>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (attempts === limit || isFinal(error)) throw error;
      logJson("warn", { event, attempts, message: (error as Error).message });
      await sleep(PAUSE_MS * 2 ** (attempts - 1));
    }
  }
}
