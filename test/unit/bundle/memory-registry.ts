import { createHash } from "node:crypto";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

export const sha256 = (content: string | Buffer) => `sha256:${createHash("sha256").update(content).digest("hex")}`;

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

interface Document {
  content: string;
  mediaType: string;
}

/** A registry in memory, which can be made to answer wrongly. */
export class MemoryRegistry {
  readonly blobs = new Map<string, string>();
  readonly documents = new Map<string, Document>();
  /** `METHOD path`, in their order. */
  asked: string[] = [];
  /** How a path is answered wrongly. */
  wrong: Record<string, "404" | "half" | "other"> = {};
  /** Whether it takes a list of which it lacks images. */
  takesSparseLists = true;
  /** What it answers to whatever is pushed, where it has no room: status and body. @default it has */
  full?: [status: number, body: string];
  /** Entries of a page of its lists. */
  page = 2;
  /** What it wants to see in the header `Authorization`. @default nothing */
  authorization?: string;
  private readonly server = http.createServer((request, response) => this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Puts a small image under a tag, for each architecture another. @returns digest of the list */
  add(repository: string, tag: string, architectures = ["amd64", "arm64"]): string {
    const shared = this.blob(`the layer of ${repository}`);
    const manifests = architectures.map((architecture) => {
      const config = this.blob(JSON.stringify({ os: "linux", architecture, config: { Labels: { repository, tag } } }));
      const layers = [shared, this.blob(`${repository} for ${architecture}`)];
      const content = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers });
      return { ...this.document(repository, content, MANIFEST), platform: { os: "linux", architecture } };
    });
    const list = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
    this.documents.set(`${repository}/manifests/${tag}`, { content: list, mediaType: INDEX });
    return this.document(repository, list, INDEX).digest;
  }

  /** What is asked for again and again does not count. */
  get asksOfBlobs(): string[] {
    return this.asked.filter((line) => line.startsWith("GET") && line.includes("/blobs/"));
  }

  /** Puts an image without layers under a tag. @returns its digest */
  addNote(repository: string, tag: string, annotations: Record<string, string>): string {
    const content = JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: this.blob("{}"),
      layers: [],
      annotations,
    });
    this.documents.set(`${repository}/manifests/${tag}`, { content, mediaType: MANIFEST });
    return this.document(repository, content, MANIFEST).digest;
  }

  private blob(content: string): { digest: string; size: number; mediaType: string } {
    this.blobs.set(sha256(content), content);
    return { mediaType: "application/octet-stream", digest: sha256(content), size: content.length };
  }

  private document(repository: string, content: string, mediaType: string): ReturnType<MemoryRegistry["blob"]> {
    this.documents.set(`${repository}/manifests/${sha256(content)}`, { content, mediaType });
    return { mediaType, digest: sha256(content), size: content.length };
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, "http://registry");
    const path = pathname.replace("/v2/", "");
    if (path === "") return void response.end("{}");
    this.asked.push(`${request.method!} ${path}`);
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (this.authorization !== undefined && request.headers.authorization !== this.authorization) {
        return void response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
      }
      const body = Buffer.concat(parts).toString();
      if (this.full && request.method !== "GET" && request.method !== "HEAD") {
        return void response.writeHead(this.full[0]).end(this.full[1]);
      }
      if (request.method === "POST") return void response.writeHead(202, { location: `${pathname}one` }).end();
      if (request.method === "PUT") return this.take(path, body, searchParams.get("digest"), request, response);
      if (path === "_catalog" && this.wrong[path]) return void response.end("<html>");
      if (path === "_catalog") return this.list("repositories", this.repositories(), searchParams, response);
      const [, listed] = /^(.+)\/tags\/list$/.exec(path) ?? [];
      if (listed !== undefined) return this.list("tags", this.tags(listed), searchParams, response);
      this.give(path, request.method === "HEAD", response);
    });
  }

  /** Names of what it holds; of a repository they are there as long as one of its manifests is. */
  repositories(): string[] {
    return [...new Set([...this.documents.keys()].map((key) => key.split("/manifests/")[0]!))];
  }

  tags(repository: string): string[] {
    const prefix = `${repository}/manifests/`;
    const names = [...this.documents.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
    return names.filter((name) => !name.startsWith("sha256:"));
  }

  private list(field: string, all: string[], query: URLSearchParams, response: http.ServerResponse): void {
    const from = Number(query.get("last") ?? 0);
    const next = from + this.page;
    // As a registry behind another name has it.
    const link =
      next < all.length
        ? { link: `<http://registry.example/v2/${listPath(response.req)}?last=${next}>; rel="next"` }
        : {};
    response.writeHead(200, link).end(JSON.stringify({ [field]: all.slice(from, next) }));
  }

  private take(
    path: string,
    content: string,
    digest: string | null,
    { headers }: http.IncomingMessage,
    response: http.ServerResponse,
  ): void {
    if (digest !== null) {
      if (sha256(content) !== digest) return void response.writeHead(400).end();
      this.blobs.set(digest, content);
      return void response.writeHead(201).end();
    }
    const repository = path.split("/manifests/")[0]!;
    const { manifests = [] } = JSON.parse(content) as { manifests?: { digest: string }[] };
    const lacks = manifests.some(({ digest: of }) => !this.documents.has(`${repository}/manifests/${of}`));
    if (lacks && !this.takesSparseLists) return void response.writeHead(404).end();
    const document = { content, mediaType: headers["content-type"]! };
    this.documents.set(path, document).set(`${repository}/manifests/${sha256(content)}`, document);
    response.writeHead(201).end();
  }

  private give(path: string, isHead: boolean, response: http.ServerResponse): void {
    const [, , digest] = /^(.+)\/blobs\/(.+)$/.exec(path) ?? [];
    const document = this.documents.get(path);
    const content = digest === undefined ? document?.content : this.blobs.get(digest);
    const wrong = this.wrong[path];
    if (wrong === "404") return void response.writeHead(404).end();
    if (content === undefined) {
      return void response.writeHead(404).end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN" }] }));
    }
    const mediaType = document?.mediaType ?? "application/octet-stream";
    response.writeHead(200, { "content-type": mediaType, "content-length": content.length });
    if (isHead) return void response.end();
    if (wrong === "half") return void response.write(content.slice(0, 5), () => response.destroy());
    response.end(wrong === "other" ? "x".repeat(content.length) : content);
  }
}

function listPath({ url }: http.IncomingMessage): string {
  return new URL(url!, "http://registry").pathname.replace("/v2/", "");
}
