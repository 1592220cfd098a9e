import { createHash, createPublicKey, createVerify, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";

export interface Request {
  method: string;
  /** Path and query. */
  url: string;
  authorization?: string;
  body: Buffer;
}

type Answer = [status: number, body: unknown];

interface GithubRelease {
  id: number;
  tag_name: string;
  draft: boolean;
  assets: { id: number; name: string; size: number; state: string; digest: string }[];
  [field: string]: unknown;
}

export const GITHUB_TOKEN = "ghs_installation-token";
export const CLUSTER_TOKEN = "sha256~prow-token";

/**
 * What the release pipeline talks to, in one server: `/controller`, `/store`, `/key`, `/github`, `/cluster`, and before a real registry
 * `/v2`. It notes every request, and fails where a test tells it to.
 */
export class Outside {
  requests: Request[] = [];
  /** What was posted to `/arguments`, which is no request of the pipeline's. */
  arguments = "";
  /** A test's own answer, before any other. */
  override: (request: Request) => Answer | undefined | Promise<undefined> = () => undefined;
  /** Streams of the release controller: newest first. */
  all: Record<string, string[]> = {};
  accepted: Record<string, string[]> = {};
  /** Newest accepted release by stream. */
  latest: Record<string, { name: string; pullSpec: string; phase: string }> = {};
  /** Signatures by path below `/store/`. */
  signatures: Record<string, Buffer> = {};
  key = "";
  releases: GithubRelease[] = [];
  contents: Record<string, Buffer> = {};
  /** Tags of ImageStream `release-scos-next`. */
  tags: { name: string; from: { name: string } }[] = [];
  private ids = 0;
  private readonly server: Server;
  private readonly appKey: KeyObject;

  private constructor(
    private readonly registry: string,
    appPublicKey: string,
    private readonly address: string,
  ) {
    this.appKey = createPublicKey(appPublicKey);
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  /**
   * @param registry `host:port` of the registry that stands behind
   * @param address of this machine to listen on
   */
  static async start(registry: string, appPublicKey: string, address = "127.0.0.1"): Promise<Outside> {
    const outside = new Outside(registry, appPublicKey, address);
    await new Promise<void>((done) => outside.server.listen(0, address, done));
    return outside;
  }

  /** `host:port`, as a registry. */
  get host(): string {
    return `${this.address}:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** Requests that change something, but for tokens that come and go. */
  get changes(): string[] {
    return this.requests
      .filter(({ method, url }) => !["GET", "HEAD"].includes(method) && !/access_tokens|installation\/token/.test(url))
      .map(({ method, url }) => `${method} ${url}`);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = "", url = "" } = incoming;
    const { authorization } = incoming.headers;
    const request: Request = { method, url, authorization, body: Buffer.concat(chunks) };
    if (url === "/arguments") {
      this.arguments += request.body.toString();
      return send(response, [200, "noted"]);
    }
    this.requests.push(request);
    const answer = await this.override(request);
    if (answer) {
      send(response, answer);
    } else if (url.startsWith("/v2")) {
      await this.forward(request, incoming, response);
    } else {
      send(response, this.answer(request));
    }
  }

  private async forward(request: Request, { headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host, connection, "transfer-encoding": encoding, expect, ...rest } = headers as Record<string, string>;
    const answer = await fetch(`http://${this.registry}${request.url}`, {
      method: request.method,
      headers: rest,
      ...(request.body.length > 0 && { body: new Uint8Array(request.body) }),
    });
    const own = Object.fromEntries(answer.headers);
    if (own.location) own.location = own.location.replace(this.registry, this.host);
    response.writeHead(answer.status, own).end(Buffer.from(await answer.arrayBuffer()));
  }

  private answer(request: Request): Answer {
    const [, service = "", ...path] = request.url.split("?")[0]!.split("/");
    switch (service) {
      case "controller":
        return this.controller(path.join("/"));
      case "store": {
        const signature = this.signatures[path.join("/")];
        return signature ? [200, signature] : [404, "no such object"];
      }
      case "key":
        return [200, this.key];
      case "github":
        return this.github(request, path.join("/"));
      case "cluster":
        return this.cluster(request, path.join("/"));
      default:
        return [404, "nothing here"];
    }
  }

  private controller(path: string): Answer {
    const [, stream] = /^api\/v1\/releasestream\/([^/]+)\/latest$/.exec(path) ?? [];
    if (stream) {
      return this.latest[stream] ? [200, this.latest[stream]] : [404, "no tags exist within the release"];
    }
    const lists: Record<string, object> = {
      "api/v1/releasestreams/all": this.all,
      "api/v1/releasestreams/accepted": this.accepted,
    };
    return lists[path] ? [200, lists[path]] : [404, "404 page not found"];
  }

  private github({ method, url, authorization, body }: Request, path: string): Answer {
    if (path === "app/installations/7/access_tokens") {
      return this.signedByApp(authorization)
        ? [
            201,
            { token: GITHUB_TOKEN, permissions: (JSON.parse(body.toString()) as { permissions: object }).permissions },
          ]
        : [401, { message: "A JSON web token could not be decoded" }];
    }
    if (authorization !== `Bearer ${GITHUB_TOKEN}`) {
      return [401, { message: "Bad credentials" }];
    }
    const release = (id: string) => this.releases.find((candidate) => String(candidate.id) === id)!;
    const [, id = ""] = /releases\/(?:assets\/)?(\d+)/.exec(path) ?? [];
    const json = () => JSON.parse(body.toString()) as Partial<GithubRelease>;
    switch (`${method} ${path.replace(/\d+/g, "N").replace(/tags\/.*/, "tags/T")}`) {
      case "DELETE installation/token":
        return [204, ""];
      case "GET repos/okd-project/okd":
        return [200, { full_name: "okd-project/okd" }];
      case "GET repos/okd-project/okd/releases/tags/T": {
        const found = this.releases.find(({ draft, tag_name }) => !draft && path.endsWith(`/${tag_name}`));
        return found ? [200, found] : [404, { message: "Not Found" }];
      }
      case "GET repos/okd-project/okd/releases":
        return [200, this.releases];
      case "POST repos/okd-project/okd/releases": {
        const created = { assets: [], ...json(), id: ++this.ids } as unknown as GithubRelease;
        created.upload_url = `${this.url}/github/repos/okd-project/okd/releases/${created.id}/assets{?name,label}`;
        this.releases.push(created);
        return [201, created];
      }
      case "POST repos/okd-project/okd/releases/N/assets": {
        const name = new URL(url, this.url).searchParams.get("name")!;
        if (release(id).assets.some((asset) => asset.name === name)) {
          return [422, { message: "Validation Failed", errors: [{ code: "already_exists" }] }];
        }
        const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
        this.contents[name] = body;
        release(id).assets.push({ id: ++this.ids, name, size: body.length, state: "uploaded", digest });
        return [201, {}];
      }
      case "DELETE repos/okd-project/okd/releases/assets/N":
        for (const candidate of this.releases) {
          candidate.assets = candidate.assets.filter((asset) => String(asset.id) !== id);
        }
        return [204, ""];
      case "PATCH repos/okd-project/okd/releases/N":
        Object.assign(release(id), json(), { html_url: `https://github.example/${release(id).tag_name}` });
        return [200, release(id)];
      default:
        return [404, { message: "Not Found" }];
    }
  }

  private signedByApp(authorization = ""): boolean {
    const [header = "", payload = "", signature = ""] = authorization.replace("Bearer ", "").split(".");
    const { iss, iat, exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<
      string,
      number | string
    >;
    const now = Date.now() / 1000;
    const good = createVerify("RSA-SHA256").update(`${header}.${payload}`).verify(this.appKey, signature, "base64url");
    return good && iss === "42" && Number(iat) <= now && Number(exp) > now && Number(exp) - now <= 600;
  }

  private cluster({ method, authorization, body }: Request, path: string): Answer {
    if (authorization !== `Bearer ${CLUSTER_TOKEN}`) {
      return [401, { message: "Unauthorized" }];
    }
    switch (`${method} ${path.replace("apis/image.openshift.io/v1/namespaces/origin/", "")}`) {
      case "GET imagestreams/release-scos-next":
        return [200, { spec: { tags: this.tags } }];
      case "POST imagestreamtags":
        this.tags.push((JSON.parse(body.toString()) as { tag: Outside["tags"][number] }).tag);
        return [201, {}];
      default:
        return [403, { message: "imagestreams is forbidden" }];
    }
  }
}

function send(response: ServerResponse, [status, body]: Answer): void {
  response.writeHead(status).end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}
