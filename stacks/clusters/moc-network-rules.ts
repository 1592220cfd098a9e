import { CLUSTER_NETWORKS } from "../../components/clusters/moc/install-config";
import {
  contains,
  gatewayOf,
  overlap,
  parseAddress,
  parseNetwork,
  parseRange,
} from "../../components/clusters/moc/ipv4";
import type { Problem } from "../configuration/rule";
import { type MocRule, rule } from "./moc-rule";

/** Networks that no host can have, and what they are for. */
const NO_HOSTS = { "each host's own use": "127.0.0.0/8", nobody: "0.0.0.0/8", multicast: "224.0.0.0/3" };

/** What Neutron takes by its own settings. */
const MOST_NAME_SERVERS = 5;

/** What keys of the network of a cluster on the MOC demand of each other. */
export const NETWORK_RULES: MocRule[] = [
  rule(function networkIsMadeOrThere({ network: { existing, allocationPool, external, router } }) {
    return existing
      ? [
          allocationPool !== undefined && {
            path: ["network", "allocationPool"],
            sentence: "is set, but a network that exists has its own: leave it out",
          },
          router !== undefined && {
            path: ["network", "router"],
            sentence: "is set, but a network that exists has its own: leave it out",
          },
        ]
      : [
          !allocationPool && {
            path: ["network", "allocationPool"],
            sentence:
              "is missing: name the addresses that nodes get, or a network that exists in cluster.network.existing",
          },
          !external && {
            path: ["network", "external"],
            sentence: "is missing: name the network through which nodes reach the world, external on the MOC",
          },
        ];
  }),

  rule(function nameServersAreTaken({ network: { nameservers, existing } }) {
    const at = (index: number) => ["network", "nameservers", index];
    return [
      existing === undefined &&
        nameservers.length > MOST_NAME_SERVERS && {
          path: ["network", "nameservers"],
          sentence: `has ${nameservers.length}, but Neutron takes ${MOST_NAME_SERVERS} for a network`,
        },
      ...nameservers.map((server, index) => {
        const first = nameservers.indexOf(server);
        return (
          first < index && {
            path: at(index),
            sentence: `is ${server} again, as in cluster.network.nameservers[${first}]: Neutron takes each once`,
          }
        );
      }),
      ...nameservers.map((server, index) => {
        const number = parseAddress(server)!;
        const inside = Object.values(NO_HOSTS).find((it) =>
          contains(parseNetwork(it)!, { first: number, last: number }),
        );
        return inside !== undefined && { path: at(index), sentence: `is ${server}, but ${inside} is for no host` };
      }),
    ];
  }),

  rule(function taggedNetworksAreOthers({ network: { tagged = [], existing } }) {
    return tagged.map((id, index) => {
      const first = tagged.indexOf(id);
      const path = ["network", "tagged", index];
      if (id === existing) return { path, sentence: `is ${id}, as cluster.network.existing, which needs no tag` };
      return first < index && { path, sentence: `is ${id} again, as in cluster.network.tagged[${first}]` };
    });
  }),

  rule(function networksDoNotOverlap({ network: { cidr } }) {
    const nodes = parseNetwork(cidr)!;
    const path = ["network", "cidr"];
    return [
      ...Object.entries(CLUSTER_NETWORKS).map(
        ([name, inside]) =>
          overlap(nodes, parseNetwork(inside)!) && {
            path,
            sentence: `is ${cidr}, which overlaps with ${name} of OKD, ${inside}: take another`,
          },
      ),
      ...Object.entries(NO_HOSTS).map(
        ([name, inside]) =>
          overlap(nodes, parseNetwork(inside)!) && {
            path,
            sentence: `is ${cidr}, but ${inside} is for ${name} and for no host: take another`,
          },
      ),
    ];
  }),

  rule(function gatewayIsNobodyElses({ network }) {
    const { cidr, gateway, allocationPool } = network;
    if (gateway === undefined) return [];
    const { first, last } = parseNetwork(cidr)!;
    const number = parseAddress(gateway)!;
    const path = ["network", "gateway"];
    const pool = allocationPool ? parseRange(allocationPool) : undefined;
    return [
      !(first < number && number < last)
        ? { path, sentence: `is ${gateway}, which is no host's address in cluster.network.cidr, ${cidr}` }
        : pool !== undefined &&
          contains(pool, { first: number, last: number }) && {
            path,
            sentence: `is ${gateway}, which is within cluster.network.allocationPool, where a node may get it: take one outside`,
          },
    ];
  }),

  rule(function gatewayOfItsOwnIsNotInThePool({ network }) {
    const { gateway, allocationPool } = network;
    if (gateway !== undefined || !allocationPool) return [];
    const number = parseAddress(gatewayOf(network))!;
    return [
      contains(parseRange(allocationPool)!, { first: number, last: number }) && {
        path: ["network", "allocationPool"],
        sentence: `is ${allocationPool}, which has the router's address in it, ${gatewayOf(network)}: begin after it, or name another cluster.network.gateway`,
      },
    ];
  }),

  rule(function namesAreFoundWithoutDns({ network: { dns }, nodes: { controlPlanes }, okd }) {
    const path = ["network", "dns"];
    return [
      dns === "hosts" &&
        (!okd || controlPlanes === 1) && {
          path,
          sentence: okd
            ? "is hosts, but a single node has no name server of its own and needs the records: leave it out, or set controlPlanes to 3"
            : "is hosts, but only OKD has names that lead to it: leave it out",
        },
    ];
  }),

  rule(function addressesThatAreSharedAreSeveral({
    network: { sharedAddress, external },
    nodes: { controlPlanes },
    okd,
  }) {
    const path = ["network", "sharedAddress"];
    if (!sharedAddress) return [];
    if (!external) return [{ path, sentence: "is true, but without cluster.network.external there is none to share" }];
    return [
      (!okd || controlPlanes === 1) && {
        path,
        sentence: "is true, but only OKD on several control planes has two addresses: leave it out",
      },
    ];
  }),

  rule(function poolLiesInTheNetwork({ network: { cidr, allocationPool }, nodes: { controlPlanes, workers } }) {
    if (!allocationPool) return [];
    const pool = parseRange(allocationPool)!;
    const network = parseNetwork(cidr)!;
    // Neutron's DHCP takes one.
    const wanted = controlPlanes + workers + 1;
    const path = ["network", "allocationPool"];
    return [
      !(network.first < pool.first && contains(network, pool) && pool.last < network.last)
        ? { path, sentence: `is ${allocationPool}, which is not within cluster.network.cidr, ${cidr}` }
        : pool.last - pool.first + 1 < wanted && {
            path,
            sentence: `has ${pool.last - pool.first + 1} addresses, but the nodes and the network's DHCP need ${wanted}`,
          },
    ];
  }),

  rule(function addressesAreFree({ network, nodes: { controlPlanes }, okd }) {
    const { api, ingress, cidr, allocationPool } = network;
    const wanted = okd !== undefined && controlPlanes > 1;
    const pool = allocationPool ? parseRange(allocationPool) : undefined;
    const { first, last } = parseNetwork(cidr)!;
    const gateway = gatewayOf(network);
    const problemOf = (key: "api" | "ingress", value: string | undefined): Problem | false => {
      const path = ["network", key];
      if (value === undefined) {
        const sentence = `is missing: name an address of ${cidr} outside the allocation pool, which moves to a node that lives`;
        return wanted && { path, sentence };
      }
      if (!wanted) {
        return { path, sentence: "is set, but only OKD on several control planes has one: leave it out" };
      }
      const number = parseAddress(value)!;
      if (!(first < number && number < last)) {
        return { path, sentence: `is ${value}, which is not within cluster.network.cidr, ${cidr}` };
      }
      if (pool && contains(pool, { first: number, last: number })) {
        return {
          path,
          sentence: `is ${value}, which is within cluster.network.allocationPool, where a node may get it: take one outside`,
        };
      }
      return value === gateway && { path, sentence: `is ${value}, which is the network's gateway` };
    };
    return [
      problemOf("api", api),
      problemOf("ingress", ingress),
      wanted && api !== undefined && api === ingress
        ? { path: ["network", "ingress"], sentence: `is ${ingress}, as cluster.network.api: they must differ` }
        : undefined,
    ];
  }),
];
