import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between looks: services are asked often at first, later seldom. */
export const PAUSE = { first: 500, longest: 5_000 };

/**
 * Looks until there is something.
 *
 * @param look returns undefined as long as there is nothing
 * @param minutes how long
 * @returns undefined when the time is over
 */
export async function waitFor<T>(look: () => Promise<T | undefined>, minutes: number): Promise<T | undefined> {
  const deadline = Date.now() + minutes * 60_000;
  for (let pause = PAUSE.first; ; pause = Math.min(1.5 * pause, PAUSE.longest)) {
    const found = await look();
    if (found !== undefined || Date.now() + pause > deadline) return found;
    await sleep(pause);
  }
}
