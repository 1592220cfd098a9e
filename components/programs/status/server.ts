import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "../once";
import type { Status } from "./model";
import { CONTENT_SECURITY_POLICY, renderStatusPage } from "./page";

/** How long a look is good for: many who watch are one who asks. */
const LOOK_MS = 10_000;

export interface StatusServerArgs {
  /** 0: any that is free. */
  port: number;
  /** Address to listen on. @default all */
  host?: string;
  /** Reads everything; what cannot be read is a part of the answer. */
  look: () => Promise<Status>;
  /** Told of what fails all the same. */
  warn: (message: string) => void;
}

/**
 * Serves a stack's status until it is closed, to whoever comes: it only reads.
 *
 * - `GET /`: the page
 * - `GET /status.json`: the same as data
 * - `GET /health`: it listens
 */
export async function startStatusServer({ port, host, look, warn }: StatusServerArgs): Promise<http.Server> {
  const looked = once(look, LOOK_MS);
  const answer = async ({ method = "", url = "", headers }: http.IncomingMessage, response: http.ServerResponse) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const { pathname } = new URL(url, "http://status");
    // A page of somebody else's, under a name that leads to this machine, reads nothing here.
    if (host !== undefined && headers.host !== `${host}:${(server.address() as AddressInfo).port}`) {
      text(response, 421, "This is another's page.");
    } else if (!["GET", "HEAD"].includes(method)) {
      text(response, 405, "It only reads.");
    } else if (pathname === "/health") {
      text(response, 200, "ok");
    } else if (pathname === "/") {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(renderStatusPage(await looked()));
    } else if (pathname === "/status.json") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(await looked()));
    } else {
      text(response, 404, "GET /, /status.json or /health");
    }
  };
  const server = http.createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      warn((error as Error).message);
      text(response, 500, "The status cannot be read; the log says why.");
    });
  });
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(port, host, done);
  });
  return server;
}

const HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

function text(response: http.ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${sentence}\n`);
}
