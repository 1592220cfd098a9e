import { differences, type Difference } from "./differences";
import type { Preview, PreviewResource } from "./json";

/** What differs in one component of a stack. */
export interface ComponentChange {
  /** Names of the components from the outermost: `platform / tekton`. */
  component: string;
  added: PreviewResource[];
  removed: PreviewResource[];
  changed: ResourceChange[];
}

export interface ResourceChange {
  resource: PreviewResource;
  differences: Difference[];
}

export interface Comparison {
  components: ComponentChange[];
  outputs: Difference[];
  unchanged: number;
}

/** What of `before` is otherwise in `after`. Resources are the same when their URNs are. */
export function compare(before: Preview, after: Preview): Comparison {
  const old = byUrn(before);
  const now = byUrn(after);
  const added = after.resources.filter(({ urn }) => !old.has(urn));
  const removed = before.resources.filter(({ urn }) => !now.has(urn));
  const kept = after.resources.filter(({ urn }) => old.has(urn));
  const changed = kept
    .map((resource) => ({ resource, differences: differences(old.get(resource.urn)!.inputs, resource.inputs) }))
    .filter(({ differences }) => differences.length > 0);

  const groups = new Map<string, ComponentChange>();
  const group = (resource: PreviewResource, all: Map<string, PreviewResource>): ComponentChange => {
    const component = componentOf(resource, all);
    const group = groups.get(component) ?? { component, added: [], removed: [], changed: [] };
    groups.set(component, group);
    return group;
  };
  added.forEach((resource) => group(resource, now).added.push(resource));
  removed.forEach((resource) => group(resource, old).removed.push(resource));
  changed.forEach((change) => group(change.resource, now).changed.push(change));
  return {
    components: [...groups.values()].sort((a, b) => (a.component < b.component ? -1 : 1)),
    outputs: differences(before.outputs, after.outputs),
    unchanged: kept.length - changed.length,
  };
}

function byUrn({ resources }: Preview): Map<string, PreviewResource> {
  return new Map(resources.map((resource) => [resource.urn, resource]));
}

/** The components around a resource; of one directly below the stack, its own name. */
function componentOf(resource: PreviewResource, all: Map<string, PreviewResource>): string {
  const names: string[] = [];
  for (let parent = parentOf(resource, all); parent?.parent; parent = parentOf(parent, all)) {
    names.unshift(parent.name);
  }
  return names.join(" / ") || resource.name;
}

function parentOf({ parent }: PreviewResource, all: Map<string, PreviewResource>): PreviewResource | undefined {
  return parent === undefined ? undefined : all.get(parent);
}
