import { parse, stringify } from "yaml";

type Settings = Record<string, unknown>;

/** What the engine writes into a stack's file. */
const ENGINE_KEYS = ["encryptionsalt", "encryptedkey"];

export interface StackFile {
  /** Text of the tracked file `stacks/Pulumi.<stack>.yaml`. */
  tracked: string;
  /** Text of the file that is replaced: what the engine added to it is kept. */
  former?: string;
  /** The stack's setting. */
  secretsProvider: string;
}

/** The stack's file as the engine reads it: the tracked one with the kept salt, unless it has one itself. */
export function renderStackFile({ tracked, former, secretsProvider }: StackFile): string {
  const kept = Object.entries((former && (parse(former) as Settings)) || {}).filter(([key]) =>
    ENGINE_KEYS.includes(key),
  );
  return stringify({
    ...Object.fromEntries(kept),
    ...(secretsProvider.includes("://") && { secretsprovider: secretsProvider }),
    ...(parse(tracked) as Settings),
  });
}

/**
 * The project's file for a folder outside the repository.
 * @param main absolute path of the program
 */
export function renderProjectFile(tracked: string, main: string): string {
  const project = parse(tracked) as Settings;
  delete project.stackConfigDir;
  return stringify({ ...project, main });
}
