import type { Command } from "commander";
import { withEngineOptions, type EngineOptions } from "./options";

/** `up STACK [--expect-no-changes]` */
export function register(program: Command): void {
  const command = program
    .command("up")
    .summary("deploy a stack")
    .description("Deploys a stack and asks nothing; what is missing on this machine is an error that says what to do.")
    .argument("<stack>", "name of the stack: kind, existing, …")
    .option("--expect-no-changes", "fail if anything has to change");
  withEngineOptions(command).action(async (stack: string, options: EngineOptions) => {
    const { deploy } = await import("./deploy");
    await deploy(stack, options);
  });
}
