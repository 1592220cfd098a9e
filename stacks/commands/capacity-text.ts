import type { Capacity, ClassCapacity, Window } from "../../components/openstack/capacity";
import { columns } from "./columns";
import { minute } from "./minute";

/** A site's capacity as two tables: by class, and by node and time. Times are UTC. */
export function capacityLines({ classes, windows }: Capacity): string[] {
  if (classes.length === 0) return ["The site shows no nodes and no offers to this project."];
  return [
    ...columns(
      ["class", "nodes", "offered", "free now", "held by you"],
      classes.map(({ resourceClass, nodes, offered, free, held }: ClassCapacity) =>
        [resourceClass || "-", nodes, offered, free, held].map(String),
      ),
    ),
    "",
    ...(windows.length === 0
      ? ["Nothing is offered to this project, and it holds nothing."]
      : columns(["class", "node", "state", "from", "until", ""], windows.map(cellsOf))),
  ];
}

function cellsOf({ resourceClass, node, state, from, until, note = "" }: Window): string[] {
  const end = until ? minute(until) : state === "taken" ? "its offer's end" : "no end";
  return [resourceClass || "-", node, state, from ? minute(from) : "now", end, note];
}
