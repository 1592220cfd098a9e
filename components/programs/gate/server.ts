import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { Gate } from "./gate";
import { FAILED, Interceptor, type Judgement, OVERSIZED } from "./interceptor";
import { readKeys } from "../events/keys";
import type { Log } from "../events/log";
import { createMetrics } from "./metrics";
import { Reconciler } from "./reconcile";
import { RegistryClient } from "./registry";
import type { Settings } from "./settings";
import { builds } from "./table";

/** A request of Triggers holds an event as a JSON string, where a byte may take six, beside its headers. */
const REQUEST_LIMIT = 512 * 1024;

/** How long keys and certificates of mounted Secrets are held before they are read again. */
const SECRETS_MS = 10_000;

/** Longer than Triggers' client keeps a connection, so that it never writes to one that is being closed. */
const KEEP_ALIVE_MS = 120_000;

export interface RunningServer {
  /** Port of the interceptor. */
  port: number;
  /** Port of health, readiness, metrics and table. */
  statusPort: number;
  reconciler: Reconciler;
  /** Takes no more requests, answers those it has, and ends. */
  stop(): Promise<void>;
}

/**
 * Starts the gate: the interceptor on one port, its state on another.
 *
 * - `POST /signature`: whether an event is signed by this stack
 * - `POST /complete`: the same, and whether its build is complete
 * - `GET /health`, `/ready`, `/metrics`, `/builds`
 */
export async function startServer(settings: Settings, log: Log): Promise<RunningServer> {
  const warn = (message: string): void => {
    log("warn", { event: "registry", message });
  };
  const registry = new RegistryClient({ ...settings.registry, warn });
  const recordKeys = settings.recordKeys.map(({ file, architectures }) => ({
    architectures,
    keys: readAgain(() => readKeys(file)),
  }));
  const gate = new Gate(settings, registry, (architecture) =>
    recordKeys.flatMap(({ architectures, keys }) => (architectures.includes(architecture) ? keys() : [])),
  );
  const keys = readAgain(() => readKeys(settings.keys));
  const metrics = createMetrics();
  for (const { stream, version, intervalSeconds } of settings.streams) {
    if (intervalSeconds === undefined) continue;
    metrics.interval.set({ stream, version }, intervalSeconds);
    // Until one is seen there was none: what waits for it has to count.
    metrics.lastSuccess.set({ stream, version }, 0);
  }
  const otherKeys = readAgain(() => settings.otherKeys.flatMap(readKeys));
  const interceptor = new Interceptor(gate, keys, otherKeys);
  const reconciler = new Reconciler({ settings, gate, registry, keys, metrics, log });
  const stopping = new AbortController();

  const judge = async (path: string, text: string | undefined): Promise<Judgement> => {
    if (text === undefined) return OVERSIZED;
    try {
      return path === "/complete" ? await interceptor.complete(text) : interceptor.signature(text);
    } catch (error) {
      log("error", { event: "failure", message: (error as Error).message });
      return FAILED;
    }
  };
  const intercept = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    if (request.method !== "POST" || !["/signature", "/complete"].includes(request.url ?? "")) {
      reply(response, 404, { error: "POST /signature or /complete" });
      return;
    }
    const stopTimer = metrics.seconds.startTimer();
    const text = await readLimited(request);
    const { outcome, answer } = await judge(request.url!, text);
    stopTimer();
    metrics.judgements.inc({ outcome });
    log(answer.continue ? "info" : LEVELS[outcome], { event: "judgement", outcome, message: answer.status.message });
    if (text === undefined || stopping.signal.aborted) response.setHeader("connection", "close");
    reply(response, 200, answer);
  };
  const status = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    switch (request.url) {
      case "/health":
        reply(response, 200, { status: "ok" });
        return;
      case "/ready": {
        const ready = keys().length > 0;
        reply(response, ready ? 200 : 503, { status: ready ? "ok" : "it has no key" });
        return;
      }
      case "/metrics":
        response.setHeader("content-type", metrics.registry.contentType);
        response.end(await metrics.registry.metrics());
        return;
      case "/builds":
        builds(response, reconciler, settings.streams);
        return;
      default:
        reply(response, 404, { error: "GET /health, /ready, /metrics or /builds" });
    }
  };

  const guarded =
    (handle: typeof intercept): http.RequestListener =>
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        log("error", { event: "failure", message: (error as Error).message });
        response.destroy();
      });
    };
  const { tls } = settings;
  const server = tls ? createTlsServer(tls, guarded(intercept), log) : http.createServer(guarded(intercept));
  const statusServer = http.createServer(guarded(status));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1_000;
  await Promise.all([listen(server, settings.port), listen(statusServer, settings.statusPort)]);
  const reconciling = reconciler.run(stopping.signal);

  return {
    port: (server.address() as AddressInfo).port,
    statusPort: (statusServer.address() as AddressInfo).port,
    reconciler,
    async stop() {
      stopping.abort();
      await Promise.all([close(server), close(statusServer), reconciling]);
    },
  };
}

/** What is told as a warning: somebody should look; the others happen to every build. */
const LEVELS: Record<Judgement["outcome"], "info" | "warn" | "error"> = {
  verified: "info",
  compose: "info",
  incomplete: "info",
  composed: "info",
  expired: "warn",
  "unsigned-record": "warn",
  conflicting: "warn",
  "unknown-architecture": "warn",
  foreign: "warn",
  unsigned: "warn",
  "wrongly-signed": "warn",
  "outside-window": "warn",
  oversized: "warn",
  invalid: "warn",
  "unknown-type": "warn",
  "other-type": "info",
  unavailable: "warn",
  failed: "error",
};

/** Renews its certificate when the mounted Secret changes: connections that stand go on. */
function createTlsServer(
  { certificate, key }: NonNullable<Settings["tls"]>,
  listener: http.RequestListener,
  log: Log,
): https.Server {
  const read = () => ({ cert: readFileSync(certificate), key: readFileSync(key) });
  let current = read();
  const server = https.createServer({ ...current, minVersion: "TLSv1.2" }, listener);
  const renewal = setInterval(() => {
    try {
      const found = read();
      if (found.cert.equals(current.cert)) return;
      server.setSecureContext({ ...found, minVersion: "TLSv1.2" });
      current = found;
    } catch (error) {
      log("error", { event: "certificate", message: (error as Error).message });
    }
  }, SECRETS_MS);
  renewal.unref();
  return server;
}

function readAgain<T>(read: () => T): () => T {
  let value = read();
  let until = Date.now() + SECRETS_MS;
  return () => {
    if (Date.now() > until) {
      value = read();
      until = Date.now() + SECRETS_MS;
    }
    return value;
  };
}

/** The body as text; nothing where it is too large. */
async function readLimited(request: http.IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REQUEST_LIMIT) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function reply(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function listen(server: http.Server, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, () => {
      done();
    });
  });
}

function close(server: http.Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => {
      done();
    });
    server.closeIdleConnections();
  });
}
