import { CLUSTER_NETWORKS } from "../../components/clusters/moc/install-config";
import {
  contains,
  gatewayOf,
  overlap,
  parseAddress,
  parseNetwork,
  parseRange,
} from "../../components/clusters/moc/ipv4";
import type { MocSettings } from "../../components/clusters/moc/schema";
import type { Problem, Rule } from "../configuration/rule";
import type { StackSettings } from "./cluster-kind";

type MocRule = Rule<[cluster: MocSettings, stack: StackSettings]>;

/** A rule whose paths begin below `cluster`. */
const rule =
  (find: MocRule): MocRule =>
  (cluster, stack) =>
    find(cluster, stack).map((problem) => !!problem && { ...problem, path: ["cluster", ...problem.path] });

/** The first version whose boot images are CentOS Stream CoreOS: older ones cannot be installed from an ISO of it. */
const OLDEST_OKD = "4.19";

/** What keys of a cluster on the MOC demand of each other. */
export const MOC_RULES: MocRule[] = [
  function stateIsKeptElsewhere(_cluster, { backend, confirmLocalBackend }) {
    return [
      /^(local|file:)/.test(backend) &&
        !confirmLocalBackend && {
          path: ["backend"],
          sentence:
            "is a local folder, but others must find the state of a cluster on the MOC: name a shared backend, or set confirmLocalBackend to true",
        },
    ];
  },

  rule(function claimsHaveAnEnd({ lifetime, nodes: { leases } }) {
    return [
      !lifetime &&
        !leases && {
          path: ["lifetime"],
          sentence:
            "is missing: claimed nodes are wiped at the end of their lease, which nobody but an administrator can extend, so say for how long (8h, 2d), or name leases that you were granted in cluster.nodes.leases",
        },
      lifetime !== undefined &&
        leases && {
          path: ["lifetime"],
          sentence: "is set, but the leases of cluster.nodes.leases have their ends already: leave it out",
        },
    ];
  }),

  rule(function layoutsAreInstallable({ nodes: { controlPlanes, workers, leases, resourceClass, properties } }) {
    const count = controlPlanes + workers;
    return [
      controlPlanes === 2 && {
        path: ["nodes", "controlPlanes"],
        sentence: "is 2, which is lost with the first node: it must be 1, or 3 to 5",
      },
      controlPlanes === 1 &&
        workers > 0 && {
          path: ["nodes", "workers"],
          sentence: `is ${workers}, but the installer takes a single control plane alone: set it to 0, or controlPlanes to 3`,
        },
      leases &&
        leases.length !== count && {
          path: ["nodes", "leases"],
          sentence: `has ${leases.length}, but ${count} nodes are asked for: one lease for each, control planes first`,
        },
      ...(leases ?? []).map((lease, index) => {
        const first = leases!.indexOf(lease);
        return (
          first < index && {
            path: ["nodes", "leases", index],
            sentence: `is ${lease} again, as in cluster.nodes.leases[${first}]`,
          }
        );
      }),
      leases &&
        (resourceClass !== undefined || properties.length > 0) && {
          path: ["nodes", resourceClass !== undefined ? "resourceClass" : "properties"],
          sentence: "is set, but leases that you were granted have their nodes already: leave it out",
        },
    ];
  }),

  rule(function ownNodesAreOfAllNodes({ nodes: { controlPlanes, workers, leases, own, resourceClass, properties } }) {
    if (!own) return [];
    const count = controlPlanes + workers;
    const other = leases ? "leases" : resourceClass !== undefined ? "resourceClass" : "properties";
    return [
      own.length !== count && {
        path: ["nodes", "own"],
        sentence: `has ${own.length}, but ${count} nodes are asked for: one machine for each, control planes first`,
      },
      ...own.map((node, index) => {
        const first = own.indexOf(node);
        return (
          first < index && {
            path: ["nodes", "own", index],
            sentence: `is ${node} again, as in cluster.nodes.own[${first}]`,
          }
        );
      }),
      (leases !== undefined || resourceClass !== undefined || properties.length > 0) && {
        path: ["nodes", other],
        sentence: "is set, but cluster.nodes.own names the machines already: leave it out",
      },
    ];
  }),

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

  rule(function networksDoNotOverlap({ network: { cidr } }) {
    const nodes = parseNetwork(cidr)!;
    return Object.entries(CLUSTER_NETWORKS).map(
      ([name, inside]) =>
        overlap(nodes, parseNetwork(inside)!) && {
          path: ["network", "cidr"],
          sentence: `is ${cidr}, which overlaps with ${name} of OKD, ${inside}: take another`,
        },
    );
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

  rule(function nodesRunSomething({ okd, image }, { secrets }) {
    return [
      (okd === undefined) === (image === undefined) && {
        path: okd ? ["image"] : ["okd"],
        sentence: okd
          ? "is set beside cluster.okd: nodes run one of both"
          : "is missing: say which OKD is installed, or name what nodes run in cluster.image",
      },
      okd &&
        isOlder(okd.version, OLDEST_OKD) && {
          path: ["okd", "version"],
          sentence: `is "${okd.version}", but the oldest that can be installed on bare metal so is ${OLDEST_OKD}`,
        },
      okd?.pullSecret !== undefined &&
        !secrets[okd.pullSecret]?.includes(PULL_SECRET_KEY) && {
          path: ["okd", "pullSecret"],
          sentence: `is ${okd.pullSecret}, but secrets.${okd.pullSecret}.${PULL_SECRET_KEY} is not set: see pulumi config set --secret --path`,
        },
      image?.source.startsWith("http") &&
        !image.checksum && {
          path: ["image", "checksum"],
          sentence: "is missing, an image by URL needs its SHA-256 sum",
        },
    ];
  }),
];

/** Key of the Secret that holds the pull secret. */
export const PULL_SECRET_KEY = "pullSecret";

function isOlder(version: string, than: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  const [oldMajor, oldMinor] = than.split(".").map(Number);
  return major < oldMajor || (major === oldMajor && minor < oldMinor);
}
