import { spawn } from "node:child_process";

/** Runs a bundled program with Node and no other environment than the one given. @returns its exit code, and what it logged */
export function runProgram(args: string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; log: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let log = "";
    child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
    child.on("close", (code) => {
      done({ code, log });
    });
  });
}
