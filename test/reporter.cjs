"use strict";
const { reporters, Runner } = require("mocha");

/**
 * Mocha's spec reporter, then by name the tests that were skipped and those that never ran because something before them
 * failed, and a line that CI reads, in which both count as skipped.
 */
module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    const notRun = [];
    const told = new Set();
    runner.on(Runner.constants.EVENT_TEST_END, (test) => told.add(test));
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => (test.leftOut ? notRun : skipped).push(test.fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const wanted = (test) => runner._grep.test(test.fullTitle()) !== Boolean(runner._invert);
      runner.suite.eachTest((test) => {
        if (!told.has(test) && wanted(test)) notRun.push(test.fullTitle());
      });
      for (const title of skipped) console.log(`skipped: ${title}`);
      for (const title of notRun) console.log(`not run: ${title}`);
      const { passes, failures } = this.stats;
      console.log(`\n${passes} passed, ${failures} failed, ${skipped.length + notRun.length} skipped`);
    });
  }
};
