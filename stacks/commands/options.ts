import { InvalidArgumentError, type Command } from "commander";
import { DEFAULT_LIMITS, type Limits } from "./engine/watch";

/** Options of every command that has the engine work. */
export interface EngineOptions extends Limits {
  /** Operations on resources at the same time. */
  parallel: number;
}

export const DEFAULT_PARALLEL = 64;

/** Of commands that have the engine look only. */
export function defaultOptions(): EngineOptions {
  return { ...DEFAULT_LIMITS, parallel: DEFAULT_PARALLEL };
}

/** Adds them to a command. */
export function withEngineOptions(command: Command): Command {
  const { deadline, patience } = DEFAULT_LIMITS;
  return command
    .option("--parallel <n>", "operations on resources at the same time", positive, DEFAULT_PARALLEL)
    .option("--deadline <minutes>", "give up after that long", positive, deadline)
    .option("--patience <minutes>", "give up when nothing happens for that long", positive, patience);
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return number;
}
