import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { stringify } from "yaml";

/** What the fake API server answers: a body for 200, or a status with a body. */
export type Answer = unknown;
export type Handler = (method: string, path: string, body: unknown) => Answer;

/** A refusal as Kubernetes words it. */
export class Status {
  constructor(
    readonly code: number,
    readonly reason: string,
    readonly message: string,
  ) {}
}

/** A Kubernetes API server of a few lines on the loopback interface. */
export class FakeApi {
  readonly requests: { method: string; path: string; body: unknown }[] = [];
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const method = request.method!;
      const path = decodeURIComponent(request.url!);
      this.requests.push({ method, path, body });
      const answer = this.handler(method, path, body) ?? new Status(404, "NotFound", `no ${path}`);
      response.statusCode = answer instanceof Status ? answer.code : 200;
      response.end(JSON.stringify(answer));
    });
  });

  constructor(private readonly handler: Handler) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return kubeconfigOf(`http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`);
  }

  /** Who is given the connections that are to become something else than HTTP. */
  upgrades(take: (request: http.IncomingMessage, socket: Duplex) => void): void {
    this.server.on("upgrade", take);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function kubeconfigOf(server: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "fake",
    contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
    clusters: [{ name: "fake", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "fake", user: { token: "not-a-secret" } }],
  });
}

/** Answers for the look-up of kinds: `resources("tekton.dev/v1", "Task", "PipelineRun")`. */
export function resources(groupVersion: string, ...kinds: string[]): object {
  const clusterScoped = ["Namespace", "Node", "PersistentVolume", "CustomResourceDefinition"];
  return {
    kind: "APIResourceList",
    groupVersion,
    resources: kinds.map((kind) => ({
      kind,
      name: `${kind.toLowerCase()}s`,
      namespaced: !clusterScoped.includes(kind),
    })),
  };
}
