import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { UserError } from "../errors";

/** Who asks, and what for: what Keystone wants for a token. */
export interface Credentials {
  /** Name for people: the cloud's in clouds.yaml, or `the environment's OS_… variables`. */
  name: string;
  /** The cloud's name in clouds.yaml; absent where the OS_… variables are used. */
  cloud?: string;
  /** Keystone's address, with or without `/v3`. */
  authUrl: string;
  /** Region of the endpoints. @default the only one that the catalogue has */
  region?: string;
  /** Endpoints that the catalogue is searched for. @default public */
  interface: "public" | "internal" | "admin";
  identity: Identity;
  /** What the token is for; an application credential knows that itself. */
  scope?: Scope;
}

export type Identity =
  | { method: "password"; user: Named; password: string }
  | { method: "application_credential"; id: string; secret: string }
  | { method: "application_credential"; name: string; user: Named; secret: string }
  | { method: "token"; token: string };

export type Scope = { project: Named } | { system: { all: true } };

/** Something of Keystone's, by id or by name within a domain. */
export type Named = { id: string } | { name: string; domain: { id: string } | { name: string } };

type Settings = Record<string, unknown>;

/**
 * The credentials of a cloud of clouds.yaml (with secure.yaml beside it), where OpenStack's own tools look for it:
 * OS_CLIENT_CONFIG_FILE, the working directory, `~/.config/openstack`, `/etc/openstack`. Where no such file is, or OS_CLOUD
 * is `envvars`, the OS_… variables.
 *
 * @param cloud OS_CLOUD goes before it
 * @throws UserError that names the file and what it lacks
 */
export function readCredentials(cloud: string, env: NodeJS.ProcessEnv = process.env): Credentials {
  const wanted = env.OS_CLOUD || cloud;
  const file = wanted === "envvars" ? undefined : readClouds(env);
  if (!file && env.OS_AUTH_URL) return credentialsOf("the environment's OS_… variables", settingsOf(env));
  if (!file) {
    throw new UserError(
      `There are no credentials for OpenStack: put a clouds.yaml with the cloud ${wanted} into ` +
        `${userFolder(env)}, or set OS_AUTH_URL and the other OS_… variables.`,
      3,
    );
  }
  const settings = file.clouds[wanted];
  if (!settings) {
    const there = Object.keys(file.clouds).join(", ") || "none";
    throw new UserError(`${file.path} has no cloud ${wanted}, it has ${there}: set cluster.cloud to one of them.`, 3);
  }
  const credentials = credentialsOf(wanted, {
    ...settings,
    ...(env.OS_REGION_NAME && { region_name: env.OS_REGION_NAME }),
  });
  return { ...credentials, cloud: wanted };
}

function userFolder({ XDG_CONFIG_HOME }: NodeJS.ProcessEnv): string {
  return path.join(XDG_CONFIG_HOME || path.join(homedir(), ".config"), "openstack");
}

function readClouds(env: NodeJS.ProcessEnv): { path: string; clouds: Record<string, Settings> } | undefined {
  const folders = [".", userFolder(env), "/etc/openstack"];
  const named = env.OS_CLIENT_CONFIG_FILE;
  const candidates = named ? [named] : folders.map((folder) => path.resolve(folder, "clouds.yaml"));
  for (const candidate of candidates) {
    const clouds = readYaml(candidate);
    if (!clouds) continue;
    const secrets = readYaml(path.join(path.dirname(candidate), "secure.yaml")) ?? {};
    return { path: candidate, clouds: merged(clouds, secrets).clouds as Record<string, Settings> };
  }
  if (named) throw new UserError(`OS_CLIENT_CONFIG_FILE: ${named} is not there.`, 3);
  return undefined;
}

function readYaml(file: string): Settings | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    const content: unknown = parse(text);
    if (isSettings(content) && isSettings(content.clouds)) return content;
  } catch {
    // Its own words may quote a line with a password.
  }
  throw new UserError(`${file} is not a YAML file with a map \`clouds\`.`, 3);
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merged(base: Settings, over: Settings): Settings {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    result[key] = isSettings(old) && isSettings(value) ? merged(old, value) : value;
  }
  return result;
}

/** The OS_… variables in the shape of an entry of clouds.yaml. */
function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const own = new Set(["OS_REGION_NAME", "OS_INTERFACE", "OS_AUTH_TYPE"]);
  const auth = Object.entries(env).flatMap(([key, value]) =>
    key.startsWith("OS_") && value && !own.has(key) ? [[key.slice(3).toLowerCase(), value]] : [],
  );
  return {
    auth: Object.fromEntries(auth) as Settings,
    region_name: env.OS_REGION_NAME,
    interface: env.OS_INTERFACE,
    auth_type: env.OS_AUTH_TYPE,
  };
}

function credentialsOf(name: string, settings: Settings): Credentials {
  const auth = isSettings(settings.auth) ? settings.auth : {};
  const text = (key: string): string | undefined => {
    const value = auth[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  };
  const required = (key: string): string => {
    const value = text(key);
    if (value) return value;
    throw new UserError(
      `The credentials of ${name} lack ${key}: add it to its \`auth\`, or set OS_${key.toUpperCase()}.`,
      3,
    );
  };
  const named = (what: "user" | "project", key: string): Named => {
    const id = text(`${what}_id`);
    if (id) return { id };
    const domainId = text(`${what}_domain_id`) ?? text("domain_id");
    const domainName = text(`${what}_domain_name`) ?? text("domain_name") ?? text("default_domain") ?? "Default";
    return { name: required(key), domain: domainId ? { id: domainId } : { name: domainName } };
  };
  const identity = (): Identity => {
    const type = typeof settings.auth_type === "string" ? settings.auth_type.replace(/^v3/, "") : undefined;
    switch (type ?? (text("application_credential_secret") ? "applicationcredential" : "password")) {
      case "applicationcredential": {
        const secret = required("application_credential_secret");
        const id = text("application_credential_id");
        if (id) return { method: "application_credential", id, secret };
        const credential = required("application_credential_name");
        return { method: "application_credential", name: credential, user: named("user", "username"), secret };
      }
      case "token":
        return { method: "token", token: required("token") };
      case "password":
        return { method: "password", user: named("user", "username"), password: required("password") };
      default:
        throw new UserError(
          `The credentials of ${name} have auth_type ${type!}: use password, v3applicationcredential or token.`,
          3,
        );
    }
  };
  const scope = (): Scope | undefined => {
    if (text("system_scope")) return { system: { all: true } };
    return { project: named("project", "project_name") };
  };
  const who = identity();
  return {
    name,
    authUrl: required("auth_url").replace(/\/+$/, ""),
    ...(typeof settings.region_name === "string" && settings.region_name && { region: settings.region_name }),
    interface: interfaceOf(settings.interface),
    identity: who,
    ...(who.method !== "application_credential" && { scope: scope() }),
  };
}

function interfaceOf(value: unknown): Credentials["interface"] {
  const name = typeof value === "string" ? value.replace(/URL$/, "") : "";
  return name === "internal" || name === "admin" ? name : "public";
}
