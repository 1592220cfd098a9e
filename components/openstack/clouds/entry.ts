import * as path from "node:path";
import { UserError } from "../../errors";
import { type CloudEnvironment, findFile, type Found, isValues, merged, userFolder, type Variables } from "./files";
import type { Values } from "./python-yaml";

/** What is said of one cloud, wherever it is said: keys without dashes, old names replaced, what is for a token in `auth`. */
export interface CloudEntry {
  /** For people: the cloud's name, or `the environment's OS_… variables`. */
  name: string;
  /** The cloud's name in clouds.yaml; absent where the OS_… variables are used. */
  cloud?: string;
  settings: Values & { auth: Values };
  /** What a person should know of it, as sentences. */
  notes: string[];
}

/** Variables that choose a cloud or a file, and are no credentials. */
const SELECTORS = ["OS_CLOUD", "OS_CLOUD_NAME", "OS_REGION_NAME", "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"];

/**
 * A cloud's settings as openstacksdk assembles them: clouds.yaml and secure.yaml, each from anywhere on the search path, then the
 * cloud's profile and its region's values; or the OS_… variables, which form the cloud `envvars` and are also used when no file
 * has the configured cloud.
 *
 * @param configured name of the cloud; OS_CLOUD overrides it
 * @throws UserError that names the file and what it lacks
 */
export function readEntry(configured: string, environment: CloudEnvironment): CloudEntry {
  const { variables } = environment;
  const wanted = variables.OS_CLOUD || configured;
  const envvars = variables.OS_CLOUD_NAME || "envvars";
  const sourced = settingsOf(variables);
  const { file, secure } = readFiles(environment);
  const clouds = merged(file?.content ?? {}, secure?.content ?? {}).clouds as Record<string, Values> | undefined;
  const listed = wanted === envvars ? undefined : clouds?.[wanted];
  if (isValues(listed)) {
    const notes: string[] = [];
    const overrides = given({
      region_name: variables.OS_REGION_NAME,
      cacert: variables.OS_CACERT,
      cert: variables.OS_CERT,
      key: variables.OS_KEY,
    });
    const settings = complete(wanted, listed, environment, overrides, notes);
    if (sourced?.auth_url && sourced.auth_url !== settings.auth.auth_url) {
      const { path: from } = (file ?? secure)!;
      notes.push(`Cloud ${wanted} of ${from} is used, not the OS_… variables that are set: OS_CLOUD=${envvars} would.`);
    }
    return { name: wanted, cloud: wanted, settings, notes };
  }
  if (sourced?.auth_url) {
    const name = "the environment's OS_… variables";
    const notes: string[] = [];
    return { name, settings: complete(name, sourced, environment, {}, notes), notes };
  }
  if (clouds) {
    const there = Object.keys(clouds).join(", ") || "none";
    throw new UserError(
      `${file?.path ?? secure!.path} has no cloud ${wanted}, it has ${there}: set cluster.cloud to one of them.`,
      3,
    );
  }
  throw new UserError(
    `There are no credentials for OpenStack: put a clouds.yaml with the cloud ${wanted} into ` +
      `${userFolder(environment)}, or set OS_AUTH_URL and the other OS_… variables.`,
    3,
  );
}

/** clouds.yaml, and what adds secrets to it; each is absent where there is none. */
export function readFiles(environment: CloudEnvironment): { file?: Found; secure?: Found } {
  const { OS_CLIENT_CONFIG_FILE, OS_CLIENT_SECURE_FILE } = environment.variables;
  const file = findFile(environment, "clouds", "clouds", {
    variable: "OS_CLIENT_CONFIG_FILE",
    file: OS_CLIENT_CONFIG_FILE,
  });
  const named = { variable: "OS_CLIENT_SECURE_FILE", file: OS_CLIENT_SECURE_FILE };
  const secure = findFile(environment, "secure", "clouds", named, file && path.dirname(file.path));
  return { ...(file && { file }), ...(secure && { secure }) };
}

/** The OS_… variables in the shape of an entry of clouds.yaml; undefined where none says anything. */
function settingsOf(variables: Variables): Values | undefined {
  const set = Object.keys(variables).filter((key) => /^OS_(?!TEST|STD|LOG)/.test(key) && variables[key]);
  if (set.every((key) => SELECTORS.includes(key))) return undefined;
  return Object.fromEntries(set.map((key) => [key.slice(3).toLowerCase(), variables[key]!]));
}

function given(fields: Record<string, string | undefined>): Values {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value)) as Values;
}

/** Everything but `auth` is replaced, `auth` gets what it does not have. */
function updated(base: Values, over: Values): Values {
  const auth = isValues(over.auth) ? { ...(isValues(base.auth) ? base.auth : {}), ...over.auth } : base.auth;
  return { ...base, ...over, ...(auth !== undefined && { auth }) };
}

function complete(
  name: string,
  listed: Values,
  environment: CloudEnvironment,
  overrides: Values,
  notes: string[],
): CloudEntry["settings"] {
  const own = withoutDashes(listed);
  const profile = profileOf(own, environment, notes);
  const { region_name: asked, ...others } = overrides;
  const region = regionOf(name, own, profile, asked as string | undefined);
  const { profile: _profile, cloud: _cloud, regions: _regions, ...settings } = updated(profile, own);
  return renamed({ ...updated(settings, region.values), ...region.name, ...others });
}

function withoutDashes(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key.replaceAll("-", "_"),
      isValues(value) ? withoutDashes(value) : value,
    ]),
  );
}

/** What clouds-public.yaml says of a site. openstacksdk brings some of its own, of public clouds that lease no machines. */
function profileOf({ profile, cloud }: Values, environment: CloudEnvironment, notes: string[]): Values {
  const name = profile ?? cloud;
  if (typeof name !== "string" || name === "envvars") return {};
  const found = findFile(environment, "clouds-public", "public-clouds")?.content["public-clouds"] as Values | undefined;
  const listed = found?.[name];
  if (isValues(listed)) return withoutDashes(listed);
  notes.push(`No clouds-public.yaml has the profile ${name}: nothing is taken from it.`);
  return {};
}

interface Region {
  name: { region_name?: string };
  values: Values;
}

function regionOf(cloud: string, own: Values, profile: Values, asked: string | undefined): Region {
  const source = own.regions || own.region_name ? own : profile;
  const named = typeof source.region_name === "string" ? source.region_name.split(",") : [];
  const known = (Array.isArray(source.regions) ? source.regions : named).map((entry) =>
    isValues(entry)
      ? { name: String(entry.name as string), values: isValues(entry.values) ? withoutDashes(entry.values) : {} }
      : { name: String(entry as string), values: {} },
  );
  const region = asked ? known.find(({ name }) => name === asked) : known[0];
  if (region) return { name: { region_name: region.name }, values: region.values };
  // One that is named, and not one of several, is what is used if nobody asks for another.
  if (known.length <= 1 && !source.regions) return { name: asked ? { region_name: asked } : {}, values: {} };
  throw new UserError(
    `Cloud ${cloud} has no region ${asked!}, it has ${known.map(({ name }) => name).join(", ")}: set OS_REGION_NAME to one of them.`,
    3,
  );
}

/** Names that settings had, the present one last: it goes before the others. */
const RENAMED = {
  project_id: ["tenant_id", "project_id"],
  project_name: ["tenant_name", "project_name"],
  token: ["auth_token", "token"],
  domain_id: ["domain_id"],
  domain_name: ["domain_name"],
  user_domain_id: ["user_domain_id"],
  user_domain_name: ["user_domain_name"],
  project_domain_id: ["project_domain_id"],
  project_domain_name: ["project_domain_name"],
};

/** What a token may be asked for with that has no other names, taken from beside `auth` where `auth` has none. */
const FOR_TOKENS = [
  "auth_url",
  "system_scope",
  "default_domain_id",
  "default_domain_name",
  "user_id",
  "username",
  "password",
  "application_credential_id",
  "application_credential_name",
  "application_credential_secret",
];

function renamed(all: Values): CloudEntry["settings"] {
  const settings = Object.fromEntries(
    Object.entries(all).map(([key, value]) => [key.replace(/endpoint_type$/, "interface"), value]),
  );
  const within: Values = isValues(settings.auth) ? settings.auth : {};
  const auth: Values = {};
  for (const [key, names] of Object.entries(RENAMED)) {
    // What is beside `auth` may be of the environment or the region: it goes before what is within.
    for (const name of names) auth[key] = settings[name] ?? within[name] ?? auth[key] ?? null;
  }
  for (const key of FOR_TOKENS) auth[key] = within[key] || (settings[key] ?? null);
  auth.username ??= within.user_name ?? settings.user_name ?? null;
  if (typeof auth.auth_url === "string") {
    auth.auth_url = auth.auth_url.replaceAll(/\{(\w+)\}/g, (whole, key: string) =>
      typeof settings[key] === "string" ? settings[key] : whole,
    );
  }
  return { ...settings, auth: auth.project_id || auth.project_name ? withSharedDomain(auth) : auth };
}

/** One domain may stand for the user's and the project's. */
function withSharedDomain({ domain_id: id = null, domain_name: name = null, ...auth }: Values): Values {
  return {
    ...auth,
    user_domain_id: auth.user_domain_id ?? id,
    project_domain_id: auth.project_domain_id ?? id,
    user_domain_name: auth.user_domain_name ?? name,
    project_domain_name: auth.project_domain_name ?? name,
  };
}
