import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import type { KubeObject } from "../../../components/kubernetes/client";

/** As much of an API server as ConfigMaps need, on loopback. */
export class FakeApiServer {
  /** By path. */
  readonly objects = new Map<string, KubeObject>();
  /** `METHOD path?query` of every request, discovery left out. */
  readonly requests: string[] = [];
  /** Holds a deleted object back until it is taken out of `objects`. */
  finalizers = false;
  private readonly server: Server = createServer((request, response) => {
    this.answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  private uids = 0;

  async start(): Promise<KubeConfig> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const config = new KubeConfig();
    const server = `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
    config.loadFromClusterAndUser({ name: "fake", server, skipTLSVerify: true }, { name: "somebody" });
    return config;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams, search } = new URL(request.url ?? "", "http://fake");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}") as KubeObject;
    const send = (status: number, answer: unknown) => response.writeHead(status).end(JSON.stringify(answer));
    const refuse = (status: number, reason: string, message: string) =>
      send(status, { kind: "Status", reason, message });
    if (pathname === "/version") return void send(200, { gitVersion: "v1.35.4" });
    if (pathname === "/api/v1") {
      return void send(200, { resources: [{ name: "configmaps", kind: "ConfigMap", namespaced: true }] });
    }
    this.requests.push(`${request.method ?? ""} ${pathname}${search}`);
    const path = request.method === "POST" ? `${pathname}/${body.metadata.name ?? ""}` : pathname;
    const present = this.objects.get(path);
    const keep = (object: KubeObject, status: number) => {
      const uid: unknown = present?.metadata.uid ?? `uid-${String(++this.uids)}`;
      const kept = { ...object, metadata: { ...object.metadata, uid } };
      if (!searchParams.has("dryRun")) this.objects.set(path, kept);
      send(status, kept);
    };
    switch (request.method) {
      case "GET":
        return void (present ? send(200, present) : refuse(404, "NotFound", "not found"));
      case "POST":
        if (present) return void refuse(409, "AlreadyExists", "already exists");
        return void keep(body, 201);
      case "PATCH":
        if (body.metadata.uid && body.metadata.uid !== present?.metadata.uid) {
          return void refuse(409, "Conflict", "uid mismatch: the provided object specified another uid");
        }
        return void keep({ ...present, ...body }, present ? 200 : 201);
      default:
        if (!present) return void refuse(404, "NotFound", "not found");
        if (this.finalizers)
          this.objects.set(path, { ...present, metadata: { ...present.metadata, finalizers: ["a/b"] } });
        else this.objects.delete(path);
        return void send(200, present);
    }
  }
}
