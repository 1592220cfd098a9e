import type { Command } from "commander";
import { UserError } from "../../components/errors";

/** `doctor [STACK]` */
export function register(program: Command): void {
  program
    .command("doctor")
    .summary("say what this machine has, lacks, and how to get it")
    .description("Says what a stack needs of this machine. Exit code 3 where something is missing.")
    .argument("[stack]", "stack whose needs are looked at", "kind")
    .option("--json", "print the facts as JSON")
    .action(doctor);
}

async function doctor(stack: string, { json }: { json?: boolean }): Promise<void> {
  const [{ readStack }, { collectFor, findingsFor }, { findingLines }, { offlineNotice }, { kindOf }] =
    await Promise.all([
      import("./stack"),
      import("./preflight"),
      import("../tools/table"),
      import("../configuration/load"),
      import("../clusters/kinds"),
    ]);
  const context = readStack(stack);
  const facts = await collectFor(context);
  const { cluster, platform } = context.configuration;
  const ofCluster = await kindOf(cluster).ask?.(cluster, { ...context, kvmDevicePlugin: platform.kvmDevicePlugin });
  const findings = [...findingsFor(facts, context.configuration), ...(ofCluster ?? [])];
  const lines = json ? [JSON.stringify(facts, undefined, 2)] : findingLines(findings);
  process.stdout.write(`${lines.join("\n")}\n`);
  const { projectFolder, offlineFolder, ephemeral } = context.environment;
  const notice = offlineNotice(projectFolder, ephemeral?.of ?? stack, offlineFolder);
  if (notice) process.stderr.write(`${notice}\n`);
  const missing = findings.filter(({ state }) => state === "missing");
  if (missing.length > 0) {
    throw new UserError(
      `Stack ${stack} cannot be deployed from here yet: ${missing.map(({ name }) => name).join(", ")}.`,
      3,
    );
  }
}
