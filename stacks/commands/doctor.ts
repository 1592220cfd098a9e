import type { Command } from "commander";

/** `doctor [STACK]` */
export function register(program: Command): void {
  program
    .command("doctor")
    .summary("say what this machine has, lacks, and how to get it")
    .argument("[stack]", "stack whose ports are looked at", "kind")
    .option("--json", "print the facts as JSON")
    .action(doctor);
}

async function doctor(stack: string, { json }: { json?: boolean }): Promise<void> {
  const [{ readStack }, { wantedPorts }, { collect }, { diagnose }, { findingLines }, { kindOf }] = await Promise.all([
    import("./stack"),
    import("./preflight"),
    import("../tools/collect"),
    import("../tools/diagnose"),
    import("../tools/table"),
    import("../clusters/kinds"),
  ]);
  const { configuration, environment } = readStack(stack);
  const facts = await collect({ offline: environment.offlineFolder, ports: wantedPorts(configuration) });
  const lines = json
    ? [JSON.stringify(facts, undefined, 2)]
    : findingLines(diagnose(facts, kindOf(configuration.cluster).findings));
  process.stdout.write(`${lines.join("\n")}\n`);
}
