import { homedir } from "node:os";
import * as path from "node:path";
import { UserError } from "../errors";
import { readEntry, readFiles, type CloudEntry } from "./clouds/entry";
import type { CloudEnvironment, Variables } from "./clouds/files";
import type { Value, Values } from "./clouds/python-yaml";
import type { Service } from "./failure";

export type { Variables } from "./clouds/files";

/** Who asks, and what for: what Keystone wants for a token, and how the services are reached. */
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
  interface: Interface;
  /** What is said of a service alone. @default nothing */
  services?: Partial<Record<Service, ServiceSettings>>;
  /** Which certificates are trusted, and shown. @default those that Node trusts, none */
  tls?: Tls;
  identity: Identity;
  /** What the token is for; an application credential knows that itself. */
  scope?: Scope;
  /** What a person should know of them, as sentences. @default nothing */
  notes?: string[];
}

export type Interface = "public" | "internal" | "admin";

export interface ServiceSettings {
  region?: string;
  interface?: Interface;
  /** Address that goes before the catalogue's. */
  url?: string;
}

export interface Tls {
  /** Whoever answers is trusted where this is false. @default true */
  verify: boolean;
  /** File of the authorities' certificates. */
  ca?: string;
  /** File of the account's own certificate, and of its key where that is another. */
  cert?: string;
  key?: string;
}

export type Identity =
  | { method: "password"; user: Named; password: string }
  | { method: "application_credential"; id: string; secret: string }
  | { method: "application_credential"; name: string; user: Named; secret: string }
  | { method: "token"; token: string };

export type Scope = { project: Named } | { system: { all: true } };

/** Something of Keystone's, by id or by name within a domain. */
export type Named = { id: string } | { name: string; domain: { id: string } | { name: string } };

/**
 * The project's folder: what openstacksdk looks for in the working directory is looked for there, as a command, the program
 * and the dynamic providers of one stack have other working directories.
 */
const PROJECT_FOLDER = path.resolve(__dirname, "../..");

/**
 * The credentials of a cloud, as openstacksdk reads them: see {@link readEntry}.
 *
 * @param cloud OS_CLOUD goes before it
 * @param variables the environment's
 * @throws UserError that names the file and what it lacks
 */
export function readCredentials(cloud: string, variables: Variables, folder: string = PROJECT_FOLDER): Credentials {
  const environment = { variables, folder, home: variables.HOME || homedir() };
  return credentialsOf(readEntry(cloud, environment), environment);
}

/** The files that {@link readCredentials} reads, as the variables that name them: whoever has them reads the same, wherever it runs. */
export function credentialFiles(variables: Variables, folder: string = PROJECT_FOLDER): Record<string, string> {
  const { file, secure } = readFiles({ variables, folder, home: variables.HOME || homedir() });
  return {
    ...(file && { OS_CLIENT_CONFIG_FILE: file.path }),
    ...(secure && { OS_CLIENT_SECURE_FILE: secure.path }),
  };
}

/** Types that openstacksdk knows, and what they ask for. */
const METHODS: Record<string, Identity["method"]> = {
  password: "password",
  v3password: "password",
  token: "token",
  v3token: "token",
  v3applicationcredential: "application_credential",
};

function credentialsOf({ name, cloud, settings, notes: said }: CloudEntry, environment: CloudEnvironment): Credentials {
  const { auth } = settings;
  const required = (key: string): string => {
    const value = textOf(auth[key]);
    if (value) return value;
    throw new UserError(
      `The credentials of ${name} lack ${key}: add it to its \`auth\`, or set OS_${key.toUpperCase()}.`,
      3,
    );
  };
  const identity = identityOf(name, settings, required);
  const tls = tlsOf(settings, environment);
  const services = servicesOf(settings);
  const unverified = tls && !tls.verify ? [unverifiedNote(name)] : [];
  const notes = [...said, ...unverified];
  const authUrl = required("auth_url").replace(/\/+$/, "");
  const region = textOf(settings.region_name);
  return {
    name,
    ...(cloud && { cloud }),
    authUrl,
    ...(region && { region }),
    interface: interfaceOf(settings.interface) ?? "public",
    ...(services && { services }),
    ...(tls && { tls }),
    identity,
    // Keystone refuses an application credential that names its project.
    ...(identity.method !== "application_credential" && { scope: scopeOf(auth, required) }),
    ...(notes.length > 0 && { notes }),
  };
}

function unverifiedNote(name: string): string {
  return (
    `Warning: certificates of ${name} are not verified (verify: false or insecure): whoever stands between sees its ` +
    `password and tokens. cacert would name whom to trust.`
  );
}

function identityOf(
  name: string,
  { auth, auth_type: type }: CloudEntry["settings"],
  required: (key: string) => string,
): Identity {
  const usual = textOf(auth.application_credential_secret) ? "v3applicationcredential" : "password";
  switch (METHODS[textOf(type) || usual]) {
    case "application_credential": {
      const secret = required("application_credential_secret");
      const id = textOf(auth.application_credential_id);
      if (id) return { method: "application_credential", id, secret };
      const credential = required("application_credential_name");
      return { method: "application_credential", name: credential, user: named("user", auth, required), secret };
    }
    case "token":
      return { method: "token", token: required("token") };
    case "password":
      return { method: "password", user: named("user", auth, required), password: required("password") };
    default:
      throw new UserError(
        `The credentials of ${name} have auth_type ${textOf(type)!.replace(/^v3/, "")}: use password, v3applicationcredential or token.`,
        3,
      );
  }
}

function scopeOf(auth: Values, required: (key: string) => string): Scope {
  return textOf(auth.system_scope) ? { system: { all: true } } : { project: named("project", auth, required) };
}

/** By id, or by name within a domain: where none is named, the one that sites have from the beginning. */
function named(what: "user" | "project", auth: Values, required: (key: string) => string): Named {
  const id = textOf(auth[`${what}_id`]);
  if (id) return { id };
  const name = required(what === "user" ? "username" : "project_name");
  const domainId = textOf(auth[`${what}_domain_id`]);
  if (domainId) return { name, domain: { id: domainId } };
  const domainName = textOf(auth[`${what}_domain_name`]) ?? textOf(auth.domain_name);
  if (domainName) return { name, domain: { name: domainName } };
  const usual = textOf(auth.domain_id) ?? textOf(auth.default_domain_id);
  return { name, domain: usual ? { id: usual } : { name: textOf(auth.default_domain_name) ?? "Default" } };
}

function tlsOf(settings: Values, { folder, home }: CloudEnvironment): Tls | undefined {
  const { insecure, verify: said, cacert, cert: own, key: ownKey } = settings;
  const isInsecure = insecure === true || (typeof insecure === "string" && insecure.toLowerCase() === "true");
  const file = (value: Value | undefined): string | undefined => {
    const text = textOf(value);
    return text && path.resolve(folder, text.replace(/^~(?=\/)/, home));
  };
  const verify = !isInsecure && said !== false;
  const [ca, cert, key] = [verify ? file(cacert) : undefined, file(own), file(ownKey)];
  if (verify && !ca && !cert) return undefined;
  return { verify, ...(ca && { ca }), ...(cert && { cert, ...(key && { key }) }) };
}

const SERVICE_TYPES: Service[] = ["identity", "baremetal", "lease", "network", "image"];

function servicesOf(settings: Values): Credentials["services"] {
  const found = SERVICE_TYPES.flatMap((service) => {
    const region = textOf(settings[`${service}_region_name`]);
    const wanted = interfaceOf(settings[`${service}_interface`]);
    const url = textOf(settings[`${service}_endpoint_override`]) ?? textOf(settings[`${service}_endpoint`]);
    if (!region && !wanted && !url) return [];
    return [
      [service, { ...(region && { region }), ...(wanted && { interface: wanted }), ...(url && { url }) }] as const,
    ];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

function textOf(value: Value | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function interfaceOf(value: Value | undefined): Interface | undefined {
  const name = textOf(value)?.replace(/URL$/, "");
  return name === "internal" || name === "admin" || name === "public" ? name : undefined;
}
