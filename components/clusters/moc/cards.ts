import { UserError } from "../../errors";
import type { NodePort } from "../../openstack/lease-provider";

/**
 * The card of a node that is connected.
 *
 * @param wanted names, MAC addresses and names of physical networks
 * @returns its uuid
 * @throws UserError that names the cards it has
 */
export function cardOf(node: string, ports: NodePort[], wanted: string[]): string {
  const names = wanted.map((it) => it.toLowerCase());
  const namesOf = ({ name, address, physicalNetwork }: NodePort) =>
    [name, address, physicalNetwork].filter((it) => it !== undefined).map((it) => it.toLowerCase());
  const found = ports.find((port) => namesOf(port).some((it) => names.includes(it)));
  if (found) return found.uuid;
  const there = ports.map((port) => namesOf(port).join(" at ")).join(", ") || "none";
  throw new UserError(`cluster.nodes.cards: ${node} has no card that is ${wanted.join(" or ")}, it has ${there}.`);
}
