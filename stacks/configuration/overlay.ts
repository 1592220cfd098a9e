import { isDeepStrictEqual } from "node:util";

type Settings = Record<string, unknown>;

/**
 * Settings of an offline folder over those of a stack, as JSON Merge Patch (RFC 7386) does it: maps are merged, anything
 * else is replaced, null removes. Lists of entries that are told apart by `version` or `name` are those of the settings, each
 * with the keys that the stack's own entry has besides. Settings for another type of cluster than the stack's are left out.
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

/** Keys, dotted, of which the stack says otherwise than the settings over them: what is replaced, and what is left out. */
export function replaced(stack: Settings, settings: Settings): string[] {
  return differences(stack, overlay(stack, settings), "");
}

function differences(before: unknown, after: unknown, path: string): string[] {
  if (isMap(before) && isMap(after)) {
    return Object.keys(before).flatMap((key) => differences(before[key], after[key], path ? `${path}.${key}` : key));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.every((entry) => idOf(entry) !== undefined)) {
    return before.flatMap((entry: unknown) =>
      differences(
        entry,
        after.find((it) => idOf(it) === idOf(entry)),
        `${path}[${idOf(entry)!}]`,
      ),
    );
  }
  return isDeepStrictEqual(before, after) ? [] : [path];
}

function merge(target: unknown, patch: unknown): unknown {
  if (Array.isArray(patch) && Array.isArray(target)) return patch.map((entry) => withOwnKeys(target, entry));
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

/** An entry of the settings with what the stack's entry of that name has besides: a schedule stays where a source is another. */
function withOwnKeys(entries: unknown[], entry: unknown): unknown {
  const own = idOf(entry) === undefined ? undefined : entries.find((it) => idOf(it) === idOf(entry));
  return isMap(own) && isMap(entry) ? { ...own, ...entry } : entry;
}

function idOf(entry: unknown): string | undefined {
  if (!isMap(entry)) return undefined;
  const id = entry.version ?? entry.name;
  return typeof id === "string" ? id : undefined;
}

function isMap(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
