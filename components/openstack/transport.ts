import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { Dispatcher } from "undici";
import { UserError } from "../errors";
import { proxyFor } from "../proxy";
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
 * `fetch` for what Node does not trust or show by itself, through the proxy that the environment names.
 *
 * @throws UserError where a file of certificates cannot be read
 */
export function fetchWith(tls: Tls): typeof fetch {
  const options = tlsOptions(tls);
  return async (input, init) => {
    // Its own fetch, as that of each Node takes agents of its own version alone.
    const { fetch: send } = await import("undici");
    const url = input instanceof Request ? input.url : String(input);
    const response = await send(url, { ...(init as object), dispatcher: await dispatcherOf(options, new URL(url)) });
    return response as unknown as Response;
  };
}

/** One for all requests that trust and show the same, and go the same way. */
async function dispatcherOf(options: ConnectionOptions, url: URL): Promise<Dispatcher> {
  const proxy = proxyFor(url);
  const key = JSON.stringify([options, proxy?.href]);
  const held = dispatchers.get(key);
  if (held) return held;
  const { Agent, ProxyAgent } = await import("undici");
  const made = proxy ? new ProxyAgent({ uri: proxy.href, requestTls: options }) : new Agent({ connect: options });
  dispatchers.set(key, made);
  return made;
}
