import type { Command } from "commander";
import { DEFAULT_PARALLEL } from "./options";

interface Options {
  json?: boolean;
}

/** `builds STACK [--json]` */
export function register(program: Command): void {
  program
    .command("builds")
    .summary("say which architectures of each build have arrived")
    .description(
      "Asks the gate of a deployed stack: which architectures of each build have arrived, what is missing since when, " +
        "and what was decided last.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .option("--json", "print what the gate answers")
    .action(builds);
}

async function builds(stack: string, { json }: Options): Promise<void> {
  const [{ deployedOutputs }, { connect }, { askGate, buildLines }, { DEFAULT_LIMITS }] = await Promise.all([
    import("./deploy"),
    import("../../components/kubernetes/connection"),
    import("./follow/gate"),
    import("./engine/watch"),
  ]);
  const outputs = await deployedOutputs("builds", stack, { ...DEFAULT_LIMITS, parallel: DEFAULT_PARALLEL });
  const answer = await askGate(stack, await connect(outputs.kubeconfig), outputs.namespace);
  const lines = json ? [JSON.stringify(answer, undefined, 2)] : buildLines(answer, new Date());
  process.stdout.write(`${lines.join("\n")}\n`);
}
