import type { Dispatcher } from "undici";
import { UserError } from "./errors";
import { proxyFor } from "./proxy";

/**
 * `fetch` that goes through the proxy that the environment names for an address, also after a redirection. Without one it
 * is Node's own.
 */
export const proxiedFetch: typeof fetch = async (input, init) => {
  if (!["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"].some((name) => process.env[name])) {
    return fetch(input, init);
  }
  // Loaded only here; and its own fetch, as that of each Node takes agents of its own version alone.
  const undici = await import("undici");
  const url = input instanceof Request ? input.url : input;
  const response = await undici.fetch(url, { ...(init as object), dispatcher: await (router ??= makeRouter()) });
  return response as unknown as Response;
};

let router: Promise<Dispatcher> | undefined;

/** Hands each request to the agent of its own proxy. */
async function makeRouter(): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import("undici");
  const agents = new Map<string, Dispatcher>();
  const agentOf = (proxy: URL | undefined) => {
    const key = proxy?.href ?? "";
    const known = agents.get(key);
    if (known) return known;
    if (proxy && !["http:", "https:"].includes(proxy.protocol)) {
      throw new UserError(`The proxy is of kind ${proxy.protocol}//, but downloads take http:// or https:// only.`);
    }
    const made = proxy ? new ProxyAgent({ uri: proxy.href, proxyTunnel: false }) : new Agent();
    agents.set(key, made);
    return made;
  };
  return new Agent().compose(
    () => (options, handler) => agentOf(proxyFor(new URL(String(options.origin)))).dispatch(options, handler),
  );
}
