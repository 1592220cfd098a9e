import { spawn } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";

export interface Finished {
  /** Undefined where it was killed. */
  exitCode?: number;
  /** All that it said. */
  text: string;
  /** Seconds. */
  took: number;
}

/**
 * Starts a program of the project with its arguments.
 *
 * @param options.detached in a process group of its own
 * @returns its process, and how it ends
 */
export function start(
  args: string[],
  options: { env: NodeJS.ProcessEnv; detached?: boolean },
): { pid?: number; ended: Promise<Finished> } {
  const begin = Date.now();
  const child = spawn(process.execPath, ["--import", "tsx", ...args], {
    ...{ cwd: PROJECT_FOLDER, stdio: ["ignore", "pipe", "pipe"] },
    ...options,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  }
  const ended = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ exitCode: code ?? undefined, text, took: (Date.now() - begin) / 1000 });
    });
  });
  return { pid: child.pid, ended };
}

/** The environment of a program whose home is another folder; the cache stays. */
export function environmentIn(home: string): NodeJS.ProcessEnv {
  const { XDG_CACHE_HOME = path.join(os.homedir(), ".cache"), PATH } = process.env;
  return {
    HOME: home,
    XDG_CACHE_HOME,
    XDG_CONFIG_HOME: path.join(home, "config"),
    XDG_DATA_HOME: path.join(home, "data"),
    PATH,
  };
}
