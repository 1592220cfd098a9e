import type { Command } from "commander";
import { registerRun } from "./run-command";

/** `payload STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  registerRun(program, {
    verb: "payload",
    summary: "make a release of OKD with components replaced, and follow it",
    description: "Creates the run of a payload and follows it; fails when it fails. What is built before is kept.",
    name: "name of the payload in the stack; not needed where there is only one",
    choose: ({ choosePayload }) => choosePayload,
  });
}
