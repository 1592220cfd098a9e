import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { UserError } from "../../errors";

/** Whether nothing on this machine listens on the port of 127.0.0.1. */
export function isPortFree(port: number, protocol: "TCP" | "UDP" = "TCP"): Promise<boolean> {
  return new Promise((resolve) => {
    const listener = protocol === "TCP" ? createServer() : createSocket("udp4");
    const answer = (free: boolean) => () => {
      listener.close(() => {
        resolve(free);
      });
    };
    listener.once("error", () => {
      resolve(false);
    });
    listener.once("listening", answer(true));
    if ("listen" in listener) listener.listen(port, "127.0.0.1");
    else listener.bind(port, "127.0.0.1");
  });
}

/** @throws UserError that names the port and the configuration's key when something listens there */
export async function requireFreePort(port: number, key: string, protocol: "TCP" | "UDP" = "TCP"): Promise<void> {
  if (await isPortFree(port, protocol)) return;
  throw new UserError(
    `Port ${String(port)} of this machine (${key}) is in use: end what listens there, or set ${key} to a free port.`,
  );
}
