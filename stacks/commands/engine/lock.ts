import * as os from "node:os";
import { run } from "../../tools/run";

/** Who holds a stack's lock, as the engine says it of a backend that is files. */
export interface Holder {
  user: string;
  host: string;
  pid: number;
  since: string;
}

/** Reads the engine's refusal to work on a locked stack. */
export function holders(refusal: string): Holder[] {
  const lines = refusal.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g);
  return [...lines].map(([, user, host, pid, since]) => ({ user, host, pid: Number(pid), since }));
}

/** Whether all of them are engines of this machine that ended without releasing the lock: killed ones. */
export async function areGone(found: Holder[]): Promise<boolean> {
  const gone = await Promise.all(found.map(async ({ host, pid }) => host === os.hostname() && !(await isEngine(pid))));
  return found.length > 0 && gone.every(Boolean);
}

/** The number may have gone to another program since. */
async function isEngine(pid: number): Promise<boolean> {
  const { code, stdout } = await run("ps", ["-p", String(pid), "-o", "comm="]);
  if (code === 0 || code === 1) return stdout.includes("pulumi");
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
