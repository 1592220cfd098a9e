type Settings = Record<string, unknown>;

/**
 * Settings of an offline folder over those of a stack, as JSON Merge Patch (RFC 7386) does it: maps are merged, anything
 * else is replaced, null removes. Settings for another type of cluster than the stack's are left out.
 */
export function overlay(stack: Settings, settings: Settings): Settings {
  return merge(stack, forCluster(stack, settings)) as Settings;
}

/** The settings that count for the stack: without `cluster` where that is another type of cluster than the stack's. */
export function forCluster(stack: Settings, settings: Settings): Settings {
  const { cluster, ...rest } = settings;
  const counts = typeOf(cluster) === undefined || typeOf(cluster) === typeOf(stack.cluster);
  return cluster !== undefined && counts ? settings : rest;
}

function typeOf(cluster: unknown): unknown {
  return isMap(cluster) ? cluster.type : undefined;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Settings = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete result[key];
    } else {
      result[key] = merge(result[key], value);
    }
  }
  return result;
}

function isMap(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
