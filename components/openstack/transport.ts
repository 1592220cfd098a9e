import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { Agent, type Dispatcher } from "undici";
import { UserError } from "../errors";
import type { Tls } from "./credentials";

/** What a connection is to trust and to show; nothing, where that is what Node does by itself. */
export function tlsOptions({ verify, ca, cert, key }: Tls): ConnectionOptions {
  return {
    ...(!verify && { rejectUnauthorized: false }),
    ...(ca && { ca: read("cacert", ca) }),
    ...(cert && { cert: read("cert", cert), key: read("key", key ?? cert) }),
  };
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new UserError(`${setting}: ${file} cannot be read: name a file with certificates in PEM's form.`, 3);
  }
}

const dispatchers = new Map<string, Dispatcher>();

/**
 * By which requests go out, one for all that are to trust and show the same; undefined for Node's own.
 *
 * @throws UserError where a file of certificates cannot be read
 */
export function dispatcherOf(tls: Tls | undefined): Dispatcher | undefined {
  if (!tls) return undefined;
  const key = JSON.stringify(tls);
  const held = dispatchers.get(key);
  if (held) return held;
  const made = new Agent({ connect: tlsOptions(tls) });
  dispatchers.set(key, made);
  return made;
}
