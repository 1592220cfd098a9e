import * as fs from "node:fs";
import type { Command } from "commander";
import { workspaceFolder } from "../environment";
import { withEngineOptions, type EngineOptions } from "./options";
import type { StackContext } from "./stack";

/** `destroy STACK` */
export function register(program: Command): void {
  const command = program
    .command("destroy")
    .summary("remove a stack and everything in it")
    .description(
      "Removes a stack's resources and its state, and asks nothing. A cluster that is gone already is no error.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …");
  withEngineOptions(command).action(destroy);
}

async function destroy(stack: string, options: EngineOptions): Promise<void> {
  const [{ openEngine }, { readStack }, { pluginNotice }, { kubeconfigFile }] = await Promise.all([
    import("./deploy"),
    import("./stack"),
    import("./preflight"),
    import("./engine/workspace"),
  ]);
  const context = readStack(stack);
  const notice = pluginNotice(context.environment.offlineFolder);
  if (notice) process.stderr.write(`${notice}\n`);
  const engine = await openEngine("destroy", context, options);
  try {
    await engine.destroy();
  } finally {
    engine.close();
  }
  const kubeconfig = kubeconfigFile(stack);
  await sweepAll(context, kubeconfig);
  fs.rmSync(kubeconfig, { force: true });
  fs.rmSync(workspaceFolder(stack), { recursive: true, force: true });
}

/** What bears the stack's mark and was never in its state: an `up` that was killed made it, or the state was lost. */
async function sweepAll({ configuration, environment }: StackContext, kubeconfig: string): Promise<void> {
  const { stack } = environment;
  if (configuration.cluster.type === "moc") {
    const [{ openStack }, { findLeftovers, free }] = await Promise.all([
      import("../../components/openstack/client"),
      import("./sweep-openstack"),
    ]);
    const leftovers = await findLeftovers(stack, openStack(configuration.cluster.cloud), {});
    await free(leftovers, (line) => process.stderr.write(`${line}\n`));
  }
  const { sweepKind } = await import("./sweep-kind");
  await sweepKind(stack, configuration, kubeconfig);
}
