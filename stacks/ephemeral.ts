import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A stack that lives for a while, by the settings of another and under a name of its own. */
export interface Ephemeral {
  /** The stack whose file has the settings: `kind`. */
  of: string;
  /** Time (ISO 8601) by which it has to be gone. */
  until: string;
  /** What keeps its cluster apart from others on this machine; goes over all other settings. */
  cluster: { name: string; network: string; registryPort: number };
}

/** The file of a workspace that says so. */
export const EPHEMERAL_FILE = "ephemeral.json";

/** @returns none for a stack that has a file of its own */
export function readEphemeral(workspaceFolder: string): Ephemeral | undefined {
  const file = join(workspaceFolder, EPHEMERAL_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Ephemeral) : undefined;
}

/**
 * Settings of a stack as its ephemeral ones have them: nothing begins by itself, no port of this machine is taken but the registry's.
 *
 * @param settings as they are written, not checked yet
 */
export function forAWhile(
  settings: Record<string, unknown>,
  { cluster }: Pick<Ephemeral, "cluster">,
): Record<string, unknown> {
  const { streams, releases, ...rest } = settings;
  return {
    ...rest,
    cluster: { ...(isMap(rest.cluster) && rest.cluster), ...cluster, ports: [] },
    ...("streams" in settings && { streams: eachWithout(streams, ["schedule"]) }),
    ...("releases" in settings && { releases: eachWithout(releases, ["schedule", "after"]) }),
  };
}

function eachWithout(entries: unknown, keys: string[]): unknown {
  if (!Array.isArray(entries)) return entries;
  return entries.map((entry: unknown) =>
    isMap(entry) ? Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.includes(key))) : entry,
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
