import { execFile, spawn } from "node:child_process";

/** How a program ended. */
export interface Finished {
  /** Its exit code; -1 where it could not be started or did not end in time. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Milliseconds after which the program is ended. @default 15000 */
  timeout?: number;
}

/** Runs a program to its end without a shell and without a terminal. Never throws. */
export function run(
  command: string,
  args: string[],
  { env, cwd, timeout = 15_000 }: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { env, cwd, timeout, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      resolve({ code, stdout, stderr: stderr || (error?.message ?? "") });
    });
    child.stdin?.end();
  });
}

/** Runs a program whose output goes where ours goes. @returns its exit code, -1 where it could not be started */
export function runVisibly(
  command: string,
  args: string[],
  options: Omit<RunOptions, "timeout"> = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", () => resolve(-1));
    child.on("exit", (code) => resolve(code ?? -1));
  });
}
