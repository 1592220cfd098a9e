import * as fs from "node:fs";
import type { Command } from "commander";
import { workspaceFolder } from "../environment";
import { withEngineOptions, type EngineOptions } from "./options";

/** `destroy STACK` */
export function register(program: Command): void {
  const command = program
    .command("destroy")
    .summary("remove a stack and everything in it")
    .description(
      "Removes a stack's resources and its state, and asks nothing. A cluster that is gone already is no error.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …");
  withEngineOptions(command).action(destroyStack);
}

/** Removes a stack's resources, its state, and what an `up` that was killed left of it. */
export async function destroyStack(stack: string, options: EngineOptions): Promise<void> {
  const [{ openEngine, requireSameAccount }, { readStack }, { pluginNotice }, { kubeconfigFile }, { kindOf }] =
    await Promise.all([
      import("./deploy"),
      import("./stack"),
      import("./preflight"),
      import("./engine/workspace"),
      import("../clusters/kinds"),
    ]);
  const context = readStack(stack);
  const notice = pluginNotice(context.environment.offlineFolder);
  if (notice) process.stderr.write(`${notice}\n`);
  const engine = await openEngine("destroy", context, options);
  try {
    await requireSameAccount(context, engine);
    await engine.destroy();
  } finally {
    engine.close();
  }
  const kubeconfig = kubeconfigFile(stack);
  const { cluster } = context.configuration;
  await kindOf(cluster).sweep?.(cluster, { stack, kubeconfig, tell: (line) => process.stderr.write(`${line}\n`) });
  fs.rmSync(kubeconfig, { force: true });
  fs.rmSync(workspaceFolder(stack), { recursive: true, force: true });
}
