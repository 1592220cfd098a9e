import assert from "node:assert/strict";
import { cronFault, longestInterval } from "../../../components/kubernetes/cron";

describe("schedules of CronJobs", () => {
  // Each as github.com/robfig/cron v3.0.1 says, which Kubernetes reads them by.
  const taken = [
    ...["0 5 * * 1", "0 5 29 2 *", "0 0 31 2 1", "*/15 0,12 1-5 jan-mar MON-FRI", "5/15 * * * *", "0 0 ? * ?"],
    ...["? ? ? ? ?", "0 0 1 1 0-6/2", "0 0 30 2 0-6", "0 0 31 2 */2", "0  0 * * 1", "0 0 * * sun-mon", "00 05 * * 1"],
    ...["0 0 * * */7", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"],
  ];
  for (const expression of taken) it(`may be ${expression}`, () => assert.equal(cronFault(expression), undefined));

  const FORM = /^a cron expression as Kubernetes takes it: minute, hour, /;
  const refused: Record<string, string[]> = {
    "are of numbers and names that there are": [
      ...["99 99 99 Foo x", "61 25 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * mon *", "0 0 jan * *"],
      ...["0 0 * * 7", "0 0 * * 1-7", "0 0 * * fri-sun", "5-1 * * * *", "*/0 * * * *", "1-5/0 * * * *", "+5 * * * *"],
    ],
    "have five fields": [
      "",
      "5",
      "0 5 * *",
      "0 0 5 * * 1",
      "0 0 5 * * 1 2027",
      "@Daily",
      "@often",
      " 0 5 * * 1",
      "0 5 * * 1\n",
    ],
    "say nothing that only others know": [
      ...["0 0 L * *", "0 0 * * 5L", "0 0 15W * *", "0 0 * * 1#2", "0 0 * * +1", "@every 1h", "@reboot"],
      ...["TZ=Europe/Vienna 0 5 * * 1", "CRON_TZ=UTC 0 5 * * 1", "0 0 1,, * *"],
    ],
  };
  for (const [what, expressions] of Object.entries(refused)) {
    for (const expression of expressions) {
      it(`${what}: not ${JSON.stringify(expression)}`, () => assert.match(cronFault(expression) ?? "taken", FORM));
    }
  }

  for (const expression of ["0 5 31 2 *", "0 5 31 4,6 *", "0 0 30 2 ?", "0 0 30,31 feb *"]) {
    it(`come one day: not ${expression}`, () => assert.match(cronFault(expression) ?? "taken", /never does$/));
  }
});

describe("what a schedule leaves between two times at most", () => {
  const HOURS: Record<string, number> = {
    "@daily": 24,
    "30 3 * * *": 24,
    "0 5 * * 1": 7 * 24,
    "0 5 * * 1-5": 3 * 24,
    "0 */6 * * *": 6,
    "0 8,10 * * *": 22,
    "0 0 31 * *": 61 * 24,
    "0 0 29 2 *": (8 * 365 + 1) * 24,
  };
  for (const [expression, hours] of Object.entries(HOURS)) {
    it(`${expression}: ${hours} h, today as next year`, () => assert.equal(longestInterval(expression), hours * 3600));
  }
});
