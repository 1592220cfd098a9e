/** A stack's state as `pulumi stack export` gives it; only what is looked at here. */
export interface Deployment {
  resources?: ResourceState[];
  pending_operations?: { type: string; resource: ResourceState }[];
}

interface ResourceState {
  urn: string;
  type: string;
  parent?: string;
  id?: string;
  /** It stays where it is when it is dropped. */
  retainOnDelete?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** URNs of the resources that were being created when the engine was killed: nobody knows whether they exist. */
export function unfinished(deployment: Deployment): string[] {
  return creations(deployment).map(({ urn }) => urn);
}

/** The state without creations that never ended: for when everything was created after all. */
export function forget(deployment: Deployment): Deployment {
  return { ...deployment, pending_operations: [] };
}

/**
 * The state with them as resources, for `destroy` to remove: it would leave them behind otherwise. Ours are found and
 * removed by what their inputs say, and it is no error when they are not there.
 */
export function adopt(deployment: Deployment): Deployment {
  const { resources = [] } = deployment;
  const known = new Set(resources.map(({ urn }) => urn));
  const adopted = creations(deployment).flatMap((resource) => {
    const id = idOf(resource);
    return id === undefined || known.has(resource.urn) ? [] : [{ ...resource, id, outputs: resource.inputs }];
  });
  return { ...forget(deployment), resources: [...resources, ...adopted] };
}

function creations({ pending_operations = [] }: Deployment): ResourceState[] {
  return pending_operations.filter(({ type }) => type === "creating").map(({ resource }) => resource);
}

function idOf({ type, inputs = {} }: ResourceState): string | undefined {
  if (type.startsWith("pulumi-nodejs:dynamic/")) return "unfinished";
  if (!type.startsWith("kubernetes:")) return undefined;
  const { namespace, name } = (inputs.metadata ?? {}) as { namespace?: string; name?: string };
  return namespace && name ? `${namespace}/${name}` : name;
}
