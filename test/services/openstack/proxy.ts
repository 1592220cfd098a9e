import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Service } from "../../../components/openstack/failure";

/** A call as the proxy sees it. */
export interface Seen {
  service: Service;
  method: string;
  /** From the service's root: `/v1/leases`. */
  path: string;
  body: string;
  /** What was answered; absent while it is under way. */
  status?: number;
}

export interface Reply {
  status: number;
  body: string;
}

/** What a test does to the calls that pass. */
export interface Hooks {
  /** An answer in the service's place. */
  before?: (call: Seen) => Reply | undefined | Promise<Reply | undefined>;
  /** Another answer than the service's, which has done its work; `"lost"`: none at all. */
  after?: (call: Seen, reply: Reply) => Reply | "lost" | undefined | Promise<Reply | "lost" | undefined>;
}

const TYPES: Service[] = ["identity", "baremetal", "lease", "network", "image"];

/** Stands between a client and the real services, on loopback: Keystone's catalogue names it in their place. */
export class Proxy {
  readonly calls: Seen[] = [];
  hooks: Hooks = {};
  private readonly real = new Map<Service, string>();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly server = http.createServer((request, response) => {
    const passing = this.pass(request, response).catch(() => response.destroy());
    this.underWay.add(passing);
    void passing.finally(() => this.underWay.delete(passing));
  });

  private constructor(keystone: string) {
    this.real.set("identity", keystone.replace(/\/v3\/?$/, ""));
  }

  static async start(keystone: string): Promise<Proxy> {
    const proxy = new Proxy(keystone);
    await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** Address of Keystone behind it. */
  get authUrl(): string {
    return `${this.origin}/identity/v3`;
  }

  /** Calls that change something, but for those for a token. */
  get changes(): Seen[] {
    return this.calls.filter(isChange);
  }

  /** Until the services have done what they were asked for, whoever has ended since. @returns how many calls were under way */
  async settled(): Promise<number> {
    const calls = [...this.underWay];
    await Promise.all(calls);
    return calls.length;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private get origin(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  private async pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const [, type, path] = /^\/([a-z]+)(\/.*)$/.exec(request.url ?? "") ?? [];
    const service = TYPES.find((it) => it === type);
    const base = service && this.real.get(service);
    if (!service || !base || !path) throw new Error(`no service for ${request.url ?? ""}`);
    const body = await textOf(request);
    const call: Seen = { service, method: request.method ?? "", path, body: body.toString() };
    this.calls.push(call);
    const own = await this.hooks.before?.(call);
    const { reply, headers } = own ? { reply: own, headers: {} } : await this.forward(base, request, body, path);
    const changed = own ? undefined : await this.hooks.after?.(call, reply);
    if (changed === "lost") return void response.destroy();
    const { status, body: text } = changed ?? reply;
    call.status = status;
    response.writeHead(status, { ...headers, "content-type": "application/json", connection: "close" });
    response.end(text);
  }

  private async forward(base: string, request: http.IncomingMessage, body: Buffer, path: string) {
    const { host, connection, "content-length": length, "transfer-encoding": encoding, ...headers } = request.headers;
    const answer = await fetch(`${base}${path}`, {
      method: request.method,
      headers: headers as Record<string, string>,
      ...(body.length > 0 && { body }),
      redirect: "manual",
    });
    const token = answer.headers.get("x-subject-token");
    const text = this.rewritten(await answer.text(), Boolean(token));
    return { reply: { status: answer.status, body: text }, headers: token ? { "x-subject-token": token } : {} };
  }

  /** The catalogue in a token's answer, with this in the services' place. */
  private rewritten(text: string, isToken: boolean): string {
    if (!isToken) return text;
    const content = JSON.parse(text) as { token: { catalog?: { type: string; endpoints: { url: string }[] }[] } };
    for (const { type, endpoints } of content.token.catalog ?? []) {
      const service = TYPES.find((it) => it === type);
      if (!service) continue;
      for (const endpoint of endpoints) {
        if (service !== "identity")
          this.real.set(service, endpoint.url.replace(/\/v\d+(\.\d+)?\/?$/, "").replace(/\/$/, ""));
        endpoint.url = `${this.origin}/${service}`;
      }
    }
    return JSON.stringify(content);
  }
}

/** A question that is put as a wrong request (components/openstack/rights.ts) changes nothing. */
export function isChange({ service, method, body }: Seen): boolean {
  return method !== "GET" && service !== "identity" && !body.includes("okd-streams-asks");
}

async function textOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
