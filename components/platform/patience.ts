import pRetry, { type Options } from "p-retry";

/**
 * Tries until it is done: often at first, then every two seconds.
 *
 * @param seconds how long
 * @throws what the last attempt failed by, or at once the error of p-retry's AbortError
 */
export function patiently<T>(
  seconds: number,
  attempt: () => Promise<T>,
  options: Pick<Options, "shouldRetry"> = {},
): Promise<T> {
  const pauses = { retries: Infinity, minTimeout: 250, maxTimeout: 2_000, maxRetryTime: seconds * 1000 };
  return pRetry(attempt, { ...pauses, ...options });
}
