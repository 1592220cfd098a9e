import { CLUSTER_NETWORKS } from "../../components/clusters/moc/install-config";
import { hoursOf } from "../../components/clusters/moc/lease-end";
import {
  contains,
  gatewayOf,
  overlap,
  parseAddress,
  parseNetwork,
  parseRange,
} from "../../components/clusters/moc/ipv4";
import { UserError } from "../../components/errors";
import type { Problem } from "./problems";
import type { Rule } from "./rule";
import type { ClusterConfiguration, Configuration } from "./schema";

type MocCluster = Extract<ClusterConfiguration, { type: "moc" }>;
type MocRule = (cluster: MocCluster, configuration: Configuration) => (Problem | false | undefined)[];

/** A rule for stacks on the MOC, whose paths begin below `cluster`. */
const rule =
  (find: MocRule): Rule =>
  (configuration) =>
    configuration.cluster.type !== "moc"
      ? []
      : find(configuration.cluster, configuration).map(
          (problem) => !!problem && { ...problem, path: ["cluster", ...problem.path] },
        );

/** The first version whose boot images are CentOS Stream CoreOS: older ones cannot be installed from an ISO of it. */
const OLDEST_OKD = "4.19";

/** What ESI-Leap grants by its own settings, unless an administrator asks. */
const LONGEST_CLAIM_HOURS = 21 * 24;

/** Networks that no host can have, and what they are for. */
const NO_HOSTS = { "each host's own use": "127.0.0.0/8", nobody: "0.0.0.0/8", multicast: "224.0.0.0/3" };

/** What keys of a cluster on the MOC demand of each other. */
export const MOC_RULES: Rule[] = [
  function stateIsKeptElsewhere({ cluster, backend, confirmLocalBackend }) {
    return [
      cluster.type === "moc" &&
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

  rule(function claimsAreAsShortAsSitesWant({ lifetime }) {
    return [
      lifetime !== undefined &&
        hoursOf(lifetime) > LONGEST_CLAIM_HOURS && {
          path: ["lifetime"],
          sentence: `is ${lifetime}, but ESI-Leap lets nobody but an administrator claim a node for more than ${LONGEST_CLAIM_HOURS / 24}d: claim for less, or name leases that you were granted in cluster.nodes.leases`,
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
      okd?.bootArtifactsBaseURL?.endsWith(".img") && {
        path: ["okd", "bootArtifactsBaseURL"],
        sentence:
          "names a file, but has to name the folder that agent.x86_64-rootfs.img is in: leave the last part out",
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

/** The longest name below `api.<name>.<baseDomain>` that OKD makes by itself, and the longest that DNS takes. */
const LONGEST_ROUTE = "alertmanager-main-openshift-monitoring.apps.";
const LONGEST_NAME = 253;
/** Of the name of a cluster: its installer's. */
const LONGEST_CLUSTER = 54;

/**
 * Holds the name of a stack, which is its cluster's too, against what DNS and the installer take.
 *
 * @throws UserError
 */
export function requireClusterName(stack: string, baseDomain: string | undefined): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(stack) || stack.length > LONGEST_CLUSTER) {
    throw new UserError(
      `Stack ${stack} cannot be a cluster on the MOC, which bears its name in DNS: call it by at most ${LONGEST_CLUSTER} lower-case ` +
        `letters, digits and dashes, with none at an end (copy stacks/Pulumi.${stack}.yaml under the new name).`,
    );
  }
  const longest = `${LONGEST_ROUTE}${stack}.${baseDomain ?? ""}`;
  if (longest.length <= LONGEST_NAME) return;
  throw new UserError(
    `cluster.okd.baseDomain is too long for stack ${stack}: ${longest} has ${longest.length} characters, and DNS takes ${LONGEST_NAME}.`,
  );
}
