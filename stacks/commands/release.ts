import type { Command } from "commander";
import { registerRun } from "./run-command";

/** `release STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  registerRun(program, {
    verb: "release",
    summary: "make a release of OKD with a deployed stack, and follow it",
    description: "Creates the run of a release and follows it; fails when it fails. It publishes what the stack says.",
    name: "name of the release in the stack; not needed where there is only one",
    choose: ({ chooseRelease }) => chooseRelease,
  });
}
