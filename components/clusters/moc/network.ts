import { FloatingIp, type FloatingIpArgs } from "@pulumi/openstack/networking/floatingIp";
import { Network, type NetworkArgs } from "@pulumi/openstack/networking/network";
import { Port, type PortArgs } from "@pulumi/openstack/networking/port";
import { PortForwardingV2, type PortForwardingV2Args } from "@pulumi/openstack/networking/portForwardingV2";
import { Router, type RouterArgs } from "@pulumi/openstack/networking/router";
import { RouterInterface } from "@pulumi/openstack/networking/routerInterface";
import { Subnet, type SubnetArgs } from "@pulumi/openstack/networking/subnet";
import { Provider } from "@pulumi/openstack/provider";
import * as pulumi from "@pulumi/pulumi";
import { description, markedName } from "../../openstack/marks";
import type { VirtualAddresses } from "./install-config";
import { gatewayOf, parseRange, formatAddress } from "./ipv4";

export interface NodeNetworkArgs {
  /** Name of the stack, by which everything is known again. */
  stack: string;
  /** Name of the cloud in clouds.yaml. @default the OS_… variables */
  cloud?: string;
  /** Network of the nodes, as `192.168.20.0/24`. */
  cidr: string;
  /** Id of a network that exists: none is made. */
  existing?: string;
  /** Addresses that nodes get, as `192.168.20.10-192.168.20.99`. */
  allocationPool?: string;
  /** @default the first address of the network */
  gateway?: string;
  nameservers: string[];
  /** Ids of networks that exist and that nodes are in too, by tags on the same card. @default none */
  tagged?: string[];
  /** Bytes of the largest packet. @default 1500 in a network that is made, its own in one that exists */
  mtu?: number;
  /** Name of the network through which nodes reach the world and are reached. @default no floating addresses */
  external?: string;
  /** Id of that network. */
  externalId?: pulumi.Input<string>;
  /** Id of the subnet of a network that exists. */
  subnetId?: pulumi.Input<string>;
  /** Id of a router that exists. @default one is made */
  router?: string;
  /** Addresses that no node has: they are kept from being given to anybody. @default none */
  virtualAddresses?: VirtualAddresses;
}

/** Where some ports of an address lead. */
export interface Way {
  /** Numbers of TCP ports, the same on both sides. */
  numbers: number[];
  /** Id of the port of Neutron's. */
  port: pulumi.Input<string>;
  /** The address of it. */
  address: pulumi.Input<string>;
}

/** The network that the nodes are attached to. */
export class NodeNetwork extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** Ports of the virtual addresses, by their names. */
  readonly ports: Partial<Record<keyof VirtualAddresses, Port>>;
  /** What has to be there before a node gets an address. */
  readonly subnets: pulumi.Resource[];
  /** What has to be there before a floating address leads anywhere. */
  private readonly way: pulumi.Resource[];
  private readonly child: pulumi.CustomResourceOptions;

  constructor(
    private readonly name: string,
    private readonly args: NodeNetworkArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("okd-streams:clusters:NodeNetwork", name, {}, opts);
    const { cloud, existing, external, router } = args;
    const virtualAddresses: Partial<VirtualAddresses> = args.virtualAddresses ?? {};
    // Where nothing of OpenStack's is made by Pulumi's plugin, it is not needed.
    const plugin = !existing || external || args.virtualAddresses;
    const provider = plugin && new Provider(name, { cloud }, { parent: this });
    const child = { parent: this, ...(provider && { provider }) };
    this.child = child;
    const network = existing ? undefined : new Network(name, renderNetwork(args), child);
    this.id = network?.id ?? pulumi.output(existing!);
    const subnet = network && new Subnet(name, { ...renderSubnet(args), networkId: network.id }, child);
    this.subnets = subnet ? [subnet] : [];
    this.way = [];
    if (subnet) {
      const routerId = router ?? new Router(name, renderRouter(args), child).id;
      this.way.push(new RouterInterface(name, { routerId, subnetId: subnet.id }, child));
    }
    this.ports = Object.fromEntries(
      Object.entries(virtualAddresses).map(([role, address]) => [
        role,
        new Port(
          `${name}-${role}`,
          { ...renderPort(args, role, address, subnet?.id ?? args.subnetId!), networkId: this.id },
          child,
        ),
      ]),
    );
    this.registerOutputs({ id: this.id });
  }

  /** An address by which the world reaches a port; undefined where there is no external network. */
  floatingAddress(role: string, port: pulumi.Input<string>): FloatingIp | undefined {
    const { external } = this.args;
    if (!external) return undefined;
    const args = { ...renderFloatingIp(this.args, role, external), portId: port };
    return new FloatingIp(`${this.name}-${role}`, args, { ...this.child, dependsOn: this.way });
  }

  /** One address whose ports lead to several of the network; undefined where there is no external network. */
  sharedAddress(role: string, ways: Way[]): FloatingIp | undefined {
    const { external } = this.args;
    if (!external) return undefined;
    const opts = { ...this.child, dependsOn: this.way };
    const shared = new FloatingIp(`${this.name}-${role}`, renderFloatingIp(this.args, role, external), opts);
    for (const way of ways) {
      for (const number of way.numbers) {
        const args = { ...renderForwarding(this.args, role, way, number), floatingipId: shared.id };
        new PortForwardingV2(`${this.name}-${role}-${String(number)}`, args, opts);
      }
    }
    return shared;
  }
}

type Marked = Pick<NodeNetworkArgs, "stack">;

/** Name and description by which something of OpenStack's is known again. */
function marked({ stack }: Marked, name: string): { name: string; description: string } {
  return { name: markedName({ stack, name }), description: description({ stack, name }) };
}

/** What every switch and card takes; sites have larger ones by default, which do not fit everywhere. */
export const MTU = 1500;

export function renderNetwork(args: NodeNetworkArgs): NetworkArgs {
  return { ...marked(args, "network"), adminStateUp: true, mtu: args.mtu ?? MTU };
}

export function renderSubnet(args: NodeNetworkArgs): Omit<SubnetArgs, "networkId"> {
  const pool = parseRange(args.allocationPool!)!;
  return {
    ...marked(args, "subnet"),
    ipVersion: 4,
    cidr: args.cidr,
    gatewayIp: gatewayOf(args),
    allocationPools: [{ start: formatAddress(pool.first), end: formatAddress(pool.last) }],
    dnsNameservers: args.nameservers,
  };
}

export function renderRouter(args: NodeNetworkArgs): RouterArgs {
  return { ...marked(args, "router"), adminStateUp: true, externalNetworkId: args.externalId };
}

/** Without an owner: a tenant may not delete a port whose owner is `baremetal:…`, as the virtual addresses of others have. */
export function renderPort(
  args: Marked,
  role: string,
  ipAddress: string,
  subnetId: pulumi.Input<string>,
): Omit<PortArgs, "networkId"> {
  return { ...marked(args, role), fixedIps: [{ subnetId, ipAddress }] };
}

export function renderFloatingIp({ stack }: Marked, role: string, pool: string): FloatingIpArgs {
  return { description: description({ stack, name: role }), pool };
}

export function renderForwarding(
  { stack }: Marked,
  role: string,
  { port, address }: Way,
  number: number,
): Omit<PortForwardingV2Args, "floatingipId"> {
  return {
    description: description({ stack, name: role }),
    ...{ protocol: "tcp", externalPort: number, internalPort: number },
    ...{ internalPortId: port, internalIpAddress: address },
  };
}
