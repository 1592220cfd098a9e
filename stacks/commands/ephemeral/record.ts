import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { tryPort } from "../../../components/clusters/kind/port";
import { UserError } from "../../../components/errors";
import { workspaceFolder } from "../../environment";
import { type Ephemeral, EPHEMERAL_FILE } from "../../ephemeral";
import { makePrivateFolder, writePrivate } from "../engine/files";
import { type EngineIdentity, hasEnded, identify } from "../engine/identity";

/** An ephemeral stack as its workspace knows it, from before anything is made of it until everything is gone. */
export interface EphemeralRecord extends Ephemeral {
  /** The command that made it, and will remove it. */
  owner: EngineIdentity;
  /** It stays until its time is over, for looking. @default false */
  kept?: boolean;
}

/** `leftover`: nobody will remove it any more. */
export type Standing = "in use" | "kept" | "leftover";

/** Ports of registries, below those that systems give to connections. */
const PORTS = { first: 20_000, count: 10_000 };
const TRIES = 50;

/** Milliseconds that a command gets to remove what has outlived its time. */
const GRACE = 15 * 60_000;

/**
 * Takes a name that no other stack of this user has, and a port that nobody has, and writes them down.
 *
 * @param of the stack whose settings it has
 * @returns its name: `kind-3f9a1c`
 */
export async function begin(of: string, until: Date): Promise<string> {
  makePrivateFolder(path.dirname(workspaceFolder(of)));
  const owner = (await identify(process.pid, ""))!;
  for (let tries = 0; tries < TRIES; tries++) {
    const suffix = randomBytes(3).toString("hex");
    const stack = `${of}-${suffix}`;
    const registryPort = PORTS.first + (Number.parseInt(suffix, 16) % PORTS.count);
    if ((await tryPort(registryPort)) !== "free") continue;
    const folder = workspaceFolder(stack);
    try {
      fs.mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    write(stack, { of, until: until.toISOString(), owner, cluster: { name: stack, network: stack, registryPort } });
    // Everybody writes first and looks then: of two that took one port at the same time at least one sees the other.
    const others = listEphemeral().filter((it) => it.stack !== stack);
    if (!others.some(({ record }) => record.cluster.registryPort === registryPort)) return stack;
    fs.rmSync(folder, { recursive: true });
  }
  const last = PORTS.first + PORTS.count - 1;
  throw new UserError(`No port from ${PORTS.first} to ${last} of this machine is free: end what listens there.`);
}

/** Leaves the stack for looking. */
export function keep(stack: string): void {
  write(stack, { ...readRecord(stack), kept: true });
}

export function readRecord(stack: string): EphemeralRecord {
  return JSON.parse(fs.readFileSync(fileOf(stack), "utf8")) as EphemeralRecord;
}

/** All ephemeral stacks of this user, by their names. */
export function listEphemeral(): { stack: string; record: EphemeralRecord }[] {
  const folder = path.dirname(workspaceFolder("any"));
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  return names.flatMap((stack) => {
    try {
      return [{ stack, record: readRecord(stack) }];
    } catch {
      return []; // another stack's, or one that went in between
    }
  });
}

/** What is to become of it. */
export async function standingOf({ until, owner, kept }: EphemeralRecord, now: Date): Promise<Standing> {
  const over = now.getTime() - Date.parse(until);
  if (await hasEnded(owner)) return kept && over < 0 ? "kept" : "leftover";
  return over > GRACE ? "leftover" : "in use";
}

function write(stack: string, record: EphemeralRecord): void {
  writePrivate(fileOf(stack), JSON.stringify(record, undefined, 2));
}

function fileOf(stack: string): string {
  return path.join(workspaceFolder(stack), EPHEMERAL_FILE);
}
