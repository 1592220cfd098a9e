import { createHash } from "node:crypto";
import { UserError } from "../errors";
import { proxiedFetch } from "../fetch";
import { normalized } from "../image-reference";

/** The parts of a reference, in full. */
export interface ImageName {
  registry: string;
  repository: string;
  tag?: string;
  digest?: string;
}

/** `docker.io/library/busybox:1` of `busybox:1`, in its parts. */
export function imageName(reference: string): ImageName {
  const [, registry = "", repository = "", tag, digest] =
    /^([^/]+)\/([^@]+?)(?::([\w.-]+))?(?:@(.+))?$/.exec(normalized(reference)) ?? [];
  return { registry, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

const LISTS = ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
const IMAGES = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const ACCEPT = [...LISTS, ...IMAGES].join(", ");

/** Milliseconds that one answer may take. */
const DEADLINE = 30_000;

/** A document of a registry, and the bytes that its digest is of. */
export interface Document {
  bytes: Buffer;
  digest: string;
  mediaType: string;
  body: Record<string, unknown>;
}

/** `user:password` for a registry, in base 64; undefined where nobody logged in there. */
export type Login = (registry: string) => string | undefined;

interface Request {
  method?: string;
  headers?: Record<string, string>;
  /** Made anew for each attempt. */
  body?: () => Uint8Array | ReadableStream;
  /** @default after {@link DEADLINE} */
  signal?: AbortSignal;
}

/** One repository of a registry, and what that wants to see before it opens. */
export class Repository {
  private readonly address: string;
  private authorization?: string;

  /**
   * @param reference of an image in it: sentences begin with that
   * @param login @default a stranger
   */
  constructor(
    readonly reference: string,
    private readonly login: Login = () => undefined,
  ) {
    const { registry, repository } = imageName(reference);
    const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
    const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(host) ? "http" : "https";
    this.address = `${scheme}://${host}/v2/${repository}`;
  }

  /** Address of something in it. */
  url(path: string): string {
    return `${this.address}/${path}`;
  }

  /** @throws UserError no answer, another one than 200, or something else than was asked for */
  manifest(tagOrDigest: string): Promise<Document> {
    return this.document(`manifests/${tagOrDigest}`);
  }

  /** A small blob that is JSON. @throws UserError as {@link manifest} */
  json(digest: string): Promise<Document> {
    return this.document(`blobs/${digest}`);
  }

  /** Asks for something in it, as who logged in where a stranger may not. */
  async ask(path: string, request: Request = {}): Promise<Response> {
    const url = new URL(path, `${this.address}/`).href;
    const response = await this.send(url, request);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    this.authorization = await this.answerTo(response.headers.get("www-authenticate") ?? "");
    return this.authorization === undefined ? response : this.send(url, request);
  }

  private async document(path: string): Promise<Document> {
    const response = await this.ask(path);
    const url = this.url(path);
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new UserError(`${this.reference}: ${url} answers ${response.status}`);
    }
    const bytes = Buffer.from(await response.arrayBuffer());
    const body = parse(bytes);
    const digest = digestOf(bytes);
    const wanted = path.slice(path.indexOf("/") + 1);
    const said = response.headers.get("docker-content-digest") ?? digest;
    if (!body || said !== digest || (wanted.startsWith("sha256:") && wanted !== digest)) {
      throw new UserError(`${this.reference}: ${url} answers something else than it says`);
    }
    const mediaType = body.mediaType ?? response.headers.get("content-type")?.split(";")[0];
    return { bytes, digest, mediaType: String(mediaType), body };
  }

  /** What the header `Authorization` has to be after a refusal; undefined where there is nothing to try. */
  private async answerTo(challenge: string): Promise<string | undefined> {
    const { realm, ...fields } = fieldsOf(challenge);
    const login = this.login(imageName(this.reference).registry);
    const basic = login && `Basic ${login}`;
    if (realm === undefined || /^basic/i.test(challenge)) return basic;
    this.authorization = basic;
    const answer = await this.send(`${realm}?${new URLSearchParams(fields).toString()}`, {});
    const { token, access_token: other } = parse(Buffer.from(await answer.arrayBuffer())) ?? {};
    return `Bearer ${String(token ?? other ?? "")}`;
  }

  private async send(url: string, { method = "GET", headers, body, signal }: Request): Promise<Response> {
    const all = { accept: ACCEPT, ...headers, ...(this.authorization && { authorization: this.authorization }) };
    const init = { method, headers: all, signal: signal ?? AbortSignal.timeout(DEADLINE) };
    try {
      // A body that is a stream goes one way while the answer waits.
      return await proxiedFetch(url, body ? ({ ...init, body: body(), duplex: "half" } as RequestInit) : init);
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      throw new UserError(`${this.reference}: ${new URL(url).host} cannot be reached (${cause?.message ?? message})`);
    }
  }
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** `Bearer realm="…",service="…",scope="…"` */
function fieldsOf(challenge: string): Record<string, string> {
  const pairs = [...challenge.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, key, value]) => [key!, value!]));
}

function parse(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
