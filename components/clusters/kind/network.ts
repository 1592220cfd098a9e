import { UserError } from "../../errors";
import { STACK } from "../../kubernetes/marks";
import { run, ToolFailed } from "../tool";
import type { ContainerEngine } from "./container-engine";

const UNTIL = "okd-streams.io/until";

/** A network of the container engine that a stack made for its cluster alone. */
export interface OwnNetwork {
  name: string;
  stack: string;
  /** Time (ISO 8601) after which anybody's sweep may remove it, with everything in it. @default never */
  until?: string;
}

/**
 * Makes the network where it is not there.
 *
 * @throws UserError where one of that name is not the stack's
 */
export async function ensureNetwork(engine: ContainerEngine, { name, stack, until }: OwnNetwork): Promise<void> {
  const [found] = await inspect(engine, [name]);
  if (found?.stack === stack) return;
  if (found) {
    throw new UserError(
      `A network ${name} of ${engine.name} exists that stack ${stack} did not make: set cluster.network to another name.`,
    );
  }
  const labels = [`${STACK}=${stack}`, ...(until ? [`${UNTIL}=${until}`] : [])].flatMap((it) => ["--label", it]);
  await run(engine.name, ["network", "create", ...labels, ...(await sizeOfPackets(engine)), name]);
}

/** Removes it if the stack made it and nothing is in it any more. */
export async function removeNetwork(
  engine: ContainerEngine,
  { name, stack }: Pick<OwnNetwork, "name" | "stack">,
): Promise<void> {
  const [found] = await inspect(engine, [name]);
  if (found?.stack !== stack) return;
  try {
    await run(engine.name, ["network", "rm", name]);
  } catch (error) {
    // A registry that goes later takes it along.
    if (!(error instanceof ToolFailed && /active endpoints|is being used|in use/i.test(error.message))) throw error;
  }
}

/** Networks that have outlived their time. */
export async function listExpired(engine: ContainerEngine, now: Date): Promise<OwnNetwork[]> {
  const ids = (await run(engine.name, ["network", "ls", "--quiet", "--filter", `label=${UNTIL}`])).trim();
  if (ids === "") return [];
  const networks = await inspect(engine, ids.split(/\s+/));
  return networks.filter(({ stack, until }) => stack && until && Date.parse(until) < now.getTime()) as OwnNetwork[];
}

/** As Docker writes it, and as Podman does. */
interface Inspection {
  Name?: string;
  name?: string;
  Labels?: Record<string, string> | null;
  labels?: Record<string, string> | null;
}

async function inspect(engine: ContainerEngine, names: string[]): Promise<(Partial<OwnNetwork> & { name: string })[]> {
  try {
    const found = JSON.parse(await run(engine.name, ["network", "inspect", ...names])) as Inspection[];
    return found.map(({ Name, name, Labels, labels }) => ({
      name: (Name ?? name)!,
      stack: (Labels ?? labels)?.[STACK],
      until: (Labels ?? labels)?.[UNTIL],
    }));
  } catch (error) {
    if (error instanceof ToolFailed) return [];
    throw error;
  }
}

/** Docker's networks take the usual size unless told; that of its own may be smaller, as on machines of a cloud. */
async function sizeOfPackets(engine: ContainerEngine): Promise<string[]> {
  if (engine.name !== "docker") return [];
  const option = "com.docker.network.driver.mtu";
  const format = `{{index .Options "${option}"}}`;
  const mtu = await run(engine.name, ["network", "inspect", "--format", format, "bridge"]).catch(() => "");
  return mtu.trim() === "" ? [] : ["--opt", `${option}=${mtu.trim()}`];
}
