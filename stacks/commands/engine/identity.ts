import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../tools/run";
import { makePrivateFolder, writePrivate } from "./files";

/** Variable that an engine and everything it starts inherit: it says whose they are, which a process's number does not. */
export const MARK = "OKD_STREAMS_ENGINE";

/** An engine of ours, as it can be told from every other process that ever has its number. */
export interface EngineIdentity {
  pid: number;
  /** Value of {@link MARK} in its environment. */
  mark: string;
  /** The machine's boot that it runs in. */
  boot: string;
  /** The process numbers that it is counted in: a container has its own. */
  namespace: string;
  /** When it began, as the system writes it. */
  began: string;
}

export function newMark(): string {
  return randomUUID();
}

/** The engines that commands of ours started in a workspace and that have not ended well: a file each. */
export class StartedEngines {
  private readonly folder: string;

  constructor(workspaceFolder: string) {
    this.folder = path.join(workspaceFolder, "engines");
  }

  async remember(pid: number, mark: string): Promise<void> {
    const identity = await identify(pid, mark);
    if (identity === undefined) return; // it has ended already
    makePrivateFolder(this.folder);
    writePrivate(this.file(pid), JSON.stringify(identity));
  }

  forget(pid: number): void {
    fs.rmSync(this.file(pid), { force: true });
  }

  /** @returns none where no command of ours started it here */
  find(pid: number): EngineIdentity | undefined {
    const file = this.file(pid);
    return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as EngineIdentity) : undefined;
  }

  /** Ends all of them, whoever started them: their command has ended. */
  async endAll(): Promise<void> {
    const files = fs.existsSync(this.folder) ? fs.readdirSync(this.folder) : [];
    for (const pid of files.flatMap((it) => (/^\d+\.json$/.test(it) ? [Number.parseInt(it, 10)] : []))) {
      await endMarked(this.find(pid)!.mark);
      this.forget(pid);
    }
  }

  private file(pid: number): string {
    return path.join(this.folder, `${pid}.json`);
  }
}

/** A process as it is now. @returns none where it has ended */
export async function identify(pid: number, mark: string): Promise<EngineIdentity | undefined> {
  const began = await beginningOf(pid);
  return began === undefined ? undefined : { pid, mark, began, boot: await bootOf(), namespace: namespaceOf() };
}

/** Whether an engine is proven to have ended; false also where that cannot be seen from here. */
export async function hasEnded({ pid, boot, namespace, began }: EngineIdentity): Promise<boolean> {
  if (boot !== (await bootOf())) return true;
  return namespace === namespaceOf() && (await beginningOf(pid)) !== began;
}

/** Ends whatever inherited the mark of an engine, at once: plugins have sessions and parents of their own by then. */
export async function endMarked(mark: string): Promise<void> {
  for (const pid of await marked(`${MARK}=${mark}`)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

async function marked(variable: string): Promise<number[]> {
  if (fs.existsSync("/proc/self/environ")) {
    return fs.readdirSync("/proc").flatMap((name) => {
      try {
        return /^\d+$/.test(name) && fs.readFileSync(`/proc/${name}/environ`, "latin1").split("\0").includes(variable)
          ? [Number(name)]
          : [];
      } catch {
        return []; // another user's, or ended
      }
    });
  }
  const { stdout } = await run("ps", ["-A", "-E", "-ww", "-o", "pid=,command="]);
  return stdout
    .split("\n")
    .flatMap((line) => (line.split(/\s+/).includes(variable) ? [Number.parseInt(line, 10)] : []));
}

async function bootOf(): Promise<string> {
  const file = "/proc/sys/kernel/random/boot_id";
  if (fs.existsSync(file)) return fs.readFileSync(file, "utf8").trim();
  return (await run("sysctl", ["-n", "kern.boottime"])).stdout.trim();
}

function namespaceOf(): string {
  try {
    return fs.readlinkSync("/proc/self/ns/pid");
  } catch {
    return ""; // macOS has one for all
  }
}

/** When a process began; none where there is none of that number. */
async function beginningOf(pid: number): Promise<string | undefined> {
  if (fs.existsSync("/proc/self/stat")) {
    try {
      // After the name, which may hold anything, the 20th field: clock ticks since the boot.
      return fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")[19];
    } catch {
      return undefined;
    }
  }
  return (await run("ps", ["-p", String(pid), "-o", "lstart="])).stdout.trim() || undefined;
}
