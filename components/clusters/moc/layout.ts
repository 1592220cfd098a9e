/** How many nodes a cluster has. */
export interface Layout {
  /** 1 is a single node that does everything, 3 and more survive the loss of one. */
  controlPlanes: number;
  /** Further nodes. */
  workers: number;
}

export interface LayoutNode {
  /** Name within the stack, and host name: `control-plane-0`. */
  name: string;
  /** As the installer calls it. */
  role: "master" | "worker";
}

const CONTROL_PLANE = "control-plane";

/** The nodes of a layout, control planes first: the first is the installer's rendezvous host. */
export function nodesOf({ controlPlanes, workers }: Layout): LayoutNode[] {
  const named = (count: number, name: string, role: LayoutNode["role"]) =>
    Array.from({ length: count }, (_, index) => ({ name: `${name}-${String(index)}`, role }));
  return [...named(controlPlanes, CONTROL_PLANE, "master"), ...named(workers, "worker", "worker")];
}

/** By a node's name. */
export function isControlPlane(name: string): boolean {
  return name.startsWith(`${CONTROL_PLANE}-`);
}

export function isSingleNode({ controlPlanes, workers }: Layout): boolean {
  return controlPlanes + workers === 1;
}
