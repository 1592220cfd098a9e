import type { Path } from "./yaml-file";

/** One mistake in a configuration. */
export interface Problem {
  path: Path;
  /** What follows the key in a sentence: `is "three", but must be a whole number`. */
  sentence: string;
}

/** What keys demand of each other: finds mistakes, never throws. */
export type Rule<Arguments extends unknown[]> = (...settings: Arguments) => (Problem | false | undefined)[];
