import { fateOf, isPatch } from "../../components/kubernetes/immutable";
import { replacingInputs } from "../../components/providers";
import type { Difference } from "./differences";
import type { PreviewResource } from "./json";

/** What a provider makes of changed fields, besides changing them: their paths. */
export interface Consequences {
  /** The resource is deleted and made anew. */
  replacedBy: string[];
  /** `up` fails: neither provider nor server does that. */
  refused: string[];
}

/** Inputs that make another resource, as the schema of OpenStack's provider (3.x) has them. */
export const OPENSTACK: Record<string, readonly string[]> = {
  FloatingIp: ["address", "dnsDomain", "dnsName", "pool", "region", "tenantId", "valueSpecs"],
  Network: ["availabilityZoneHints", "region", "tenantId", "transparentVlan", "valueSpecs"],
  Port: ["deviceId", "deviceOwner", "macAddress", "networkId", "region", "tenantId", "valueSpecs"],
  PortForwardingV2: ["floatingipId", "region"],
  Router: ["availabilityZoneHints", "distributed", "region", "tenantId", "valueSpecs"],
  RouterInterface: ["portId", "region", "routerId", "subnetId"],
  Subnet: [
    ...["cidr", "ipVersion", "ipv6AddressMode", "ipv6RaMode", "networkId"],
    ...["prefixLength", "region", "subnetpoolId", "tenantId", "valueSpecs"],
  ],
};

/** A provider that is another one replaces whatever it made. */
const PROVIDERS: Record<string, readonly string[]> = {
  "pulumi:providers:kubernetes": ["clusterIdentifier"],
  "pulumi:providers:openstack": [],
};

const DYNAMIC = "pulumi-nodejs:dynamic/okd-streams:";

/**
 * What becomes of a resource with such differences.
 * @param mutable whether the stack's Kubernetes provider changes the data of ConfigMaps, or Secrets, in place
 */
export function consequencesOf(
  { type, inputs }: Pick<PreviewResource, "type" | "inputs">,
  differences: Difference[],
  mutable: (kind: "ConfigMap" | "Secret") => boolean,
): Consequences {
  const paths = differences.map(({ path }) => path);
  if (!type.startsWith("kubernetes:")) {
    const keys = keysOf(type);
    return { replacedBy: paths.filter((path) => keys.some((key) => isBelow(path, key))), refused: [] };
  }
  const [, module = "", kind = ""] = type.split(":");
  const object = { apiVersion: module.replace(/^core\//, ""), kind, immutable: inputs.immutable };
  const fates = isPatch(type, inputs) ? [] : paths.map((path) => ({ path, fate: fateOf(object, path, mutable) }));
  const of = (wanted: string) => fates.filter(({ fate }) => fate === wanted).map(({ path }) => path);
  return { replacedBy: of("replaced"), refused: of("refused") };
}

function keysOf(type: string): readonly string[] {
  if (type.startsWith(DYNAMIC)) return replacingInputs(type.slice(DYNAMIC.length));
  if (type.startsWith("openstack:")) return OPENSTACK[type.split(":").at(-1)!] ?? [];
  return PROVIDERS[type] ?? [];
}

function isBelow(path: string, key: string): boolean {
  return path.startsWith(key) && /^$|^[.[: ]/.test(path.slice(key.length));
}
