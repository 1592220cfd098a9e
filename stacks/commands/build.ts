import type { Command } from "commander";
import { DEFAULT_PARALLEL } from "./options";

interface Options {
  follow: boolean;
}

/** `build STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  program
    .command("build")
    .summary("build a stream or a layer of a deployed stack, and follow it")
    .description(
      "Creates the PipelineRuns of a stream or a layer, one per architecture, and follows them; fails when one of them fails.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .argument("[name]", "version of a stream, as 4.20, or name of a layer; not needed for the only stream")
    .option("--follow", "follow the runs to their end (the default)", true)
    .option("--no-follow", "end once they are created")
    .action(build);
}

async function build(stack: string, name: string | undefined, { follow }: Options): Promise<void> {
  const [{ deployedOutputs }, { runBuild }, { chooseBuild }, { DEFAULT_LIMITS }] = await Promise.all([
    import("./deploy"),
    import("./follow/build"),
    import("./follow/choose"),
    import("./engine/watch"),
  ]);
  const outputs = await deployedOutputs("build", stack, { ...DEFAULT_LIMITS, parallel: DEFAULT_PARALLEL });
  await runBuild(stack, chooseBuild(stack, outputs, name), outputs.kubeconfig, follow);
}
