import { differences, type Difference } from "./differences";
import type { ComparableResource, Preview, PreviewResource } from "./json";
import { patternOf } from "./paths";
import { consequencesOf, type Consequences } from "./replacement";

/** What differs in one component of a stack. */
export interface ComponentChange {
  /** Names of the components from the outermost: `platform / tekton`. */
  component: string;
  added: PreviewResource[];
  removed: PreviewResource[];
  changed: ResourceChange[];
}

export interface ResourceChange extends Consequences {
  resource: PreviewResource;
  differences: Difference[];
}

export interface Comparison {
  components: ComponentChange[];
  outputs: Difference[];
  unchanged: number;
}

/** A preview that knows what its resources may be called in a state. */
export type Comparable = Omit<Preview, "resources"> & { resources: ComparableResource[] };

/** What of `before` is otherwise in `after`. Resources are the same when their URNs are, or one is an alias. */
export function compare(before: Preview, after: Comparable): Comparison {
  const old = byUrn(before);
  const now = byUrn(after);
  const former = new Map<string, PreviewResource>();
  for (const { urn, aliases = [] } of after.resources) {
    const resource = [urn, ...aliases].map((name) => old.get(name)).find((it) => it !== undefined);
    if (resource) former.set(urn, resource);
  }
  const taken = new Set([...former.values()].map(({ urn }) => urn));

  const added = sorted(after.resources).filter(({ urn, parent }) => parent !== undefined && !former.has(urn));
  const removed = sorted(before.resources).filter(({ urn, parent }) => parent !== undefined && !taken.has(urn));
  const kept = sorted(after.resources).filter(({ urn }) => former.has(urn));
  const mutable = (kind: "ConfigMap" | "Secret") => after.resources.some((it) => isSet(it, `enable${kind}Mutable`));
  const changed = kept
    .map((resource) => ({ resource, differences: changesOf(former.get(resource.urn)!, resource) }))
    .filter(({ differences }) => differences.length > 0)
    .map((change) => ({ ...change, ...consequencesOf(change.resource, change.differences, mutable) }));

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

/** What others fill in is no difference of ours. */
function changesOf(before: PreviewResource, { inputs, ignored = [] }: ComparableResource): Difference[] {
  const patterns = ignored.map(patternOf);
  return differences(before.inputs, inputs).filter(({ path }) => !patterns.some((pattern) => pattern.test(path)));
}

function isSet({ type, inputs }: PreviewResource, setting: string): boolean {
  return type === "pulumi:providers:kubernetes" && String(inputs[setting]) === "true";
}

function sorted<T extends PreviewResource>(resources: T[]): T[] {
  return [...resources].sort((a, b) => (a.urn < b.urn ? -1 : 1));
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
