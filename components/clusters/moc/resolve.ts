import { Resolver, resolve4 } from "node:dns/promises";
import type { DnsRecord } from "./dns-records";

/** A record as it has to be. */
type Record = { [K in keyof DnsRecord]: string };

/** Answers that say that there is no such record. */
const ABSENT = ["ENOTFOUND", "ENODATA"];
/** Milliseconds for a name server's answer, and how often it is asked. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * What is wrong with a DNS record, by the nodes' name servers, or by this machine's where none of those can be reached from here.
 *
 * @param nameservers addresses, with a port if it is not 53
 * @returns undefined if nothing is wrong or nobody answers: no answer does not mean that the record is missing
 */
export async function wrongWith({ name, address }: Record, nameservers: string[]): Promise<string | undefined> {
  // Any name below it will do.
  const asked = name.replace(/^\*/, "console-openshift-console");
  const found = (await askThem(asked, nameservers)) ?? (await addressesOf(() => resolve4(asked)));
  if (!found || found.includes(address)) return undefined;
  return found.length === 0
    ? `${name} is not there: A ${address}`
    : `${name} leads to ${found.join(", ")} instead of ${address}`;
}

async function askThem(name: string, nameservers: string[]): Promise<string[] | undefined> {
  const resolver = new Resolver(PATIENCE);
  resolver.setServers(nameservers);
  return addressesOf(() => resolver.resolve4(name));
}

async function addressesOf(ask: () => Promise<string[]>): Promise<string[] | undefined> {
  try {
    return await ask();
  } catch (error) {
    return ABSENT.includes((error as NodeJS.ErrnoException).code ?? "") ? [] : undefined;
  }
}
