import { isOlder } from "../../components/versions";
import { hoursOf } from "../../components/clusters/moc/lease-end";
import { NETWORK_RULES } from "./moc-network-rules";
import { type MocRule, rule } from "./moc-rule";

/** The first version whose boot images are CentOS Stream CoreOS: older ones cannot be installed from an ISO of it. */
const OLDEST_OKD = "4.19";

/** What ESI-Leap grants by its own settings, unless an administrator asks. */
const LONGEST_CLAIM_HOURS = 21 * 24;

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

  ...NETWORK_RULES,

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
      okd?.proxy &&
        !okd.proxy.http &&
        !okd.proxy.https && {
          path: ["okd", "proxy"],
          sentence: "names no proxy: set http or https, or leave it out",
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
