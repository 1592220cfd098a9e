import type { Command } from "commander";
import { registerRun } from "./run-command";

/** `certify STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  registerRun(program, {
    verb: "certify",
    summary: "test conformance of a cluster that runs a release, and follow it",
    description:
      "Creates the run of a test and follows it; fails when it fails. The cluster under test is named in the stack.",
    name: "name of the test in the stack; not needed where there is only one",
    choose: ({ chooseCertification }) => chooseCertification,
  });
}
