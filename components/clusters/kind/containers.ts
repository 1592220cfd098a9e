import { run, ToolFailed } from "../tool";
import type { ContainerEngine } from "./container-engine";
import { MARK_FOLDER } from "./config";

/** A container as the container engine shows it. */
export interface Container {
  id: string;
  name: string;
  image: string;
  running: boolean;
  labels: Record<string, string>;
  networks: string[];
  /** Where something is mounted inside. */
  mounts: string[];
  /** Port of this machine by port of the container: `{"5000/tcp": 5001}`. */
  ports: Record<string, number>;
  /** Every port of this machine's loopback interface that leads into it while it runs. */
  published: { port: number; protocol: "TCP" | "UDP" }[];
}

/** Name that other tools expect a registry beside KinD to have. */
export const KIND_REGISTRY = "kind-registry";

/** Label of a registry of ours. */
export const REGISTRY_LABEL = "okd-streams.io/registry";

/** Label of it with what it runs. */
export const REGISTRY_PROGRAM_LABEL = "okd-streams.io/registry-program";

/** Name of the container of a cluster's registry: one for all clusters in kind's network, one for each network besides. */
export function registryOf({ network }: { network?: string }): string {
  return network ? `${network}-registry` : KIND_REGISTRY;
}

/** Volume of a registry. */
export function volumeOf(registry: string): string {
  return `okd-streams-${registry}`;
}

/** kind's own labels: https://github.com/kubernetes-sigs/kind/blob/main/pkg/cluster/constants/constants.go */
const CLUSTER_LABEL = "io.x-k8s.kind.cluster";
const ROLE_LABEL = "io.x-k8s.kind.role";

/** A container with that name; undefined where there is none. */
export async function findContainer(engine: ContainerEngine, name: string): Promise<Container | undefined> {
  return (await listContainers(engine, `name=^${name}$`))[0];
}

/** Nodes of the kind cluster, running or not, control planes first. */
export function listNodes(engine: ContainerEngine, cluster: string): Promise<Container[]> {
  return listNodesWith(engine, `${CLUSTER_LABEL}=${cluster}`);
}

/** Nodes of all kind clusters. */
export function listAllNodes(engine: ContainerEngine): Promise<Container[]> {
  return listNodesWith(engine, CLUSTER_LABEL);
}

/** Every container that runs, whosever it is. */
export function listRunning(engine: ContainerEngine): Promise<Container[]> {
  return listContainers(engine, "status=running");
}

/** Whether the container is a node of some kind cluster; the load balancer that kind puts before several control planes is none. */
export function isNode({ labels }: Container): boolean {
  return CLUSTER_LABEL in labels && ["control-plane", "worker"].includes(labels[ROLE_LABEL] ?? "");
}

/** Whether it is a node of that cluster. */
export function isNodeOf(container: Container, cluster: string): boolean {
  return isNode(container) && clusterOf(container) === cluster;
}

async function listNodesWith(engine: ContainerEngine, label: string): Promise<Container[]> {
  return (await listContainers(engine, `label=${label}`)).filter(isNode).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Name of the kind cluster that a node belongs to. */
export function clusterOf({ labels }: Container): string {
  return labels[CLUSTER_LABEL]!;
}

/** The mark that a node of ours got at birth, see `markPath`; undefined for a node of somebody else's. */
export function markOf(node: Container): string | undefined {
  return node.mounts.find((mount) => mount.startsWith(`${MARK_FOLDER}/`));
}

/** Whether the node's cluster was made for the stack. */
export function isOfStack(node: Container, stack: string): boolean {
  return markOf(node)?.startsWith(`${MARK_FOLDER}/${stack}/`) ?? false;
}

/** Starts what does not run: after a reboot, nodes are there but stopped. */
export async function startContainers(engine: ContainerEngine, containers: Container[]): Promise<void> {
  const stopped = containers.filter(({ running }) => !running).map(({ id }) => id);
  if (stopped.length > 0) await run(engine.name, ["start", ...stopped]);
}

/** Whether the container has the file; a stopped one is asked too. */
export async function hasFile(engine: ContainerEngine, { id }: Container, path: string): Promise<boolean> {
  try {
    await run(engine.name, ["cp", `${id}:${path}`, "-"]);
    return true;
  } catch (error) {
    // Docker's words and Podman's; whatever else failed is no answer.
    if (error instanceof ToolFailed && /could not (find|be found)|no such (container|file)/i.test(error.message))
      return false;
    throw error;
  }
}

/** Writes a file into a running container. */
export async function writeFile(engine: ContainerEngine, { id }: Container, path: string, text: string): Promise<void> {
  const script = 'mkdir -p "$(dirname "$0")" && cat >"$0"';
  await run(engine.name, ["exec", "--interactive", id, "sh", "-c", script, path], { input: text });
}

/** Who gets /dev/kvm in Pods of a node that runs: those of any user, of root alone, of nobody. */
export async function kvmIn(engine: ContainerEngine, { id }: Container): Promise<"users" | "root" | "nobody"> {
  const owned = "containerd config dump | grep -q 'device_ownership_from_security_context = true'";
  const script = `if [ ! -c /dev/kvm ]; then echo nobody; elif ${owned}; then echo users; else echo root; fi`;
  return (await run(engine.name, ["exec", id, "sh", "-c", script])).trim() as "users" | "root" | "nobody";
}

type Bindings = Record<string, { HostIp?: string; HostPort: string }[] | null>;

interface Inspection {
  Id: string;
  Name: string;
  Config: { Image: string; Labels: Record<string, string> | null };
  State: { Running: boolean };
  Mounts: { Destination: string }[];
  NetworkSettings: { Networks: Record<string, unknown> | null; Ports?: Bindings | null };
  HostConfig: { PortBindings: Bindings | null };
}

async function listContainers(engine: ContainerEngine, filter: string, attempts = 10): Promise<Container[]> {
  const ids = (await run(engine.name, ["ps", "--all", "--quiet", "--no-trunc", "--filter", filter])).trim();
  if (ids === "") return [];
  try {
    const text = await run(engine.name, ["inspect", "--type", "container", ...ids.split(/\s+/)]);
    return (JSON.parse(text) as Inspection[]).map(read);
  } catch (error) {
    // One that went away in between, perhaps somebody else's, is no container any more.
    const gone = error instanceof ToolFailed && /no such (container|object)/i.test(error.message);
    if (gone && attempts > 1) return listContainers(engine, filter, attempts - 1);
    throw error;
  }
}

function read({ Id, Name, Config, State, Mounts, NetworkSettings, HostConfig }: Inspection): Container {
  return {
    id: Id,
    name: Name.replace(/^\//, ""),
    image: Config.Image,
    running: State.Running,
    labels: Config.Labels ?? {},
    networks: Object.keys(NetworkSettings.Networks ?? {}),
    mounts: Mounts.map(({ Destination }) => Destination),
    ports: Object.fromEntries(
      Object.entries(HostConfig.PortBindings ?? {}).map(([port, bindings]) => [port, Number(bindings?.[0]?.HostPort)]),
    ),
    // A port that the engine chose stands in the settings alone.
    published: State.Running ? published({ ...HostConfig.PortBindings, ...NetworkSettings.Ports }) : [],
  };
}

function published(bindings: Bindings): Container["published"] {
  return Object.entries(bindings).flatMap(([port, places]) =>
    (places ?? [])
      .filter(({ HostIp = "" }) => ["", "0.0.0.0", "::", "127.0.0.1"].includes(HostIp))
      .map(({ HostPort }) => ({ port: Number(HostPort), protocol: port.endsWith("/udp") ? "UDP" : "TCP" })),
  );
}
