import type { Command } from "commander";

interface Options {
  json?: boolean;
}

/** `builds STACK [--json]`: fails where somebody has to look. */
export function register(program: Command): void {
  program
    .command("builds")
    .summary("say which architectures of each build have arrived")
    .description(
      "Asks the gate of a deployed stack: which architectures of each build have arrived, what is missing since when, " +
        "and what was decided last. Fails where a stream's schedule has brought no build for too long, or the newest run failed.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .option("--json", "print what the gate answers")
    .action(builds);
}

async function builds(stack: string, { json }: Options): Promise<void> {
  const [
    { deployedOutputs },
    { connect },
    { askGate, buildLines },
    { attention, requireNoAttention },
    { pipelineRuns },
    { defaultOptions },
  ] = await Promise.all([
    import("./deploy"),
    import("../../components/kubernetes/connection"),
    import("./follow/gate"),
    import("./follow/attention"),
    import("./follow/runs"),
    import("./options"),
  ]);
  const outputs = await deployedOutputs("builds", stack, defaultOptions());
  const cluster = await connect(outputs.kubeconfig);
  const now = new Date();
  const answer = await askGate(stack, cluster, outputs.namespace);
  const { overdue, failed } = attention(answer, await pipelineRuns(cluster, outputs.namespace), now);
  const lines = json ? [JSON.stringify({ ...answer, overdue, failed }, undefined, 2)] : buildLines(answer, now);
  process.stdout.write(`${lines.join("\n")}\n`);
  requireNoAttention(stack, { overdue, failed });
}
