import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pushManifest } from "../../unit/gate/fake-registry";

interface Answer {
  continue: boolean;
  status: { code: number };
  extensions?: { multiarch: Record<"name" | "tag" | "architectures" | "sources", string> };
}

/** As in google.rpc.Code. */
const UNAVAILABLE = 14;

/**
 * Stands for Tekton: hands events to one of the gates as an EventListener does (a failed call is never repeated), creates
 * runs by fixed names, and composes what they say. It keeps only what a cluster would.
 */
export class Listener {
  /** Ports of the gate's replicas. */
  gates: number[] = [];
  /** Runs that exist: a name is there once. */
  readonly runs = new Set<string>();
  /** Every composition that really began, by its run's name. */
  readonly composed: string[] = [];
  /** Runs whose creation is to fail once, as where the winner is killed before. */
  readonly failing = new Set<string>();
  /** Events that nobody answered. */
  lost = 0;
  /** Events whose answer was that the registry cannot be asked. */
  unavailable = 0;
  private readonly working: Promise<unknown>[] = [];
  private port = 0;
  private server?: Server;

  /** @param architectures what every composition has to name */
  constructor(
    private readonly registry: string,
    private readonly architectures: readonly string[],
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Listens, after a stop at the same port again. */
  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        response.writeHead(202).end("{}");
        const headers = Object.entries(request.headers).map(([name, value]) => [name, [value]]);
        this.working.push(this.deliver(body, Object.fromEntries(headers) as Record<string, string[]>));
      });
    });
    await new Promise<void>((done) => this.server!.listen(this.port, "127.0.0.1", done));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const { server } = this;
    const stopped = new Promise((done) => server?.close(done));
    server?.closeAllConnections();
    await stopped;
  }

  /** All that goes on is over, what it began too. */
  async idle(): Promise<void> {
    while (this.working.length > 0) await Promise.all(this.working.splice(0));
  }

  private async deliver(body: string, header: Record<string, string[]>): Promise<void> {
    const answer = await this.ask(
      JSON.stringify({ body, header, extensions: {}, interceptor_params: {}, context: {} }),
    );
    if (answer?.status.code === UNAVAILABLE) this.unavailable += 1;
    if (!answer?.continue) return;
    const { name, tag, architectures, sources } = answer.extensions!.multiarch;
    if (this.failing.delete(name) || this.runs.has(name)) return;
    this.runs.add(name);
    this.composed.push(name);
    assert.equal(architectures, this.architectures.join(" "));
    assert.equal(sources.split(" ").length, 3 * this.architectures.length);
    await pushManifest(this.registry, "okd/stream-coreos", tag, {});
  }

  private async ask(request: string): Promise<Answer | undefined> {
    const port = this.gates[Math.floor(Math.random() * this.gates.length)];
    try {
      const response = await fetch(`http://127.0.0.1:${port}/complete`, { method: "POST", body: request });
      return (await response.json()) as Answer;
    } catch {
      this.lost += 1; // the gate is down: Triggers logs it and forgets the event
      return undefined;
    }
  }
}
