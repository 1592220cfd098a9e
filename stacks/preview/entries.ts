import { kindOf } from "./names";
import type { RecordedResource } from "./recorded";

/** Kinds that are read as one thing. */
const GROUPS: Record<string, string[]> = {
  accounts: ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
};

/** What is read as one thing. */
export interface Entry {
  title: string;
  members: RecordedResource[];
}

/** Leaves by their kinds, where the first of each kind stands; everything else by itself. */
export function entriesOf(siblings: RecordedResource[], hasChildren: (resource: RecordedResource) => boolean): Entry[] {
  const entries = new Map<string, Entry>();
  for (const resource of siblings) {
    const kind = kindOf(resource);
    const group = Object.keys(GROUPS).find((name) => GROUPS[name]!.includes(kind.split(" ").at(-1)!)) ?? kind;
    const key = resource.custom && !hasChildren(resource) ? group : resource.urn;
    const entry = entries.get(key) ?? { title: group, members: [] };
    entries.set(key, { ...entry, members: [...entry.members, resource] });
  }
  return [...entries.values()];
}
