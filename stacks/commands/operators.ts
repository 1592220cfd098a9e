import type { Command } from "commander";
import { registerRun } from "./run-command";

/** `operators STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  registerRun(program, {
    verb: "operators",
    summary: "build operators and add them to a catalog, and follow it",
    description:
      "Creates the run of an entry of operators and follows it; fails when it fails. What is built before is kept.",
    name: "name of the entry in the stack; not needed where there is only one",
    choose: ({ chooseOperators }) => chooseOperators,
  });
}
