import { UserError } from "../../errors";
import { run, ToolFailed, type RunOptions } from "../tool";

export type ContainerEngineName = "docker" | "podman";

/** A container engine that answers, and what it says of itself. */
export interface ContainerEngine {
  name: ContainerEngineName;
  version: string;
  cpus: number;
  memoryBytes: number;
  rootless: boolean;
  cgroupVersion: 1 | 2;
}

/** What was found of one container engine: it answers, it is installed but does not, or it is not there. */
export type ContainerEngineFinding =
  | { name: ContainerEngineName; state: "ready"; engine: ContainerEngine }
  | { name: ContainerEngineName; state: "silent"; problem: string }
  | { name: ContainerEngineName; state: "missing" };

/** Seconds within which an engine has to answer. */
const PATIENCE = 15;
const NAMES: ContainerEngineName[] = ["docker", "podman"];

/** Asks one container engine whether it works. */
export async function probeContainerEngine(name: ContainerEngineName): Promise<ContainerEngineFinding> {
  try {
    const answer: unknown = JSON.parse(await run(name, ["info", "--format", "{{json .}}"], { seconds: PATIENCE }));
    const engine = name === "docker" ? readDockerInfo(answer as DockerInfo) : readPodmanInfo(answer as PodmanInfo);
    return engine ? { name, state: "ready", engine } : { name, state: "missing" };
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 3) return { name, state: "missing" };
    return { name, state: "silent", problem: error instanceof ToolFailed ? error.why : (error as Error).message };
  }
}

let found: ContainerEngine | undefined;

/**
 * The container engine to use: the one in kind's own variable KIND_EXPERIMENTAL_PROVIDER, otherwise the first of Docker and Podman
 * that answers. Determined once per process.
 *
 * @throws UserError (exit code 3) when there is none, or none answers
 */
export async function findContainerEngine(): Promise<ContainerEngine> {
  if (found) return found;
  const wanted = process.env.KIND_EXPERIMENTAL_PROVIDER;
  const names = wanted ? NAMES.filter((name) => name === wanted) : NAMES;
  if (names.length === 0) {
    throw new UserError(`KIND_EXPERIMENTAL_PROVIDER is ${JSON.stringify(wanted)}: allowed are ${NAMES.join(" and ")}.`);
  }
  let silent: string | undefined;
  for (const name of names) {
    const finding = await probeContainerEngine(name);
    if (finding.state === "ready") return (found = finding.engine);
    if (finding.state === "silent")
      silent ??= `The container engine ${name} does not answer, start it: ${finding.problem}.`;
  }
  throw new UserError(silent ?? `No container engine is on PATH (${names.join(", ")}): install Docker or Podman.`, 3);
}

/** Forgets the engine that was found: for tests, which replace it. */
export function forgetContainerEngine(): void {
  found = undefined;
}

/** Runs `kind` on the given container engine, so that it never guesses another one. */
export function runKind(engine: ContainerEngine, args: string[], options: RunOptions = {}): Promise<string> {
  return run("kind", args, { ...options, env: { KIND_EXPERIMENTAL_PROVIDER: engine.name, ...options.env } });
}

interface DockerInfo {
  ServerVersion?: string;
  NCPU: number;
  MemTotal: number;
  CgroupVersion?: string;
  SecurityOptions?: string[];
}

function readDockerInfo(info: DockerInfo): ContainerEngine | undefined {
  // Podman's `docker` command answers in Podman's words: kind does not take it for Docker either.
  if (info.ServerVersion === undefined) return undefined;
  return {
    name: "docker",
    version: info.ServerVersion,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    rootless: info.SecurityOptions?.some((option) => option.includes("rootless")) ?? false,
    cgroupVersion: info.CgroupVersion === "2" ? 2 : 1,
  };
}

interface PodmanInfo {
  version: { Version: string };
  host: { cpus: number; memTotal: number; cgroupVersion: string; security: { rootless: boolean } };
}

function readPodmanInfo({ version, host }: PodmanInfo): ContainerEngine {
  return {
    name: "podman",
    version: version.Version,
    cpus: host.cpus,
    memoryBytes: host.memTotal,
    rootless: host.security.rootless,
    cgroupVersion: host.cgroupVersion === "v2" ? 2 : 1,
  };
}
