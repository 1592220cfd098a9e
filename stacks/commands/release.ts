import type { Command } from "commander";
import { DEFAULT_PARALLEL } from "./options";

interface Options {
  follow: boolean;
}

/** `release STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  program
    .command("release")
    .summary("make a release of OKD with a deployed stack, and follow it")
    .description("Creates the run of a release and follows it; fails when it fails. It publishes what the stack says.")
    .argument("<stack>", "name of the stack: kind, existing, …")
    .argument("[name]", "name of the release in the stack; not needed where there is only one")
    .option("--follow", "follow the run to its end (the default)", true)
    .option("--no-follow", "end once it is created")
    .action(release);
}

async function release(stack: string, name: string | undefined, { follow }: Options): Promise<void> {
  const [{ deployedOutputs }, { runBuild }, { chooseRelease }, { DEFAULT_LIMITS }] = await Promise.all([
    import("./deploy"),
    import("./follow/build"),
    import("./follow/choose"),
    import("./engine/watch"),
  ]);
  const outputs = await deployedOutputs("release", stack, { ...DEFAULT_LIMITS, parallel: DEFAULT_PARALLEL });
  await runBuild(stack, chooseRelease(stack, outputs, name), outputs.kubeconfig, follow);
}
