import type { HostLook } from "./assisted-service";
import type { LayoutNode } from "./layout";

/** A node that installs itself from an ISO. */
export interface InstallationHost extends LayoutNode {
  /** Uuid of the node. */
  node: string;
  /** Of the network card that is connected. */
  macAddress: string;
}

/** Which of the service's hosts a node is: by its card, as its name is set when it has registered already. */
export function hostOf({ name, macAddress }: InstallationHost, hosts: HostLook[]): HostLook | undefined {
  const card = macAddress.toLowerCase();
  return hosts.find((it) => it.macAddresses.includes(card)) ?? hosts.find((it) => firstLabel(it.hostname) === name);
}

/** Whether a node has joined and is ready; undefined where it has not joined. */
export function nodeOf({ name }: InstallationHost, nodes: Map<string, boolean>): boolean | undefined {
  const found = [...nodes].find(([it]) => firstLabel(it) === name);
  return found?.[1];
}

function firstLabel(hostname: string): string {
  return hostname.split(".")[0]!;
}
