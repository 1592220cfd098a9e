import type { Facts, Nodes } from "./facts";
import type { Finding } from "./finding";

/** inotify instances that a node of a KinD cluster takes (seen: 26). */
const INOTIFY_OF_A_NODE = 26;

/** A limit that KinD clusters exhaust: https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files */
export function inotifyFindings({ inotify, nodes }: Facts): Finding[] {
  if (inotify === undefined || !nodes || nodes.pending === 0) return [];
  const needed = (nodes.running + nodes.pending) * INOTIFY_OF_A_NODE;
  if (inotify >= needed) return [];
  const also = nodes.running > 0 ? ` beside the ${nodes.running} that run` : "";
  return [
    {
      name: "inotify",
      state: "missing",
      found: `${inotify} instances, and ${count(nodes.pending, "node")}${also} take ${INOTIFY_OF_A_NODE} each`,
      remedy: `sysctl -w fs.inotify.max_user_instances=${Math.max(512, 2 ** Math.ceil(Math.log2(needed)))}`,
    },
  ];
}

/** CPUs that the nodes share. */
export function cpuFinding(facts: Facts): Finding {
  const { cpus, machine } = { cpus: facts.cpus, ...facts.engine };
  const found = machine ? `${cpus} of ${machine}` : String(cpus);
  if (cpus >= 2) return { name: "CPUs", state: "ok", found };
  return { name: "CPUs", state: "note", found, remedy: enlarge(facts, "CPUs") ?? "2 are better: everything is slow" };
}

/** GiB that a control plane with the platform and a build takes: to start at all, to work, to work well. */
const LEAST = 3;
const NEEDED = 6;
const WANTED = 8;
/** GiB that each further control plane and worker takes for itself. */
const CONTROL_PLANE = 1;
const WORKER = 0.5;

/** Memory of the engine, for all nodes that the stack will make. */
export function memoryFinding(facts: Facts): Finding {
  const { engine, nodes } = facts;
  const gib = Math.min(facts.memoryGiB, engine?.memoryGiB ?? Infinity);
  const found = `${gib.toFixed(1)} GiB${engine?.machine ? ` of ${engine.machine}` : ""}`;
  const more = furtherNodes(nodes);
  const of = nodes && more > 0 ? `a cluster of ${nodes.controlPlanes + nodes.workers} nodes` : "a cluster";
  if (gib >= WANTED + more) return { name: "memory", state: "ok", found };
  const advice = enlarge(facts, "memory", WANTED + more);
  const words = (text: string) => (advice ? `${text}: ${advice}` : text);
  if (gib >= NEEDED + more)
    return { name: "memory", state: "note", found, remedy: words(`${WANTED + more} GiB are better`) };
  return {
    name: "memory",
    state: gib < LEAST + more ? "missing" : "note",
    found,
    remedy: words(`less than the ${NEEDED + more} GiB that ${of} with its pipelines takes`),
  };
}

function furtherNodes(nodes: Nodes | undefined): number {
  return nodes ? (nodes.controlPlanes - 1) * CONTROL_PLANE + nodes.workers * WORKER : 0;
}

/** How a virtual machine gets more. */
function enlarge({ engine }: Facts, what: "CPUs" | "memory", gib = 0): string | undefined {
  const size = Math.ceil(gib);
  switch (engine?.machine) {
    case "Docker Desktop":
      return `Settings, Resources of Docker Desktop`;
    case "Colima":
      return `colima stop && colima start ${what === "CPUs" ? "--cpu 4" : `--memory ${size}`}`;
    case "Podman machine":
      return `podman machine stop && podman machine set ${what === "CPUs" ? "--cpus 4" : `--memory ${size * 1024}`} && podman machine start`;
    default:
      return undefined;
  }
}

export function diskFinding({ freeGiB, engine }: Facts): Finding {
  const name = "disk";
  const found = `${freeGiB.toFixed(1)} GiB${engine?.machine ? ` here; that of ${engine.machine} is not seen` : ""}`;
  if (freeGiB >= 40) return { name, state: "ok", found };
  if (freeGiB >= 10) return { name, state: "note", found, remedy: "40 GiB are better" };
  return { name, state: "note", found, remedy: "less than the 10 GiB that a cluster with its pipelines takes" };
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
