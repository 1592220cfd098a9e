import * as http from "node:http";
import { once } from "../once";
import { type Graph, graphOf } from "./graph";
import type { Channel } from "./settings";
import type { Found, Updates } from "./updates";

/** How long a look is good for: many clusters ask, and releases are rare. */
const LOOK_MS = 60_000;

/** Where signatures are, as cluster-update-keys names a store. */
export const SIGNATURES = "/signatures/openshift/release";

export interface UpdateServerArgs {
  /** 0: any that is free. */
  port: number;
  /** Address to listen on. @default all */
  host?: string;
  updates: Pick<Updates, "channels" | "look" | "signatures">;
  /** Told of what fails. */
  warn: (message: string) => void;
}

/** All that a folder of static files needs. */
export interface Everything {
  graphs: Record<string, Graph>;
  /** Digest of a release → its signatures in base 64. */
  signatures: Record<string, string[]>;
}

/**
 * Serves updates to clusters until it is closed, to whoever comes: it only reads, and nothing is secret.
 *
 * - `GET /graph?channel=NAME&arch=amd64`: the update graph of a stream of releases, as clusters ask for it
 * - `GET /signatures/openshift/release/sha256=DIGEST/signature-1`: the signature store
 * - `GET /updates.json`: all of both
 * - `GET /health`: it listens
 */
export async function startUpdateServer({ port, host, updates, warn }: UpdateServerArgs): Promise<http.Server> {
  const looks = new Map(updates.channels.map((channel) => [channel.name, once(() => updates.look(channel), LOOK_MS)]));
  const everything = async (): Promise<Everything> => {
    const found = await Promise.all([...looks].map(async ([name, look]) => [name, await look()] as const));
    const digests = new Set(found.flatMap(([, { releases }]) => releases.map(({ digest }) => digest)));
    const signed = await Promise.all(
      [...digests].sort().map(async (it) => [it, await updates.signatures(it)] as const),
    );
    return {
      graphs: Object.fromEntries(found.map(([name, it]) => [name, graph(name, it)])),
      signatures: Object.fromEntries(
        signed
          .filter(([, all]) => all.length > 0)
          .map(([digest, all]) => [digest, all.map((it) => it.toString("base64"))]),
      ),
    };
  };
  const answer = async ({ method = "", url = "" }: http.IncomingMessage, response: http.ServerResponse) => {
    response.setHeader("x-content-type-options", "nosniff");
    const { pathname, searchParams } = new URL(url, "http://updates");
    const [, digest, number] = SIGNATURE.exec(pathname) ?? [];
    if (!["GET", "HEAD"].includes(method)) {
      fail(response, 405, "method", "It only reads.");
    } else if (pathname === "/health") {
      send(response, "text/plain", "ok\n");
    } else if (digest !== undefined) {
      const signature = (await updates.signatures(`sha256:${digest}`))[Number(number) - 1];
      if (signature) send(response, "application/octet-stream", signature);
      else fail(response, 404, "no_signature", `sha256:${digest} has no signature ${number}`);
    } else if (pathname === "/updates.json") {
      send(response, "application/json", JSON.stringify(await everything()));
    } else if (pathname === "/graph") {
      const channel = searchParams.get("channel");
      const look = looks.get(channel ?? "");
      if (!channel) fail(response, 400, "missing_params", "mandatory client parameters missing: channel");
      else if (!look) fail(response, 404, "no_channel", `no channel ${channel}; there are: ${names(updates.channels)}`);
      else {
        const architecture = searchParams.get("arch") ?? undefined;
        send(response, "application/json", JSON.stringify(graph(channel, await look(), architecture)));
      }
    } else {
      fail(response, 404, "no_such_path", `GET /graph?channel=NAME, ${SIGNATURES}/…, /updates.json or /health`);
    }
  };
  const server = http.createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      warn((error as Error).message);
      // No half a graph: a cluster keeps what it was told before.
      fail(response, 503, "unavailable", "A registry does not say what it has; the log says why.");
    });
  });
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(port, host, done);
  });
  return server;
}

const SIGNATURE = new RegExp(`^${SIGNATURES}/sha256=([0-9a-f]{64})/signature-([1-9])$`);

function graph(channel: string, { releases, verdicts }: Found, architecture?: string): Graph {
  return graphOf(channel, releases, verdicts, architecture);
}

function names(channels: Channel[]): string {
  return channels.map(({ name }) => name).join(", ");
}

function send(response: http.ServerResponse, type: string, content: string | Buffer): void {
  response.setHeader("content-type", type);
  response.end(content);
}

/** As Cincinnati says it. */
function fail(response: http.ServerResponse, status: number, kind: string, value: string): void {
  response.statusCode = status;
  send(response, "application/json", `${JSON.stringify({ kind, value })}\n`);
}
