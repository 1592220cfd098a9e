import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { OpenStack } from "../../../components/openstack/client";
import type { Credentials } from "../../../components/openstack/credentials";

/** What a service answers: a status with a body and headers; "hang up" ends the connection without an answer. */
export type Answer = { status: number; body?: string | object; headers?: Record<string, string> } | "hang up";

export interface Request {
  method: string;
  path: string;
  token?: string;
  headers: http.IncomingHttpHeaders;
  body: unknown;
}

/** Keystone and one service behind it in a few lines, for what real ones cannot be made to show: it answers what it is told. */
export class FakeCloud {
  readonly requests: Request[] = [];
  /** Tokens that Keystone has given. */
  tokens = 0;
  /** Seconds that they last. */
  tokenLife = 3600;
  /** What the account may do, and in which project. */
  roles = ["lessee", "manager"];
  project?: { id: string } = { id: "p1" };
  /** Projects of application credentials, by their ids. @default all are for that one */
  projects: Record<string, { id: string }> = {};
  /** Endpoints of the catalogue, by type. */
  catalogue: { type: string; endpoints: { interface: string; region: string; url: string }[] }[] = [];
  url = "";
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const token = request.headers["x-auth-token"] as string | undefined;
      const { method = "", url: path = "", headers } = request;
      const it: Request = { method, path, headers, body: text ? JSON.parse(text) : undefined };
      const answer = it.path.endsWith("/auth/tokens") ? this.keystone(it) : this.service({ ...it, token });
      if (answer === "hang up") {
        request.socket.destroy();
        return;
      }
      const { status, body = "", headers: more = {} } = answer;
      response.writeHead(status, { connection: "close", ...more });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  /** What Keystone says instead of giving a token. */
  keystoneSays?: Answer;

  constructor(
    private readonly answer: (request: Request, count: number) => Answer = () => ({ status: 200, body: {} }),
  ) {}

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
    this.catalogue = ["baremetal", "lease", "network"].map((type) => ({
      type,
      endpoints: [{ interface: "public", region: "RegionOne", url: `${this.url}/${type}` }],
    }));
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  credentials(more: Partial<Credentials> = {}): Credentials {
    return {
      name: "fake",
      authUrl: `${this.url}/v3`,
      interface: "public",
      identity: { method: "application_credential", id: "app", secret: "s3cret" },
      ...more,
    };
  }

  client(more: Partial<Credentials> = {}): OpenStack {
    return new OpenStack(this.credentials(more));
  }

  private keystone(request: Request): Answer {
    this.requests.push(request);
    if (this.keystoneSays) return this.keystoneSays;
    this.tokens++;
    const expires_at = new Date(Date.now() + this.tokenLife * 1000).toISOString();
    const roles = this.roles.map((name) => ({ name }));
    const { id = "" } =
      (request.body as { auth: { identity: { application_credential?: { id: string } } } }).auth.identity
        .application_credential ?? {};
    const token = { expires_at, project: this.projects[id] ?? this.project, roles, catalog: this.catalogue };
    return { status: 201, body: { token }, headers: { "x-subject-token": `token-${String(this.tokens)}` } };
  }

  private service(request: Request): Answer {
    this.requests.push(request);
    return this.answer(request, this.requests.filter(({ path }) => path === request.path).length);
  }
}
