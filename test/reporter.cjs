"use strict";
const { reporters, Runner } = require("mocha");

/** Mocha's spec reporter, then the tests that were skipped, by name, and a line that CI reads. */
module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      for (const title of skipped) console.log(`skipped: ${title}`);
      const { passes, failures } = this.stats;
      console.log(`\n${passes} passed, ${failures} failed, ${skipped.length} skipped`);
    });
  }
};
