import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../components/errors";
import { type Ephemeral, forAWhile } from "../ephemeral";
import { forCluster, overlay, replaced } from "./overlay";
import { unknownKey } from "./problems";
import type { Problem } from "./rule";
import { configurationSchema, SECRET, type Configuration } from "./schema";
import type { Environment } from "../environment";
import { suggest } from "./suggest";
import { dotted, mistake, validate, type Locate, type Origin } from "./validate";
import { parseYamlFile, type Path, type YamlFile } from "./yaml-file";

/** Namespace of our keys in a stack's file: the project's name. */
export const PROJECT = "okd-streams";

const FOLDER = "stacks";
// What else Pulumi keeps in a stack's file, and whose keys may stand beside ours.
const STACK_FILE_KEYS = ["config", "secretsprovider", "encryptionsalt", "encryptedkey", "environment"];
const NAMESPACES = [PROJECT, "pulumi", "kubernetes", "openstack"];

/** The stacks that have a file `stacks/Pulumi.<stack>.yaml`, sorted. */
export function listStacks(projectFolder: string): string[] {
  return readdirSync(join(projectFolder, FOLDER))
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/**
 * A stack's configuration as its file has it, overlaid with the settings of an offline folder if one is given. Encrypted values
 * stay encrypted: `secrets` holds only their names.
 * @param offlineFolder its `settings.yaml`, if there is one, has the same keys without `okd-streams:`
 * @param ephemeral of a stack that lives for a while: its settings are those of another's file
 * @throws UserError for an unknown stack, a file that is not YAML, and settings that are not allowed
 */
export function loadConfiguration(
  projectFolder: string,
  stack: string,
  offlineFolder?: string,
  ephemeral?: Ephemeral,
): Configuration {
  const stackFile = readStackFile(projectFolder, ephemeral?.of ?? stack);
  const settings = hideSecrets(stackSettings(stackFile));
  return validateWith({ offlineFolder, ephemeral }, settings, stackLocator(stackFile));
}

/**
 * Validates settings under those of an offline folder, if there is one, and those of a stack that lives for a while.
 * @throws UserError for settings that are not allowed
 */
export function validateWith(
  { offlineFolder, ephemeral }: Pick<Environment, "offlineFolder" | "ephemeral">,
  written: Record<string, unknown>,
  locate: Locate,
): Configuration {
  const file = offlineFolder && join(offlineFolder, "settings.yaml");
  const own = (settings: Record<string, unknown>) => (ephemeral ? forAWhile(settings, ephemeral) : settings);
  if (!file || !existsSync(file)) {
    return validate(own(written), locate);
  }
  const settings = parseYamlFile(file, readFileSync(file, "utf8"));
  return validate(own(overlay(written, asMap(settings, []))), overlayLocator(written, locate, settings));
}

/**
 * What an offline folder says otherwise than the stack's own file, in one sentence: whoever edits that file looks for it.
 * @returns absent where it replaces nothing
 */
export function offlineNotice(projectFolder: string, stack: string, offlineFolder?: string): string | undefined {
  const file = offlineFolder && join(offlineFolder, "settings.yaml");
  if (!file || !existsSync(file)) return undefined;
  const written = stackSettings(readStackFile(projectFolder, stack));
  const keys = replaced(written, asMap(parseYamlFile(file, readFileSync(file, "utf8")), []));
  if (keys.length === 0) return undefined;
  return `${file} replaces what ${FOLDER}/Pulumi.${stack}.yaml says of ${keys.join(", ")}.`;
}

function readStackFile(projectFolder: string, stack: string): YamlFile {
  const known = listStacks(projectFolder);
  if (!known.includes(stack)) {
    const meant = suggest(stack, known);
    throw new UserError(
      `No stack is called ${JSON.stringify(stack)}, there are ${known.join(", ")}${meant ? `: did you mean ${meant}?` : "."}`,
      2,
    );
  }
  const file = `${FOLDER}/Pulumi.${stack}.yaml`;
  return parseYamlFile(file, readFileSync(join(projectFolder, file), "utf8"));
}

/** The settings under `config:`, without the project's name before each key. */
function stackSettings(stackFile: YamlFile): Record<string, unknown> {
  const locate: Locate = (path) => ({
    file: stackFile.file,
    key: String(path.at(-1)),
    position: stackFile.locate(path).offset,
  });
  const top = asMap(stackFile, []);
  const config = asMap(stackFile, ["config"]);
  const unknown: Problem[] = [
    ...Object.keys(top)
      .filter((key) => !STACK_FILE_KEYS.includes(key))
      .map((key) => unknownKey([key], key, STACK_FILE_KEYS)),
    ...Object.keys(config)
      .filter((key) => !NAMESPACES.includes(key.split(":")[0]!) || !key.includes(":"))
      .map((key) => unknownKey(["config", key], key, Object.keys(configurationSchema.shape).map(ownKey))),
  ];
  if (unknown.length > 0) {
    throw mistake(unknown, locate, top);
  }
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(`${PROJECT}:`))
      .map(([key, value]) => [key.slice(PROJECT.length + 1), value]),
  );
}

/** `secure:` values under `secrets` become placeholders; anywhere else they are no allowed value. */
function hideSecrets(settings: Record<string, unknown>): Record<string, unknown> {
  const hide = (value: unknown, depth: number): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (depth === 2 && "secure" in value) return SECRET;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hide(inner, depth + 1)]));
  };
  return "secrets" in settings ? { ...settings, secrets: hide(settings.secrets, 0) } : settings;
}

function asMap({ file, value }: YamlFile, path: Path): Record<string, unknown> {
  const found = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key] ?? {}, value);
  if (typeof found !== "object" || Array.isArray(found)) {
    throw new UserError(`${file}${path.length > 0 ? `: ${dotted(path)}` : ""} must be a map of settings.`);
  }
  return found as Record<string, unknown>;
}

function ownKey(key: string): string {
  return `${PROJECT}:${key}`;
}

function stackLocator(stackFile: YamlFile): Locate {
  return (path) => {
    const [key, ...rest] = path;
    const { offset, source } = stackFile.locate(["config", ownKey(String(key)), ...rest]);
    return { file: stackFile.file, key: ownKey(dotted(path)), position: offset, source };
  };
}

/** Whoever has more of a path answers for it. The stack's file is told first. */
function overlayLocator(written: Record<string, unknown>, locate: Locate, settings: YamlFile): Locate {
  const counting = forCluster(written, asMap(settings, []));
  return (path): Origin => {
    if (!(String(path[0]) in counting)) return locate(path);
    const { offset, depth, source } = settings.locate(path);
    return depth === path.length || depth > depthIn(written, path)
      ? { file: settings.file, key: dotted(path), position: Number.MAX_SAFE_INTEGER / 2 + offset, source }
      : locate(path);
  };
}

function depthIn(value: unknown, path: Path): number {
  const [key, ...rest] = path;
  const inner =
    typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[key!] : undefined;
  return path.length === 0 || inner === undefined ? 0 : 1 + depthIn(inner, rest);
}
