import type { Input } from "@pulumi/pulumi";
import type { NodeAttachment } from "../../openstack/nodes";
import { SERVICE_PORT } from "./assisted-service";
import type { VirtualAddresses } from "./install-config";
import type { Way } from "./network";

/** What the world reaches of a cluster, and of its installation, which its first node leads. */
export function waysIn(
  ports: Record<keyof VirtualAddresses, { id: Input<string> }>,
  { api, ingress }: VirtualAddresses,
  first: NodeAttachment,
): Way[] {
  return [
    { numbers: [6443], port: ports.api.id, address: api },
    { numbers: [80, 443], port: ports.ingress.id, address: ingress },
    { numbers: [SERVICE_PORT], port: first.id, address: first.addresses.apply(([address]) => address!) },
  ];
}
