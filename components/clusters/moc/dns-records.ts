import { output, type Input, type Output } from "@pulumi/pulumi";

export interface DnsRecord {
  name: string;
  address: Input<string>;
}

/** Where API and routes of a cluster are. */
export interface Addresses {
  /** As the nodes reach them. */
  inside: Way;
  /** As the world reaches them. */
  outside: Way;
}

interface Way {
  api: Input<string>;
  ingress: Input<string>;
}

interface DnsArgs extends Pick<Addresses, "inside"> {
  /** `<cluster>.<base domain>` */
  domain: string;
  /** @default as the nodes do */
  outside?: Way;
}

/** Routes that people and clients open first. A hosts file knows no wildcards. */
const ROUTES = ["console-openshift-console", "oauth-openshift", "downloads-openshift-console"];

/** The records that the cluster's user makes: nobody else owns the domain. */
export function renderDnsRecords({ domain, inside, outside = inside }: DnsArgs): DnsRecord[] {
  return [
    { name: `api.${domain}`, address: outside.api },
    { name: `api-int.${domain}`, address: inside.api },
    { name: `*.apps.${domain}`, address: outside.ingress },
  ];
}

/** Lines for the hosts file of a machine that is to reach the cluster without DNS. */
export function renderHosts({ domain, inside, outside = inside }: DnsArgs): Output<string>[] {
  const names = ROUTES.map((route) => `${route}.apps.${domain}`).join(" ");
  return [
    output(outside.api).apply((address) => `${address} api.${domain}`),
    output(outside.ingress).apply((address) => `${address} ${names}`),
  ];
}
