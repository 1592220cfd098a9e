import type { Command } from "commander";
import { DEFAULT_PARALLEL } from "./options";

interface Options {
  follow: boolean;
}

/** `payload STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  program
    .command("payload")
    .summary("make a release of OKD with components replaced, and follow it")
    .description("Creates the run of a payload and follows it; fails when it fails. What is built before is kept.")
    .argument("<stack>", "name of the stack: kind, existing, …")
    .argument("[name]", "name of the payload in the stack; not needed where there is only one")
    .option("--follow", "follow the run to its end (the default)", true)
    .option("--no-follow", "end once it is created")
    .action(payload);
}

async function payload(stack: string, name: string | undefined, { follow }: Options): Promise<void> {
  const [{ deployedOutputs }, { runBuild }, { choosePayload }, { DEFAULT_LIMITS }] = await Promise.all([
    import("./deploy"),
    import("./follow/build"),
    import("./follow/choose"),
    import("./engine/watch"),
  ]);
  const outputs = await deployedOutputs("payload", stack, { ...DEFAULT_LIMITS, parallel: DEFAULT_PARALLEL });
  await runBuild(stack, choosePayload(stack, outputs, name), outputs.kubeconfig, follow);
}
