import { UserError } from "../errors";
import type { Credentials } from "./credentials";
import { OpenStackError, type Service, SERVICES } from "./failure";
import { PATIENCE, send } from "./send";

/** A token, whom and what it is for, and where the services are. */
export interface Session {
  token: string;
  /** Milliseconds since 1970. */
  expires: number;
  projectId?: string;
  catalogue: CatalogueEntry[];
}

export interface CatalogueEntry {
  type: string;
  endpoints: { interface: string; region: string; url: string }[];
}

/** Names that a service's type had or has in catalogues. */
const TYPES: Record<Service, string[]> = {
  identity: ["identity"],
  baremetal: ["baremetal", "bare-metal"],
  lease: ["lease"],
  network: ["network"],
  image: ["image"],
};

/** What Keystone is asked for a token: https://docs.openstack.org/api-ref/identity/v3 */
export function renderAuth({ identity, scope }: Credentials): object {
  const { method } = identity;
  return { auth: { identity: { methods: [method], [method]: methodOf(identity) }, ...(scope && { scope }) } };
}

function methodOf(identity: Credentials["identity"]): object {
  switch (identity.method) {
    case "password":
      return { user: { ...identity.user, password: identity.password } };
    case "token":
      return { id: identity.token };
    case "application_credential": {
      const { method, ...rest } = identity;
      return rest;
    }
  }
}

/** Where a token is asked for, whichever version the credentials' address ends with. */
export function tokenUrl({ authUrl }: Pick<Credentials, "authUrl">): string {
  return `${withoutVersion(authUrl)}/v3/auth/tokens`;
}

/** An address without the version that some have at the end. */
export function withoutVersion(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v\d+(\.\d+)?$/, "");
}

/** @throws UserError when Keystone does not take the credentials */
export async function authenticate(credentials: Credentials): Promise<Session> {
  const base = withoutVersion(credentials.authUrl);
  const call = "POST /v3/auth/tokens";
  const { status, words, headers, json } = await send({
    service: "identity",
    method: "POST",
    url: tokenUrl(credentials),
    call,
    body: renderAuth(credentials),
    tls: credentials.tls,
    // A second token does no harm.
    repeatable: true,
    // An address that is wrong looks the same as a Keystone that is away: nobody shall wait without knowing for what.
    onRepeat: (why) =>
      console.error(
        `Keystone at ${base} (${credentials.name}) does not answer, it is asked again for ${String(PATIENCE.retries / 1000)} s: ${why.replace(/\.?$/, ".")}`,
      ),
  });
  if (status === 401 || status === 403 || status === 404) {
    throw new UserError(
      `Keystone at ${base} does not take the credentials of ${credentials.name}: ${words.replace(/\.?$/, ".")}`,
      3,
    );
  }
  if (status >= 500) throw new OpenStackError("identity", call, status, words);
  const token = headers.get("x-subject-token");
  const content = (json as { token?: KeystoneToken } | undefined)?.token;
  if (!token || !content)
    throw new UserError(`What answers at ${base} (${credentials.name}) is not Keystone: ${words}`, 3);
  return {
    token,
    expires: Date.parse(content.expires_at),
    ...(content.project && { projectId: content.project.id }),
    catalogue: content.catalog ?? [],
  };
}

interface KeystoneToken {
  expires_at: string;
  project?: { id: string };
  catalog?: CatalogueEntry[];
}

/**
 * Address of a service, without the version that some catalogues append.
 *
 * @throws UserError when the catalogue has none
 */
export function endpointOf({ catalogue }: Session, service: Service, credentials: Credentials): string {
  const { name } = credentials;
  const own = credentials.services?.[service];
  if (own?.url) return withoutVersion(own.url);
  const { region, interface: wanted } = { ...credentials, ...own };
  const all = catalogue.filter(({ type }) => TYPES[service].includes(type)).flatMap(({ endpoints }) => endpoints);
  const found = all.filter((endpoint) => endpoint.interface === wanted && (!region || endpoint.region === region));
  const regions = [...new Set(found.map((endpoint) => endpoint.region))];
  if (regions.length > 1) {
    throw new UserError(
      `${name} has ${SERVICES[service]} in ${regions.join(" and ")}: set region_name to one of them.`,
      3,
    );
  }
  if (!found[0]) {
    const where = region ? ` in region ${region}` : "";
    throw new UserError(
      `The catalogue of ${name} has no ${SERVICES[service]} (type ${service}, ${wanted})${where}: ask the site whether ` +
        `this project may use it.`,
      3,
    );
  }
  return withoutVersion(found[0].url);
}
