import type { ConnectionOptions } from "node:tls";
import { readCredentials, type Credentials, type Variables } from "./credentials";
import { OpenStackError, type Service } from "./failure";
import { authenticate, endpointOf, type Session, withoutVersion } from "./keystone";
import { providerVariables } from "./provider-environment";
import { send, type Answer, type Call } from "./send";
import { tlsOptions } from "./transport";

/** A token is renewed that long before its end, in milliseconds: no call shall meet its end under way. */
const MARGIN = 120_000;

interface Options extends Pick<Call, "body" | "headers" | "repeatable"> {
  /** Statuses that are answers and not errors: `undefined` is returned then. */
  absent?: number[];
}

/** An OpenStack cloud with the rights of one account: authenticates when it is first used, and renews its token. */
export class OpenStack {
  private session?: Promise<Session>;

  constructor(readonly credentials: Credentials) {}

  /** Keystone's address, without a version. */
  get keystone(): string {
    return withoutVersion(this.credentials.authUrl);
  }

  /** All addresses that this Keystone has, as its catalogue tells, without a version. */
  async keystones(): Promise<string[]> {
    const { catalogue } = await this.current();
    const listed = catalogue.filter(({ type }) => type === "identity").flatMap(({ endpoints }) => endpoints);
    return [this.keystone, ...listed.map(({ url }) => withoutVersion(url))];
  }

  /** The project that the token is for; absent for a token of the whole system. */
  async projectId(): Promise<string | undefined> {
    return (await this.current()).projectId;
  }

  /**
   * @param path from the service's root, with its version: `/v1/nodes`
   * @returns the answer's JSON
   * @throws OpenStackError for a refusal, in the service's own words
   */
  async request<T>(
    service: Service,
    method: Call["method"],
    path: string,
    options: Options & { absent: number[] },
  ): Promise<T | undefined>;
  async request<T>(service: Service, method: Call["method"], path: string, options?: Options): Promise<T>;
  async request(service: Service, method: Call["method"], path: string, options: Options = {}): Promise<unknown> {
    const { absent, ...rest } = options;
    const session = await this.current();
    let answer = await this.sendWith(session, service, method, path, rest);
    // The token was revoked, or the clocks differ: a call without a valid one did nothing.
    if (answer.status === 401) answer = await this.sendWith(await this.current(session), service, method, path, rest);
    const { status, words, json } = answer;
    if (status < 300) return json;
    if (absent?.includes(status)) return undefined;
    throw new OpenStackError(service, callOf(method, path), status, words);
  }

  /** Where something goes that is too large for {@link request}, with which headers, and what the connection trusts. */
  async target(
    service: Service,
    path: string,
  ): Promise<{ url: string; headers: Record<string, string>; tls: ConnectionOptions }> {
    const session = await this.current();
    const { tls } = this.credentials;
    return {
      url: `${endpointOf(session, service, this.credentials)}${path}`,
      headers: { "x-auth-token": session.token },
      tls: tls ? tlsOptions(tls) : {},
    };
  }

  private async sendWith(
    session: Session,
    service: Service,
    method: Call["method"],
    path: string,
    { headers, ...rest }: Options,
  ): Promise<Answer> {
    const url = `${endpointOf(session, service, this.credentials)}${path}`;
    const call = callOf(method, path);
    const { tls } = this.credentials;
    return send({ service, method, url, call, tls, ...rest, headers: { "x-auth-token": session.token, ...headers } });
  }

  /**
   * A token that lasts; one for all that ask at the same time.
   *
   * @param refused the one that a service did not take
   */
  private async current(refused?: Session): Promise<Session> {
    const asked = this.session;
    const held = await asked;
    if (held && held !== refused && held.expires - MARGIN > Date.now()) return held;
    if (!this.session || this.session === asked) {
      const renewal = authenticate(this.credentials);
      this.session = renewal;
      renewal.catch(() => {
        if (this.session === renewal) this.session = undefined;
      });
    }
    return this.session;
  }
}

function callOf(method: string, path: string): string {
  return `${method} ${path.replace(/\?.*/, "")}`;
}

const clouds = new Map<string, OpenStack>();

/**
 * The account of that name: one for all resources of a process, so that they share its token.
 *
 * @param cloud its name in clouds.yaml
 * @param variables the environment's. @default those of a dynamic provider's process
 */
export function openStack(cloud: string, variables: Variables = providerVariables()): OpenStack {
  const credentials = readCredentials(cloud, variables);
  const key = JSON.stringify(credentials);
  const held = clouds.get(key);
  if (held) return held;
  for (const note of credentials.notes ?? []) console.error(note);
  const made = new OpenStack(credentials);
  clouds.set(key, made);
  return made;
}
