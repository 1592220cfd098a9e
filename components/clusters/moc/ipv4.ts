/** An IPv4 network in CIDR notation. */
export interface Network {
  /** First and last address as numbers. */
  first: number;
  last: number;
  prefixLength: number;
}

/** @returns the address as a number, undefined for what is none */
export function parseAddress(text: string): number | undefined {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!bytes || bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

export function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** @returns undefined for what is no network, one whose address has bits beyond its prefix among them */
export function parseNetwork(text: string): Network | undefined {
  const [, address = "", prefix] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  const first = parseAddress(address);
  const prefixLength = Number(prefix);
  if (first === undefined || prefixLength > 32) return undefined;
  const size = 2 ** (32 - prefixLength);
  return first % size === 0 ? { first, last: first + size - 1, prefixLength } : undefined;
}

/** A range of addresses, as `192.0.2.10-192.0.2.99`. @returns undefined for what is none */
export function parseRange(text: string): Pick<Network, "first" | "last"> | undefined {
  const [first, last, ...more] = text.split("-").map(parseAddress);
  if (first === undefined || last === undefined || more.length > 0 || first > last) return undefined;
  return { first, last };
}

type Range = Pick<Network, "first" | "last">;

export function contains(outer: Range, inner: Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlap(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The router's address in a network: by default the first, as Neutron has it. */
export function gatewayOf({ cidr, gateway }: { cidr: string; gateway?: string }): string {
  return gateway ?? formatAddress(parseNetwork(cidr)!.first + 1);
}
