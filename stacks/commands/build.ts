import type { Command } from "commander";
import type { StreamOutput } from "../../components/streams/coreos";
import { DEFAULT_PARALLEL } from "./options";

interface Options {
  follow: boolean;
}

/** `build STACK [STREAM] [--no-follow]` */
export function register(program: Command): void {
  program
    .command("build")
    .summary("build a stream of a deployed stack, and follow it")
    .description(
      "Creates a stream's PipelineRuns, one per architecture, and follows them; fails when one of them fails.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .argument("[stream]", "version of the stream, as 4.20; not needed where there is only one")
    .option("--follow", "follow the runs to their end (the default)", true)
    .option("--no-follow", "end once they are created")
    .action(build);
}

async function build(stack: string, version: string | undefined, { follow }: Options): Promise<void> {
  const [{ deployedOutputs }, { runStream }, { chooseStream }, { DEFAULT_LIMITS }] = await Promise.all([
    import("./deploy"),
    import("./follow/build"),
    import("./follow/choose"),
    import("./engine/watch"),
  ]);
  const outputs = await deployedOutputs("build", stack, { ...DEFAULT_LIMITS, parallel: DEFAULT_PARALLEL });
  const stream: StreamOutput = chooseStream(stack, outputs.streams, version);
  await runStream(stack, stream, outputs.kubeconfig, follow);
}
