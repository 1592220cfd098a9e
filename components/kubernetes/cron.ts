import { Cron } from "croner";

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Kubernetes takes no names but these. */
const DESCRIPTOR = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

const MINUTE = "[0-5]?\\d";
const HOUR = "[01]?\\d|2[0-3]";
const DAY = "0?[1-9]|[12]\\d|3[01]";
const MONTH = `0?[1-9]|1[0-2]|${MONTHS.join("|")}`;
const WEEKDAY = `0?[0-6]|${WEEKDAYS.join("|")}`;
const EXPRESSION = new RegExp(`^${[MINUTE, HOUR, DAY, MONTH, WEEKDAY].map(fieldOf).join(" +")}$`, "i");

/**
 * What is wrong with the schedule of a CronJob, as Kubernetes reads it (github.com/robfig/cron, five fields), in the words that say
 * what would be right: `a cron expression …`.
 *
 * @returns nothing where there are times at which it begins
 */
export function cronFault(expression: string): string | undefined {
  if (!DESCRIPTOR.test(expression) && !EXPRESSION.test(expression)) return FORM;
  try {
    return timesOf(expression).nextRun() ? undefined : "a cron expression of a day that comes: this one never does";
  } catch {
    return FORM;
  }
}

/** Times in which the longest interval of a schedule is found: more than a year of days, ten of weeks. */
const TIMES = 520;

/** From a date that stays, so that a schedule's interval does: a leap year's beginning. */
const BEGINNING = new Date("2024-01-01T00:00:00Z");

/**
 * The longest that a schedule which {@link cronFault} lets pass leaves between one time and the next.
 * @returns seconds: 86400 for `@daily`; 259200 for `0 5 * * 1-5`, over a weekend
 */
export function longestInterval(expression: string): number {
  const times = timesOf(expression).nextRuns(TIMES, BEGINNING);
  const intervals = times.slice(1).map((time, index) => (time.getTime() - times[index]!.getTime()) / 1000);
  return Math.max(...intervals);
}

function timesOf(expression: string): Cron {
  return new Cron(asLibraryReads(expression), { mode: "5-part", sloppyRanges: true, timezone: "Etc/UTC" });
}

const FORM =
  'a cron expression as Kubernetes takes it: minute, hour, day of the month, month and day of the week (0 to 6), as in "0 5 * * 1", or a name such as @daily';

/** One field: values, ranges and steps, as a list. @param value a regular expression */
function fieldOf(value: string): string {
  const item = `([*?]|(${value})(-(${value}))?)(/0*[1-9]\\d*)?`;
  return `${item}(,${item})*`;
}

/** The same times where Kubernetes and the library read an expression differently. */
function asLibraryReads(expression: string): string {
  if (expression.startsWith("@")) return expression;
  const fields = expression.toLowerCase().split(/ +/);
  const all = fields.map((field) => (/^[*?](\/0*1)?(,[*?](\/0*1)?)*$/.test(field) ? "*" : field));
  // Sunday is the first day alone: `fri-sun` is no range.
  const weekday = all.pop()!.replace(/[a-z]+/g, (name) => String(WEEKDAYS.indexOf(name)));
  return [...all, weekday].join(" ");
}
