import type { Server } from "node:http";
import { logJson } from "./events/log";

/** What serves, once it has begun. */
export interface Serving {
  /** What the log says of its begin. */
  started: { message: string; [field: string]: unknown };
  /** Lets it end when what is under way has been answered. */
  end: () => void;
}

/** A program that serves until it is told to end. What keeps it from beginning is the last word of its log, and its exit code. */
export function serve(begin: () => Promise<Serving>): void {
  begin()
    .then(({ started, end }) => {
      logJson("info", { event: "started", ...started });
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, end);
    })
    .catch((error: unknown) => {
      logJson("error", { event: "failure", message: (error as Error).message });
      process.exitCode = 1;
    });
}

/** Takes no more, and keeps no connection open that nothing comes on. */
export function ending(server: Server): () => void {
  return () => {
    server.close();
    server.closeIdleConnections();
  };
}
