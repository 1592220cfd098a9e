import type { Edge } from "./dot";

/** Edges, each once, without those that follow from a longer way. */
export function reduced(edges: Edge[]): Edge[] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of edges) next.set(from, (next.get(from) ?? new Set()).add(to));
  const reachable = new Map<string, Set<string>>();
  const reachableFrom = (node: string): Set<string> => {
    const known = reachable.get(node);
    if (known) return known;
    const found = new Set<string>();
    reachable.set(node, found);
    for (const to of next.get(node) ?? []) {
      found.add(to);
      for (const further of reachableFrom(to)) found.add(further);
    }
    return found;
  };
  const seen = new Set<string>();
  return edges.filter(({ from, to }) => {
    const key = `${from}\n${to}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return ![...next.get(from)!].some((other) => other !== to && reachableFrom(other).has(to));
  });
}
