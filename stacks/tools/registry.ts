import { createHash } from "node:crypto";
import { UserError } from "../../components/errors";
import { proxiedFetch } from "../../components/fetch";
import { normalized } from "../../components/image-reference";
import { registryOf } from "../../components/platform/images";

/** What a registry has under a tag. */
export interface Found {
  /** Of the list of all architectures, or of the only image. */
  digest: string;
  architectures: string[];
}

const LISTS = ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
const IMAGES = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const ACCEPT = [...LISTS, ...IMAGES].join(", ");

/** Milliseconds that one answer may take. */
const DEADLINE = 30_000;

interface Platform {
  platform?: { architecture?: string; os?: string };
}

/**
 * Asks a public registry, as a stranger, what is under a tag.
 * @param reference `registry/repository:tag`
 * @throws UserError no answer, no such tag, an answer that is none
 */
export async function resolveTag(reference: string): Promise<Found> {
  const [, repository = "", tag = ""] = /^(.+):([^:/]+)$/.exec(reference) ?? [];
  const registry = registryOf(repository);
  const path = normalized(repository).slice(registry.length + 1);
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(host) ? "http" : "https";
  const door = new Door(`${scheme}://${host}/v2/${path}`, reference);
  const { bytes, body } = await door.get(`manifests/${tag}`);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (Array.isArray(body.manifests)) {
    const architectures = (body.manifests as Platform[]).flatMap(({ platform: { architecture = "", os } = {} }) =>
      os === "linux" ? [architecture] : [],
    );
    return { digest, architectures: [...new Set(architectures)].sort() };
  }
  const { config } = body as { config?: { digest?: string } };
  if (config?.digest === undefined) throw new UserError(`${reference}: ${host} answers no manifest`);
  const { architecture } = (await door.get(`blobs/${config.digest}`)).body;
  return { digest, architectures: typeof architecture === "string" ? [architecture] : [] };
}

/** One repository of a registry, and the token that it wants to see. */
class Door {
  private token?: string;

  constructor(
    private readonly address: string,
    private readonly reference: string,
  ) {}

  async get(path: string): Promise<{ bytes: Buffer; body: Record<string, unknown> }> {
    const url = `${this.address}/${path}`;
    let response = await this.ask(url);
    const { realm, ...challenge } = fieldsOf(response.headers.get("www-authenticate"));
    if (response.status === 401 && realm !== undefined) {
      const answer = await this.ask(`${realm}?${new URLSearchParams(challenge).toString()}`);
      const { token, access_token: other } = parse(Buffer.from(await answer.arrayBuffer())) ?? {};
      this.token = String(token ?? other ?? "");
      response = await this.ask(url);
    }
    if (response.status !== 200) throw new UserError(`${this.reference}: ${url} answers ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const body = parse(bytes);
    const said = response.headers.get("docker-content-digest");
    const isSaid = said === null || said === `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (!body || !isSaid) throw new UserError(`${this.reference}: ${url} answers something else than it says`);
    return { bytes, body };
  }

  private async ask(url: string): Promise<Response> {
    const headers = { accept: ACCEPT, ...(this.token && { authorization: `Bearer ${this.token}` }) };
    try {
      return await proxiedFetch(url, { headers, signal: AbortSignal.timeout(DEADLINE) });
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      throw new UserError(`${this.reference}: ${new URL(url).host} cannot be reached (${cause?.message ?? message})`);
    }
  }
}

/** `Bearer realm="…",service="…",scope="…"` */
function fieldsOf(challenge: string | null): Record<string, string> {
  const pairs = [...(challenge ?? "").matchAll(/(\w+)="([^"]*)"/g)];
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
