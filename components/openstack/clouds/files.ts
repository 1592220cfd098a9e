import { readFileSync } from "node:fs";
import * as path from "node:path";
import { UserError } from "../../errors";
import { parsePythonYaml, type Value, type Values } from "./python-yaml";

/** Environment variables: `OS_CLOUD` and the others, `XDG_CONFIG_HOME`. */
export type Variables = Record<string, string | undefined>;

/** Where OpenStack's tools look for credentials: handed in, so that every process looks in the same places. */
export interface CloudEnvironment {
  variables: Variables;
  /** The working directory, as openstacksdk has one; absolute. */
  folder: string;
  /** The user's home. */
  home: string;
}

/** Of the whole machine. */
const SITE_FOLDERS = ["/etc/xdg/openstack", "/etc/openstack"];
const SUFFIXES = [".yaml", ".yml", ".json"];

/** A file with its content. */
export interface Found {
  path: string;
  content: Values;
}

/** The folder of the user's that is looked in first. */
export function userFolder({ variables, home }: CloudEnvironment): string {
  return path.join(variables.XDG_CONFIG_HOME || path.join(home, ".config"), "openstack");
}

/**
 * The first of these files that exists.
 *
 * @param name `clouds`, `secure` or `clouds-public`
 * @param named a file that a variable names: it takes precedence
 * @param key the key that the file's map must have
 * @param besides a folder to search last
 * @throws UserError for any other kind of file, without quoting it, as it may hold a password
 */
export function findFile(
  environment: CloudEnvironment,
  name: string,
  key: string,
  named?: { variable: string; file: string | undefined },
  besides?: string,
): Found | undefined {
  const { folder, home } = environment;
  const users = [userFolder(environment), path.join(home, ".config", "openstack")];
  const folders = [folder, ...users, ...SITE_FOLDERS, ...(besides ? [besides] : [])];
  if (named?.file) {
    const found = read(path.resolve(folder, named.file), key);
    if (found) return found;
    throw new UserError(`${named.variable}: ${named.file} is not there.`, 3);
  }
  for (const candidate of folders.flatMap((it) => SUFFIXES.map((suffix) => path.join(it, `${name}${suffix}`)))) {
    const found = read(candidate, key);
    if (found) return found;
  }
  return undefined;
}

function read(file: string, key: string): Found | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    const content = parsePythonYaml(text);
    if (isValues(content) && isValues(content[key])) return { path: file, content };
  } catch {
    // Its own words may quote a line with a password.
  }
  throw new UserError(`${file} is not a YAML file with a map \`${key}\`.`, 3);
}

export function isValues(value: Value | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Maps within maps are merged, everything else is replaced. */
export function merged(base: Values, over: Values): Values {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    result[key] = isValues(old) && isValues(value) ? merged(old, value) : value;
  }
  return result;
}
