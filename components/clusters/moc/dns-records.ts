import type { Input } from "@pulumi/pulumi";

export interface DnsRecord {
  name: string;
  address: Input<string>;
}

export interface DnsArgs {
  /** `<cluster>.<base domain>` */
  domain: string;
  /** As the nodes reach them. */
  inside: { api: Input<string>; ingress: Input<string> };
  /** As the world reaches them. @default as the nodes do */
  outside?: { api: Input<string>; ingress: Input<string> };
}

/** The records that the cluster's user makes: nobody else owns the domain. */
export function renderDnsRecords({ domain, inside, outside = inside }: DnsArgs): DnsRecord[] {
  return [
    { name: `api.${domain}`, address: outside.api },
    { name: `api-int.${domain}`, address: inside.api },
    { name: `*.apps.${domain}`, address: outside.ingress },
  ];
}
