import type { Input } from "@pulumi/pulumi";
import type { LayoutNode } from "./layout";

export interface AgentConfigArgs {
  /** Name of the cluster. */
  name: string;
  /** The first is the rendezvous host, on which the installer's service runs. */
  hosts: AgentHost[];
  network: HostNetwork;
  /** The disk that OKD is written to, as `/dev/disk/by-path/…`. @default the installer chooses */
  rootDevice?: string;
  /** Time servers. @default those that the system has */
  ntp?: string[];
}

export interface AgentHost extends LayoutNode {
  /** Of the network card that is connected. */
  macAddress: Input<string>;
  /** The node's address. */
  address: Input<string>;
  /** Networks that it is in by tags on the same card. @default none */
  tagged?: TaggedNetwork[];
}

export interface TaggedNetwork {
  /** The tag. */
  vlan: Input<number>;
  /** The node's address in it. */
  address: Input<string>;
  prefixLength: Input<number>;
  mtu: Input<number>;
}

export interface HostNetwork {
  prefixLength: number;
  gateway: string;
  nameservers: string[];
  /** Bytes of the largest packet. @default 1500 */
  mtu?: number;
}

/** The installer finds the card by its MAC address and gives the connection its real name. */
const CARD = "nic0";
/** Number of the routing table that everything uses. */
const MAIN_TABLE = 254;
/** What a card has by itself. */
const USUAL_MTU = 1500;

/**
 * agent-config.yaml. Addresses are set, not asked for, so that the rendezvous host has the one that it must have even
 * where the network has no DHCP.
 */
export function renderAgentConfig({ name, hosts, network, rootDevice, ntp }: AgentConfigArgs): Record<string, unknown> {
  return {
    apiVersion: "v1beta1",
    kind: "AgentConfig",
    metadata: { name },
    rendezvousIP: hosts[0]!.address,
    ...(ntp && { additionalNTPSources: ntp }),
    hosts: hosts.map((host) => ({
      hostname: host.name,
      role: host.role,
      interfaces: [{ name: CARD, macAddress: host.macAddress }],
      ...(rootDevice && { rootDeviceHints: { deviceName: rootDevice } }),
      networkConfig: renderNetworkConfig(host, network),
    })),
  };
}

/** A host's network in nmstate's words. */
function renderNetworkConfig({ macAddress, address, tagged = [] }: AgentHost, network: HostNetwork): object {
  const { prefixLength, gateway, nameservers, mtu = USUAL_MTU } = network;
  return {
    interfaces: [
      {
        name: CARD,
        type: "ethernet",
        state: "up",
        "mac-address": macAddress,
        ...(mtu !== USUAL_MTU && { mtu }),
        ...renderAddress(address, prefixLength),
      },
      ...tagged.map(({ vlan, mtu, ...it }, index) => ({
        name: `tagged${String(index)}`,
        type: "vlan",
        state: "up",
        vlan: { "base-iface": CARD, id: vlan },
        mtu,
        ...renderAddress(it.address, it.prefixLength),
      })),
    ],
    "dns-resolver": { config: { server: nameservers } },
    routes: {
      config: [
        {
          destination: "0.0.0.0/0",
          "next-hop-address": gateway,
          "next-hop-interface": CARD,
          "table-id": MAIN_TABLE,
        },
      ],
    },
  };
}

function renderAddress(ip: Input<string>, prefixLength: Input<number>): object {
  return {
    ipv4: { enabled: true, dhcp: false, address: [{ ip, "prefix-length": prefixLength }] },
    ipv6: { enabled: false },
  };
}
