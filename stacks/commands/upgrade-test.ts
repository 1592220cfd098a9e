import type { Command } from "commander";
import { registerRun } from "./run-command";

/** `upgrade-test STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  registerRun(program, {
    verb: "upgrade-test",
    summary: "upgrade a cluster to a release and look what comes of it, and follow it",
    description:
      "Creates the run of a test and follows it; fails when it fails. The cluster under test is named in the stack.",
    name: "name of the test in the stack; not needed where there is only one",
    choose: ({ chooseUpgradeTest }) => chooseUpgradeTest,
  });
}
