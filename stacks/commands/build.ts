import type { Command } from "commander";
import { registerRun } from "./run-command";

/** `build STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  registerRun(program, {
    verb: "build",
    summary: "build a stream or a layer of a deployed stack, and follow it",
    description:
      "Creates the PipelineRuns of a stream or a layer, one per architecture, and follows them; fails when one of them fails.",
    name: "version of a stream, as 4.20, or name of a layer; not needed for the only stream",
    several: true,
    choose: ({ chooseBuild }) => chooseBuild,
  });
}
