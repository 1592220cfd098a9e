import { run, ToolFailed } from "../tool";

/**
 * Where a container engine's client looks for its engine: kind gives the nodes' ports to the loopback interface of the
 * engine's own machine, and mounts folders of it, so that one of another machine makes clusters that nobody here reaches.
 *
 * @returns the other machine, as the client names it and without credentials; absent where the engine is on this one
 */
export async function engineElsewhere(name: "docker" | "podman"): Promise<string | undefined> {
  return elsewhere(name === "docker" ? await dockerEndpoint() : await podmanEndpoint());
}

/** Of the variables, of the context in use, or the default. */
function dockerEndpoint(): Promise<string | undefined> {
  return ask("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], process.env.DOCKER_HOST);
}

async function podmanEndpoint(): Promise<string | undefined> {
  const { CONTAINER_HOST, CONTAINER_CONNECTION } = process.env;
  // On Linux, Podman has no service unless it is told of one.
  if (CONTAINER_HOST || (!CONTAINER_CONNECTION && process.platform === "linux")) return CONTAINER_HOST;
  const text = await ask("podman", ["system", "connection", "list", "--format", "json"]);
  const connections = (text ? JSON.parse(text) : []) as { Name: string; URI: string; Default?: boolean }[];
  const wanted = CONTAINER_CONNECTION
    ? connections.find(({ Name }) => Name === CONTAINER_CONNECTION)
    : connections.find(({ Default }) => Default);
  return wanted?.URI;
}

/** What a client says of itself; a client too old to say has the variable's. */
async function ask(tool: string, args: string[], otherwise?: string): Promise<string | undefined> {
  try {
    return (await run(tool, args, { seconds: 15 })).trim() || otherwise;
  } catch (error) {
    if (error instanceof ToolFailed) return otherwise;
    throw error;
  }
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The other machine in an engine's address; sockets and the loopback interface are of this one. */
export function elsewhere(address: string | undefined): string | undefined {
  const [, scheme, host] = /^(tcp|https?|ssh):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]*)/.exec(address ?? "") ?? [];
  return !scheme || !host || LOOPBACK.test(host) ? undefined : `${scheme}://${host}`;
}
