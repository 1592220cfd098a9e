import * as assert from "node:assert/strict";

/**
 * Looks once a second until a condition holds.
 *
 * @param what the condition in words, for the test that fails
 * @param seconds after which it fails. @default 120
 */
export async function until(
  condition: () => Promise<boolean>,
  what: string | (() => string),
  seconds = 120,
): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await condition());) {
    if (Date.now() > end) assert.fail(`${typeof what === "string" ? what : what()}: not after ${seconds} s`);
    await new Promise((next) => setTimeout(next, 1_000));
  }
}
