import type { Command } from "commander";
import type * as choosers from "./follow/choose";

interface Options {
  follow: boolean;
}

/** A command that creates what a deployed stack has runs of, and follows it. */
export interface RunCommand {
  verb: string;
  summary: string;
  description: string;
  /** What its argument `name` is. */
  name: string;
  /** There may be a run for each architecture. @default false */
  several?: boolean;
  /** Which of the choosers finds it: they are loaded when they are needed. */
  choose: (all: typeof choosers) => choosers.Chooser;
}

/** `VERB STACK [NAME] [--no-follow]` */
export function registerRun(program: Command, { verb, summary, description, name, several, choose }: RunCommand): void {
  const [end, created] = several
    ? ["follow the runs to their end (the default)", "end once they are created"]
    : ["follow the run to its end (the default)", "end once it is created"];
  program
    .command(verb)
    .summary(summary)
    .description(description)
    .argument("<stack>", "name of the stack: kind, existing, …")
    .argument("[name]", name)
    .option("--follow", end, true)
    .option("--no-follow", created)
    .action(async (stack: string, of: string | undefined, { follow }: Options) => {
      const [{ deployedOutputs }, { runBuild }, all, { defaultOptions }] = await Promise.all([
        import("./deploy"),
        import("./follow/build"),
        import("./follow/choose"),
        import("./options"),
      ]);
      const outputs = await deployedOutputs(verb, stack, defaultOptions());
      await runBuild(stack, choose(all)(stack, outputs, of), outputs.kubeconfig, follow);
    });
}
