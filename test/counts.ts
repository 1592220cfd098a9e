/** Whether this run is `npm run prove`: the large counts, for people who want to be sure before a release. */
export const PROVING = process.env.OKD_STREAMS_PROVE === "1";

/** How many of something a test makes: a few as a rule, many with `npm run prove`; the code is the same. */
export function count(small: number, large: number): number {
  return PROVING ? large : small;
}

/** A test of `npm run prove` alone, which takes minutes and holds what a cheaper one holds in part; skipped by name otherwise. */
export const proves = PROVING ? it : it.skip;
