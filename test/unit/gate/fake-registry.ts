import { createHash } from "node:crypto";
import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import {
  type Build,
  type BuildRecord,
  RECORD_ANNOTATION,
  recordTag,
  SIGNATURE_ANNOTATION,
} from "../../../components/programs/events/build";
import { signRecord } from "../../../components/programs/events/signature";
import { RECORD_KEY, STREAM } from "./samples";

/** How the registry behaves: as it should, not at all, or wrongly. */
export type Behaviour =
  | "sound"
  | "hanging"
  | "failing"
  | "babbling"
  | "asks-basic"
  | "asks-token"
  | "asks-novelty"
  /** As Quay does of a repository that is not there. */
  | "denies"
  | "behind-a-proxy"
  | "endless"
  | "misshapen"
  | "lost";

/** A registry in this process whose behaviour tests choose: reads and writes of manifests, and lists of tags. */
export class FakeRegistry {
  behaviour: Behaviour = "sound";
  /** Requests so far, as `GET okd/x manifests/tag`. */
  requests: string[] = [];
  readonly manifests = new Map<string, { type: string; text: string }>();
  private readonly server = http.createServer((request, response) => {
    this.answer(request, response).catch(() => response.destroy());
  });

  /** `host:port` that reads are sent on to. */
  elsewhere?: string;
  /** What the last request brought. */
  authorization?: string;
  /** Closes the connection of the next request on one of this kind, instead of an answer. */
  hangsUp?: "kept" | "new";
  private readonly kept = new WeakSet<Socket>();

  /** `host:port`, also of one that has stopped. */
  address = "";

  async start(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    this.address = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const kind = this.kept.has(request.socket) ? "kept" : "new";
    this.kept.add(request.socket);
    if (this.hangsUp === kind) {
      this.hangsUp = undefined;
      request.socket.destroy();
      return;
    }
    const { pathname, searchParams } = new URL(request.url!, "http://registry");
    const [, repository = "", rest = ""] = /^\/v2\/(.+)\/((?:manifests|tags|blobs)\/.+)$/.exec(pathname) ?? [];
    this.requests.push(`${request.method} ${repository} ${rest}`);
    this.authorization = request.headers.authorization;
    const body = await text(request);
    const reply = (status: number, headers: http.OutgoingHttpHeaders, content = ""): void => {
      response.writeHead(status, headers).end(request.method === "HEAD" ? "" : content);
    };
    if (pathname === "/token") {
      const good = request.headers.authorization === "Basic cm9ib3Q6c2VjcmV0" && searchParams.get("scope") === "pull";
      reply(good ? 200 : 401, {}, JSON.stringify({ token: "bought" }));
      return;
    }
    switch (this.behaviour) {
      case "hanging":
        return;
      case "failing":
        reply(500, {});
        return;
      case "babbling":
        reply(200, {}, "<html>");
        return;
      case "asks-basic":
        if (request.headers.authorization === "Basic cm9ib3Q6c2VjcmV0") break;
        reply(401, { "www-authenticate": 'Basic realm="here"' });
        return;
      case "asks-token":
        if (request.headers.authorization === "Bearer bought") break;
        reply(401, { "www-authenticate": `Bearer realm="http://${this.address}/token",service="x",scope="pull"` });
        return;
      case "asks-novelty":
        reply(401, { "www-authenticate": "Mystery" });
        return;
      case "denies":
        if (request.headers.authorization !== "Bearer bought") {
          reply(401, { "www-authenticate": `Bearer realm="http://${this.address}/token",service="x",scope="pull"` });
          return;
        }
        if (repository.startsWith("okd/")) break;
        reply(401, {}, errors("UNAUTHORIZED"));
        return;
      case "behind-a-proxy":
        reply(404, { "content-type": "text/plain" }, "404 page not found\n");
        return;
      case "endless":
        reply(
          200,
          { link: `<${pathname}?after=${this.requests.length}>; rel="next"` },
          JSON.stringify({ tags: ["a"] }),
        );
        return;
      case "misshapen":
        reply(200, {}, JSON.stringify({ tags: { a: 1 } }));
        return;
      case "lost":
        reply(200, { link: `<http://[>; rel="next"` }, JSON.stringify({ tags: ["a"] }));
        return;
      case "sound":
    }
    if (this.elsewhere !== undefined && request.method !== "PUT") {
      reply(307, { location: `http://${this.elsewhere}${request.url}` });
      return;
    }
    if (request.method === "PUT") {
      this.manifests.set(`${repository} ${rest}`, { type: request.headers["content-type"] ?? "", text: body });
      reply(201, {});
      return;
    }
    if (rest.startsWith("tags/")) {
      const prefix = `${repository} manifests/`;
      const all = [...this.manifests.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length));
      // Its own word for where the next page begins, as some registries have one.
      const cursor = Buffer.from(searchParams.get("next_page") ?? "", "base64url").toString();
      const from = all.sort().filter((tag) => tag > cursor);
      const page = from.slice(0, Math.min(Number(searchParams.get("n")), 3));
      const next = `/v2/${repository}/tags/list?n=3&next_page=${Buffer.from(page.at(-1) ?? "").toString("base64url")}`;
      const link = page.length < from.length ? { link: `<${next}>; rel="next"` } : {};
      if (all.length === 0) reply(404, {}, errors("NAME_UNKNOWN"));
      else reply(200, link, JSON.stringify({ name: repository, tags: page }));
      return;
    }
    const found = this.manifests.get(`${repository} ${rest}`);
    const digest = `sha256:${createHash("sha256")
      .update(found?.text ?? "")
      .digest("hex")}`;
    if (!found) reply(404, {}, errors("MANIFEST_UNKNOWN"));
    else reply(200, { "content-type": found.type, "docker-content-digest": digest }, found.text);
  }
}

function errors(code: string): string {
  return JSON.stringify({ errors: [{ code, message: "as it is" }] });
}

async function text(request: http.IncomingMessage): Promise<string> {
  let all = "";
  for await (const chunk of request) all += String(chunk);
  return all;
}

const EMPTY = `sha256:${createHash("sha256").update("{}").digest("hex")}`;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** Leaves a record in any registry, as a run does. @returns its digest */
export async function pushRecord(registry: string, build: Build, record: BuildRecord): Promise<string> {
  return pushManifest(registry, `okd/${STREAM.records}`, recordTag(build, record.architecture), signedRecord(record));
}

/** A record as the annotations that a run leaves. @param key the private one that signs */
export function signedRecord(record: BuildRecord, key = RECORD_KEY.privateKey): Record<string, string> {
  const text = JSON.stringify(record);
  return { [RECORD_ANNOTATION]: text, [SIGNATURE_ANNOTATION]: signRecord(text, key) };
}

/** Puts a manifest with annotations and without layers under a tag. @returns its digest */
export async function pushManifest(
  registry: string,
  repository: string,
  tag: string,
  annotations: Record<string, string>,
): Promise<string> {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: EMPTY, size: 2 },
    layers: [],
    annotations,
  });
  const url = `http://${registry}/v2/${repository}/manifests/${tag}`;
  const put = () => fetch(url, { method: "PUT", headers: { "content-type": MANIFEST }, body: manifest });
  let response = await put();
  if (response.status !== 201) {
    // A real registry wants the manifest's parts first.
    const upload = await fetch(`http://${registry}/v2/${repository}/blobs/uploads/`, { method: "POST" });
    const target = new URL(upload.headers.get("location")!, `http://${registry}`);
    target.searchParams.set("digest", EMPTY);
    await fetch(target, { method: "PUT", body: "{}", headers: { "content-type": "application/octet-stream" } });
    response = await put();
  }
  if (response.status !== 201) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
}
