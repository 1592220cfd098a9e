import { UserError } from "../../errors";
import { run, ToolFailed, type RunOptions } from "../tool";
import { readDockerInfo, readPodmanInfo, type ContainerEngine } from "./engine-info";
import { engineElsewhere } from "./engine-place";

export type { ContainerEngine } from "./engine-info";

export type ContainerEngineName = ContainerEngine["name"];

/** What was found of one container engine: it answers, it is installed but does not, it is another machine's, or it is not there. */
export type ContainerEngineFinding =
  | { name: ContainerEngineName; state: "ready"; engine: ContainerEngine }
  | { name: ContainerEngineName; state: "silent"; problem: string }
  | { name: ContainerEngineName; state: "elsewhere"; address: string }
  | { name: ContainerEngineName; state: "missing" };

/** Seconds within which an engine has to answer. */
const PATIENCE = 15;
const NAMES: ContainerEngineName[] = ["docker", "podman"];

/** Asks one container engine whether it works. */
export async function probeContainerEngine(name: ContainerEngineName): Promise<ContainerEngineFinding> {
  try {
    const address = await engineElsewhere(name);
    if (address !== undefined) return { name, state: "elsewhere", address };
    const answer: unknown = JSON.parse(await run(name, ["info", "--format", "{{json .}}"], { seconds: PATIENCE }));
    const read = name === "docker" ? readDockerInfo : readPodmanInfo;
    const engine = read(answer, process.platform);
    return engine ? { name, state: "ready", engine } : { name, state: "missing" };
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 3) return { name, state: "missing" };
    return { name, state: "silent", problem: error instanceof ToolFailed ? error.why : (error as Error).message };
  }
}

/**
 * What there is of container engines: the one that kind's own variable KIND_EXPERIMENTAL_PROVIDER names, else Docker and
 * Podman; the first that answers, or that of another machine, which whoever named it wants. @default the first that is there
 */
export async function lookForContainerEngine(): Promise<ContainerEngineFinding> {
  const wanted = process.env.KIND_EXPERIMENTAL_PROVIDER;
  const names = wanted ? NAMES.filter((name) => name === wanted) : NAMES;
  if (names.length === 0) {
    throw new UserError(`KIND_EXPERIMENTAL_PROVIDER is ${JSON.stringify(wanted)}: allowed are ${NAMES.join(" and ")}.`);
  }
  const findings: ContainerEngineFinding[] = [];
  for (const name of names) {
    const finding = await probeContainerEngine(name);
    if (finding.state === "ready" || finding.state === "elsewhere") return finding;
    findings.push(finding);
  }
  return findings.find(({ state }) => state === "silent") ?? findings[0]!;
}

let found: ContainerEngine | undefined;

/**
 * The container engine to use. Asked once for each process.
 *
 * @throws UserError (exit code 3) when there is none, none answers, or it is another machine's
 */
export async function findContainerEngine(): Promise<ContainerEngine> {
  if (found) return found;
  const finding = await lookForContainerEngine();
  switch (finding.state) {
    case "ready":
      return (found = finding.engine);
    case "elsewhere":
      throw new UserError(`The container engine ${finding.name} ${elsewhereSentence(finding)}.`, 3);
    case "silent":
      throw new UserError(`The container engine ${finding.name} does not answer, start it: ${finding.problem}.`, 3);
    case "missing":
      throw new UserError(`No container engine is on PATH (${NAMES.join(", ")}): install Docker or Podman.`, 3);
  }
}

/** Why an engine of another machine is not used, and what to do. */
export function elsewhereSentence({ name, address }: { name: ContainerEngineName; address: string }): string {
  const remedy =
    name === "docker"
      ? "unset DOCKER_HOST, or: docker context use default"
      : "unset CONTAINER_HOST and CONTAINER_CONNECTION";
  return `is that of ${address}, where a KinD cluster has its ports and folders, not here (${remedy})`;
}

/** Forgets the engine that was found: for tests, which replace it. */
export function forgetContainerEngine(): void {
  found = undefined;
}

/** Runs `kind` on the given container engine, so that it never guesses another one. */
export function runKind(engine: ContainerEngine, args: string[], options: RunOptions = {}): Promise<string> {
  return run("kind", args, { ...options, env: { KIND_EXPERIMENTAL_PROVIDER: engine.name, ...options.env } });
}
