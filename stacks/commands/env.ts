import type { Command } from "commander";
import { shellWord } from "../../components/shell";

/** `env STACK` */
export function register(program: Command): void {
  program
    .command("env")
    .summary("print what plain pulumi and kubectl need for a stack")
    .description(
      'Prints shell exports: eval "$(npm run -s env -- kind)", then cd "$OKD_STREAMS_WORKSPACE" && pulumi preview.',
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .action(env);
}

async function env(stack: string): Promise<void> {
  const [{ readStack }, { kubeconfigFile, prepareWorkspace }, { kindOf }] = await Promise.all([
    import("./stack"),
    import("./engine/workspace"),
    import("../clusters/kinds"),
  ]);
  const { configuration, environment } = readStack(stack);
  const { folder, variables } = prepareWorkspace(configuration, environment);
  const all = {
    ...variables,
    OKD_STREAMS_WORKSPACE: folder,
    ...(kindOf(configuration.cluster).exportsKubeconfig && { KUBECONFIG: kubeconfigFile(stack) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}
