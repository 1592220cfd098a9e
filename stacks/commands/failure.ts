import * as fs from "node:fs";
import * as path from "node:path";
import { CommanderError } from "commander";
import { UserError } from "../../components/errors";
import { folders } from "../environment";
import { machineFailure } from "./machine-failure";

/** Somebody pressed ^C, or asked the command to end. */
export class Interrupted extends Error {
  constructor() {
    super("Interrupted: the same command again goes on from here.");
  }
}

/** How a command that failed ends. */
export interface Failure {
  /** One sentence for stderr; absent where all is said. */
  sentence?: string;
  /** 1 = failed or interrupted, 2 = wrong usage, 3 = a prerequisite is missing. */
  exitCode: number;
  /** What only the log gets. */
  detail?: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof UserError) return { sentence: error.message, exitCode: error.exitCode };
  if (error instanceof Interrupted) return { sentence: error.message, exitCode: 1 };
  // Commander has printed its sentence; showing help or the version is no failure.
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
  const ofMachine = machineFailure(error);
  if (ofMachine) return { sentence: ofMachine, exitCode: 1 };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const detail = stack ?? message;
  return { sentence: `Unexpected: ${message.trim().split("\n")[0]}`, exitCode: 1, detail };
}

/** Prints the sentence and writes the detail where the sentence says. @returns the exit code */
export function report(error: unknown): number {
  const { sentence, exitCode, detail } = failureOf(error);
  const log = detail && keep(detail);
  if (sentence) process.stderr.write(`${sentence}${log ? ` (the whole story: ${log})` : ""}\n`);
  // Where nothing can be written down, it is told here.
  if (detail && !log) process.stderr.write(`${detail}\n`);
  return exitCode;
}

/** @returns the file; absent where it cannot be written */
function keep(detail: string): string | undefined {
  try {
    const log = path.join(folders().state, "logs", "unexpected.log");
    fs.mkdirSync(path.dirname(log), { recursive: true, mode: 0o700 });
    fs.writeFileSync(log, `${new Date().toISOString()} ${process.argv.slice(2).join(" ")}\n${detail}\n`, {
      mode: 0o600,
    });
    return log;
  } catch {
    return undefined;
  }
}
