/**
 * Tells that the tests of a suite build on each other: where one fails, the rest of the suite is left out, by name, and what
 * follows the suite runs. (`bail` of Mocha also ends suites that nothing failed in, and names nothing.)
 */
export function inSequence(suite: Mocha.Suite): void {
  suite.beforeEach(function () {
    const tests: Mocha.Test[] = [];
    suite.eachTest((test) => tests.push(test));
    const earlier = tests.slice(0, tests.indexOf(this.currentTest as Mocha.Test));
    // One without a state was never begun, as what was to be done before it failed.
    if (earlier.every((test) => test.state === "passed" || test.isPending())) return;
    leaveOut(suite);
    this.skip();
  });
  suite.afterEach(function () {
    if (this.currentTest?.isFailed()) leaveOut(suite);
  });
}

/** Leaves out what has not begun yet, with what would have been done before it and after it. */
function leaveOut(suite: Mocha.Suite): void {
  for (const test of suite.tests) {
    if (test.state || test.isPending()) continue;
    test.pending = true;
    Object.assign(test, { leftOut: true });
  }
  for (const nested of suite.suites) {
    const tests: Mocha.Test[] = [];
    nested.eachTest((test) => tests.push(test));
    const hasBegun = tests.some((test) => test.state);
    leaveOut(nested);
    if (!hasBegun) nested.pending = true;
  }
}
