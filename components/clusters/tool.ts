import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { UserError } from "../errors";

export interface RunOptions {
  /** What the tool reads from its standard input. @default nothing */
  input?: string;
  /** After that many seconds the tool is killed and the call fails. @default 60 */
  seconds?: number;
  /** Variables added to this process's environment. */
  env?: Record<string, string>;
  /** Given each line of its standard error as it is said. @default nobody listens */
  onLine?: (line: string) => void;
}

/** A command line tool ended with an error, or did not end in time. */
export class ToolFailed extends UserError {
  constructor(
    call: string,
    /** What went wrong, as a part of a sentence. */
    readonly why: string,
  ) {
    super(`\`${call}\` failed: ${why}.`);
    this.name = "ToolFailed";
  }
}

/**
 * Runs a command line tool that is found on PATH.
 *
 * @returns its standard output
 * @throws ToolFailed when it fails or takes too long; UserError (exit code 3) when it is not there
 */
export function run(tool: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { input = "", seconds = 60, env = {}, onLine } = options;
  const call = [tool, ...args.slice(0, 2).filter((word) => !word.startsWith("-"))].join(" ");
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { env: { ...process.env, ...env } });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const deadline = setTimeout(() => {
      child.kill("SIGKILL");
      // Its own children may hold the pipes open for as long as they like.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(new ToolFailed(call, `no result within ${String(seconds)} s`));
    }, seconds * 1000);
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    if (onLine) createInterface({ input: child.stderr }).on("line", onLine);
    // A tool that ends without reading all its input says why by itself.
    child.stdin.on("error", () => undefined).end(input);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(deadline);
      const missing = new UserError(`${tool} is not on PATH: \`npm run doctor\` says how to get it.`, 3);
      reject(error.code === "ENOENT" ? missing : new ToolFailed(call, error.message));
    });
    child.on("close", (code, signal) => {
      clearTimeout(deadline);
      if (code === 0) return resolve(Buffer.concat(stdout).toString());
      reject(
        new ToolFailed(call, reason(Buffer.concat(stderr).toString()) || `it ended with ${String(code ?? signal)}`),
      );
    });
  });
}

/** The one line of a tool's error output that says why, without its full stop: the container engine's own words before anybody's summary. */
export function reason(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const line =
    lines.find((it) => /Error response from daemon: |Cannot connect to the Docker daemon/.test(it)) ??
    lines.findLast((it) => /^(ERROR|Error|error)\b/.test(it)) ??
    lines.findLast((it) => it !== "");
  if (line === undefined) return "";
  const words = line
    .replace(/^.*Error response from daemon: /, "")
    .replace(/^(ERROR|Error|error): /, "")
    .replace(/command "([^"\\]|\\.)*" failed with error: /, "")
    .replace(/[.?!]+$/, "");
  return words.slice(0, 300);
}
