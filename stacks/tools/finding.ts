import type { Facts, Tool } from "./facts";
import { atLeast } from "./versions";

/** One thing the machine has or lacks. */
export interface Finding {
  name: string;
  /** `missing`: the stack cannot be deployed without it. `fetched`: `npm start` gets it. */
  state: "ok" | "fetched" | "missing" | "note";
  found: string;
  /** What to do, where there is something to do. */
  remedy?: string;
}

/** A program that has to be there, in that version or a newer one. @param home where its makers say how to install it */
export function toolFinding(
  name: string,
  tool: Tool | undefined,
  { wanted, home }: { wanted: string; home: string },
  offline: Facts["offline"],
): Finding {
  if (!tool && offline) {
    return { name, state: "missing", found: "none", remedy: `put ${name.toLowerCase()} into ${offline.folder}/bin` };
  }
  if (!tool) return { name, state: "fetched", found: "none", remedy: `npm start gets it, or ${home}` };
  const found = `${tool.version ?? "does not start"} (${tool.origin}: ${tool.path})`;
  if (atLeast(tool.version, wanted)) return { name, state: "ok", found };
  return { name, state: "missing", found, remedy: `remove it, or install ${wanted} or newer` };
}
