import { BlockList, isIP } from "node:net";
import { UserError } from "./errors";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a request, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY (upper or lower case), by the rules of Go programs such as
 * kubectl and Pulumi: requests to this machine are never proxied; NO_PROXY lists names (which include their subdomains), addresses
 * and address ranges, each with or without a port, or `*`.
 *
 * @returns undefined for a direct connection
 * @throws UserError for a proxy that is not a URL
 */
export function proxyFor(url: URL, variables: Variables = process.env): URL | undefined {
  const secure = ["https:", "wss:"].includes(url.protocol);
  const [name, value] = firstOf(secure ? "HTTPS_PROXY" : "HTTP_PROXY", variables);
  if (!value || isExcepted(url, firstOf("NO_PROXY", variables)[1])) return undefined;
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  } catch {
    throw new UserError(`${name} is no URL of a proxy: write http://HOST:PORT.`);
  }
}

/** The proxies that the environment names, by their variables, without credentials. */
export function namedProxies(variables: Variables = process.env): Record<string, string> {
  const proxies = ["http", "https"].flatMap((scheme) => {
    const proxy = proxyFor(new URL(`${scheme}://example.org`), { ...variables, NO_PROXY: "", no_proxy: "" });
    return proxy ? [[`${scheme.toUpperCase()}_PROXY`, `${proxy.protocol}//${proxy.host}`]] : [];
  });
  return Object.fromEntries(proxies) as Record<string, string>;
}

/** Variables that add exceptions from the proxy; none where no proxy is named. */
export function withExceptions(exceptions: string[], variables: Variables = process.env): Record<string, string> {
  if (Object.keys(namedProxies(variables)).length === 0) return {};
  const all = [firstOf("NO_PROXY", variables)[1], ...exceptions].filter(Boolean).join(",");
  return { NO_PROXY: all, no_proxy: all };
}

function firstOf(name: string, variables: Variables): [name: string, value: string] {
  const found = [name, name.toLowerCase()].find((it) => variables[it]) ?? name;
  return [found, variables[found]?.trim() ?? ""];
}

function isExcepted(url: URL, exceptions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (["https:", "wss:"].includes(url.protocol) ? "443" : "80");
  if (host === "localhost" || LOOPBACK.check(host, familyOf(host))) return true;
  return exceptions
    .split(",")
    .map((it) => it.trim().toLowerCase())
    .some((it) => it !== "" && matches(it, host, port));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

function matches(exception: string, host: string, port: string): boolean {
  if (exception === "*") return true;
  const [range, bits] = exception.split("/") as [string, string | undefined];
  if (bits !== undefined) {
    if (!isIP(range) || !isIP(host) || !/^\d{1,3}$/.test(bits) || Number(bits) > (isIP(range) === 4 ? 32 : 128))
      return false;
    const list = new BlockList();
    list.addSubnet(range, Number(bits), familyOf(range));
    return list.check(host, familyOf(host));
  }
  const { name, only } = /^(?<name>\[.*\]|[^:]*)(?::(?<only>\d+))?$/.exec(exception)?.groups ?? { name: exception };
  if (only !== undefined && only !== port) return false;
  const plain = name!.replace(/^\[|\]$/g, "").replace(/^\*(?=\.)/, "");
  return plain.startsWith(".") ? host.endsWith(plain) : host === plain || host.endsWith(`.${plain}`);
}

function familyOf(host: string): "ipv4" | "ipv6" {
  return isIP(host) === 6 ? "ipv6" : "ipv4";
}
