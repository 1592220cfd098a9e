import { readFile } from "node:fs/promises";
import { type Answer, TooLarge, Transport } from "./transport";
import { Semaphore } from "./semaphore";

/** The registry gave no answer that says anything: not reachable, not in time, or not willing. */
export class Unavailable extends Error {}

export interface RegistryArgs {
  /** `host:port`. */
  address: string;
  /** Speaks plain HTTP. */
  insecure: boolean;
  /** File with credentials, `.dockerconfigjson`; read at each challenge, so that a changed Secret is taken up. */
  credentials?: string;
  /** Bytes of an answer at most. @default 4 MiB: a manifest of ours is a few hundred, and nobody's may fill the memory */
  sizeLimit?: number;
  /** Requests at a time. @default 64 */
  width?: number;
  /** Told once of each repository that the registry denies. @default nobody is told */
  warn?: (message: string) => void;
}

/** A manifest as the registry holds it. */
export interface StoredManifest {
  digest: string;
  mediaType: string;
  body: Record<string, unknown>;
}

const MANIFESTS = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

const SIZE_LIMIT = 4 * 1024 * 1024;

const PAGE = 1000;

/** A repository of ours has some thousand tags; lists that go on for ever are no answer. */
const PAGES_LIMIT = 1_000;
const TAGS_LIMIT = 200_000;

/** What a registry calls a manifest, a tag or a repository that it does not have. */
const ABSENT = ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "BLOB_UNKNOWN"];

const WIDTH = 64;

/**
 * Reads an OCI registry, and deletes from it, through its distribution API. Every method throws {@link Unavailable} where the registry does
 * not answer before the signal says that time is up.
 */
export class RegistryClient {
  private readonly origin: string;
  private readonly semaphore: Semaphore;
  private readonly transport: Transport;
  /** Authorization by repository, as the registry's last challenge asked for it. */
  private readonly authorizations = new Map<string, string>();
  private readonly denied = new Set<string>();

  constructor(private readonly args: RegistryArgs) {
    this.origin = `${args.insecure ? "http" : "https"}://${args.address}`;
    this.semaphore = new Semaphore(args.width ?? WIDTH);
    this.transport = new Transport(args.sizeLimit ?? SIZE_LIMIT);
  }

  /** Digest of a tag or digest; nothing where the registry has none. */
  async digest(repository: string, reference: string, signal: AbortSignal): Promise<string | undefined> {
    // no HEAD: only a body says that it is the registry that has none
    const answer = await this.ask("GET", repository, `manifests/${reference}`, signal);
    return answer && digestOf(answer);
  }

  /** The manifest of a tag or digest; nothing where the registry has none. */
  async manifest(repository: string, reference: string, signal: AbortSignal): Promise<StoredManifest | undefined> {
    const answer = await this.ask("GET", repository, `manifests/${reference}`, signal);
    if (!answer) return undefined;
    const { "content-type": mediaType = "" } = answer.headers;
    return { digest: digestOf(answer), mediaType, body: parseObject(answer.text) };
  }

  /** A small blob that is JSON, as an image's configuration; nothing where the registry has none. */
  async json(repository: string, digest: string, signal: AbortSignal): Promise<Record<string, unknown> | undefined> {
    const answer = await this.ask("GET", repository, `blobs/${digest}`, signal);
    return answer && parseObject(answer.text);
  }

  /** A blob as it is; nothing where the registry has none. */
  async blob(repository: string, digest: string, signal: AbortSignal): Promise<Buffer | undefined> {
    return (await this.ask("GET", repository, `blobs/${digest}`, signal))?.bytes;
  }

  /** Deletes a manifest, and with it its tags; also one that is gone already. */
  async remove(repository: string, digest: string, signal: AbortSignal): Promise<void> {
    await this.ask("DELETE", repository, `manifests/${digest}`, signal);
  }

  /** All tags of a repository, page after page; none where there is no such repository. */
  async tags(repository: string, signal: AbortSignal): Promise<string[]> {
    const tags: string[] = [];
    const asked = new Set<string>();
    for (let query: string | undefined = `?n=${PAGE}`; query !== undefined && !asked.has(query);) {
      asked.add(query);
      const answer = await this.ask("GET", repository, `tags/list${query}`, signal);
      if (answer) tags.push(...tagsOf(answer));
      if (asked.size > PAGES_LIMIT || tags.length > TAGS_LIMIT) {
        throw new Unavailable(`the registry's list of tags of ${repository} does not end`);
      }
      query = nextPage(answer?.headers.link);
    }
    return tags;
  }

  /** Whether the registry answers at all. */
  async ping(signal: AbortSignal): Promise<void> {
    await this.semaphore.pass(signal, () => this.send("GET", `${this.origin}/v2/`, undefined, signal)).catch(rethrow);
  }

  private async ask(
    method: string,
    repository: string,
    path: string,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    try {
      return await this.semaphore.pass(signal, async () => {
        const url = `${this.origin}/v2/${repository}/${path}`;
        let answer = await this.send(method, url, this.authorizations.get(repository), signal);
        const { "www-authenticate": challenge } = answer.headers;
        if (answer.status === 401 && challenge !== undefined) {
          this.authorizations.set(repository, await this.authorize(challenge, repository, signal));
          answer = await this.send(method, url, this.authorizations.get(repository), signal);
        }
        if (this.isAbsent(answer, repository, method)) return undefined;
        if (answer.status !== (method === "DELETE" ? 202 : 200))
          throw new Unavailable(`the registry answers ${method} with ${answer.status}`);
        return answer;
      });
    } catch (error) {
      return rethrow(error);
    }
  }

  /** By the registry's own word; what stands before it, as a proxy, may answer 404 too. */
  private isAbsent({ status, text }: Answer, repository: string, method: string): boolean {
    if (status === 404) return errorsOf(text).some((code) => ABSENT.includes(code));
    // Quay, of a repository that is not there yet, to whoever has paid; but who may not delete is denied, too
    if (method === "DELETE") return false;
    if (status !== 401 || !errorsOf(text).includes("UNAUTHORIZED") || !this.authorizations.has(repository))
      return false;
    if (!this.denied.has(repository)) {
      this.denied.add(repository);
      this.args.warn?.(`the registry denies ${repository}: taken for none yet, as Quay says so of what is not there`);
    }
    return true;
  }

  private send(method: string, url: string, authorization: string | undefined, signal: AbortSignal): Promise<Answer> {
    const headers = { accept: MANIFESTS, ...(authorization !== undefined && { authorization }) };
    return this.transport.send(method, url, headers, signal);
  }

  /** What the registry wants to see, by its challenge: the credentials themselves, or a token that they buy. */
  private async authorize(challenge: string, repository: string, signal: AbortSignal): Promise<string> {
    const basic = await this.basic(repository);
    if (/^basic\b/i.test(challenge)) {
      if (basic === undefined) throw new Unavailable("the registry asks for credentials, and none are given");
      return basic;
    }
    const fields = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    if (fields.realm === undefined || !/^https?:\/\//.test(fields.realm)) {
      throw new Unavailable("the registry asks for an authorization of a kind that is not known");
    }
    const realm = new URL(fields.realm);
    // Credentials go nowhere in clear, unless the registry itself is spoken to in clear.
    if (realm.protocol !== "https:" && !this.args.insecure) {
      throw new Unavailable("the registry names a realm without TLS");
    }
    for (const key of ["service", "scope"]) {
      if (fields[key] !== undefined) realm.searchParams.set(key, fields[key]);
    }
    const answer = await this.send("GET", realm.href, basic, signal);
    const { token, access_token: accessToken } = parseObject(answer.text);
    const bearer = token ?? accessToken;
    if (answer.status !== 200 || typeof bearer !== "string") {
      throw new Unavailable(`the registry's realm answers with ${answer.status} and no token`);
    }
    return `Bearer ${bearer}`;
  }

  /** The account of a repository, of what it is in, or of the registry: files hold them by each of these names. */
  private async basic(repository: string): Promise<string | undefined> {
    const { credentials, address } = this.args;
    if (credentials === undefined) return undefined;
    const { auths = {} } = JSON.parse(await readFile(credentials, "utf8")) as { auths?: Record<string, Entry> };
    const path = [address, ...repository.split("/")];
    const names = path.map((_, index) => path.slice(0, path.length - index).join("/"));
    const entry = [...names, `https://${address}`, `https://${address}/v2/`].map((name) => auths[name]).find(Boolean);
    if (!entry) return undefined;
    const { auth, username = "", password = "" } = entry;
    return `Basic ${auth ?? Buffer.from(`${username}:${password}`).toString("base64")}`;
  }
}

type Entry = { auth?: string; username?: string; password?: string };

/** The query of the page that a Link names; what it holds is the registry's own. */
function nextPage(link: string | string[] | undefined): string | undefined {
  const [, target] = /<([^>]+)>\s*;\s*rel="?next\b/.exec(String(link ?? "")) ?? [];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, "http://registry.invalid"))
    throw new Unavailable("the registry's next page has no address");
  return new URL(target, "http://registry.invalid").search;
}

function tagsOf({ text }: Answer): string[] {
  const { tags } = parseObject(text);
  if (tags === undefined || tags === null) return [];
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  throw new Unavailable("the registry's list of tags is no list of texts");
}

/** Codes of the distribution API's errors; none where the body is anything else. */
function errorsOf(text: string): string[] {
  try {
    const { errors } = parseObject(text);
    if (!Array.isArray(errors)) return [];
    return errors.map((error) => String((error as { code?: unknown } | null)?.code));
  } catch {
    return [];
  }
}

function digestOf({ headers }: Answer): string {
  const { "docker-content-digest": digest } = headers;
  return typeof digest === "string" ? digest : "";
}

/** Whatever went wrong on the way is the registry's silence; what is thrown says it without the registry's own words. */
function rethrow(error: unknown): never {
  if (error instanceof Unavailable) throw error;
  if (error instanceof TooLarge) throw new Unavailable("the registry's answer is too large");
  const { name, message, code } = error as NodeJS.ErrnoException;
  const timedOut = name === "TimeoutError" || name === "AbortError";
  throw new Unavailable(timedOut ? "the registry does not answer in time" : `no registry: ${code ?? message}`);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // What follows says it.
  }
  throw new Unavailable("the registry's answer is no JSON object");
}
