import type { NodeAttachment } from "../../openstack/nodes";
import type { TaggedNetwork } from "./agent-config";

/** One of the networks that a node is in by tags, in their order. */
export function taggedOf({ trunk }: NodeAttachment, index: number): TaggedNetwork {
  const it = trunk.apply((made) => made!.networks[index]!);
  return {
    vlan: it.apply(({ vlan }) => vlan),
    address: it.apply(({ address }) => address),
    prefixLength: it.apply(({ prefixLength }) => prefixLength),
    mtu: it.apply(({ mtu }) => mtu),
  };
}
