import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { UserError } from "../../errors";

export type Protocol = "TCP" | "UDP";

/** What trying a port shows: `untried`, where this user may not even try, as with those below 1024. */
export type PortState = "free" | "in use" | "untried";

/** Whether something on this machine listens on the port of 127.0.0.1. */
export function tryPort(port: number, protocol: Protocol = "TCP"): Promise<PortState> {
  return new Promise((resolve) => {
    const listener = protocol === "TCP" ? createServer() : createSocket("udp4");
    listener.once("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(code === "EADDRINUSE" ? "in use" : "untried");
    });
    listener.once("listening", () => {
      listener.close(() => {
        resolve("free");
      });
    });
    if ("listen" in listener) listener.listen(port, "127.0.0.1");
    else listener.bind(port, "127.0.0.1");
  });
}

/** @throws UserError that names the port and the configuration's key when something listens there */
export async function requireFreePort(port: number, key: string, protocol: Protocol = "TCP"): Promise<void> {
  // What cannot be tried is for the container engine, which may have the right.
  if ((await tryPort(port, protocol)) !== "in use") return;
  throw new UserError(
    `Port ${String(port)} of this machine (${key}) is in use: end what listens there, or set ${key} to a free port.`,
  );
}
