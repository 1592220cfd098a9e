import assert from "node:assert/strict";
import { storedDuration } from "../../../components/pipelines/durations";

describe("storedDuration", () => {
  const table: [string, string][] = [
    ["3h", "3h0m0s"],
    ["90m", "1h30m0s"],
    ["1h30m", "1h30m0s"],
    ["1h0m5s", "1h0m5s"],
    ["120s", "2m0s"],
    ["45s", "45s"],
    ["0s", "0s"],
    ["1.5h", "1.5h"],
    ["$(params.timeout)", "$(params.timeout)"],
    ["", ""],
  ];
  for (const [written, stored] of table) {
    it(`${JSON.stringify(written)}: ${JSON.stringify(stored)}`, () => assert.equal(storedDuration(written), stored));
  }
});
