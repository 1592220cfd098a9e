import { InvalidArgumentError, type Command } from "commander";
import { withEngineOptions, type EngineOptions } from "./options";

interface Options extends EngineOptions {
  run: string[];
  ttl: number;
  keepOnFailure?: boolean;
  out?: string;
}

/** `ephemeral STACK --run WHAT [NAME] [--ttl TIME] [--keep-on-failure] [--out FOLDER]` */
export function register(program: Command): void {
  const command = program
    .command("ephemeral")
    .summary("deploy a stack under a name of its own, run something in it, and remove it")
    .description(
      "Deploys the settings of a KinD stack under a name of its own, so that several may stand side by side, runs a build in it, keeps logs, results and a report, and removes the stack whatever happens. What earlier ones left behind is removed first.",
    )
    .argument("<stack>", "whose settings to take: kind, …")
    .requiredOption("--run <what...>", "coreos [VERSION], layer NAME, release [NAME] or payload [NAME]")
    .option("--ttl <time>", "how long it may live, as 90m, 2h or 1d", milliseconds, milliseconds("2h"))
    .option("--keep-on-failure", "leave the stack for looking, until its time is over, when the run fails")
    .option("--out <folder>", "where logs and report go, instead of a folder of the stack's state");
  withEngineOptions(command).action(async (stack: string, { run, ttl, keepOnFailure, out, ...options }: Options) => {
    const [{ readOrder }, { ephemeral }] = await Promise.all([
      import("./ephemeral/order"),
      import("./ephemeral/ephemeral"),
    ]);
    await ephemeral(stack, readOrder(run), { ...options, ttl, keepOnFailure, out });
  });
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws InvalidArgumentError for what is no time */
export function milliseconds(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  if (!number) throw new InvalidArgumentError("It must be a time, as 90m, 2h or 1d.");
  return Number(number) * UNITS[unit as keyof typeof UNITS];
}
