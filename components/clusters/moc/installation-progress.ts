import type { Failure, NoService, ServiceLook } from "./assisted-service";
import type { ClusterLook, NoCluster } from "./cluster-look";
import { hostOf, nodeOf, type InstallationHost } from "./installation-hosts";

/** One look at an installation. */
export interface InstallationLook {
  service: ServiceLook | NoService | undefined;
  cluster: ClusterLook | NoCluster;
}

/** Per cent of a stage that a new line is worth. */
const STEP = 25;

/** What to do where a validation fails, by the beginnings or ends of their names. */
const REMEDIES: [RegExp, string][] = [
  [/^has-min-valid-disks$|disk/, "name the disk in cluster.nodes.rootDevice, or take other machines"],
  [/memory|cpu/, "take larger machines: cluster.nodes.resourceClass and properties"],
  [/^ntp-|^time-synced/, "the nodes need time servers that they reach: cluster.okd.ntp"],
  [/-resolved-correctly$|^dns-/, "make the records of the output dns, which the nodes' name servers have to know"],
  [/^container-images|^release-/, "the nodes have to reach the release's registry, with the pull secret"],
  [
    /machine-cidr|default-route|majority-group|ip-collisions|subnets|vip/,
    "compare cluster.network with the site's network",
  ],
  [/^mtu-/, "the network's packets are larger than its switches or routers take: cluster.network.mtu"],
];

/** What an installation has to tell that it has not told yet. */
export class InstallationProgress {
  private readonly told = new Map<string, string>();
  private seen = false;

  constructor(private readonly hosts: InstallationHost[]) {}

  /** New lines, each about a host or the cluster. */
  news(look: InstallationLook): string[] {
    const lines = [...this.linesOfService(look), ...this.linesOfCluster(look)];
    return lines.flatMap(([about, text]) => {
      if (this.told.get(about) === text) return [];
      this.told.set(about, text);
      return text ? [text] : [];
    });
  }

  private linesOfService({ service, cluster }: InstallationLook): [about: string, text: string][] {
    if (!service) return [["service", "The rendezvous host runs and prepares the installation"]];
    if ("unreached" in service) {
      return this.seen || !("noCluster" in cluster) ? [] : [["service", silence(this.hosts[0]!.name, service)]];
    }
    this.seen = true;
    const found = this.hosts.map((host) => ({ ...host, look: hostOf(host, service.hosts) }));
    const missing = found.filter(({ look }) => !look).map(({ name }) => name);
    const some = missing.length > 0 && missing.length < found.length;
    return [
      ["service", ""],
      ["missing", some ? `Not heard of yet: ${missing.join(", ")}` : ""],
      ["cluster failures", failures("The cluster", service.failures)],
      ...found.flatMap(({ name, look }): [string, string][] => {
        if (!look) return [];
        const { stage, status, percentage } = look;
        const part = percentage && stage?.startsWith("Writing") ? ` ${String(percentage - (percentage % STEP))} %` : "";
        return [
          [name, `${name}: ${stage ?? status}${part}`],
          [`${name} failures`, failures(name, look.failures)],
        ];
      }),
    ];
  }

  private linesOfCluster({ cluster }: InstallationLook): [about: string, text: string][] {
    if ("noCluster" in cluster) return [];
    const ready = this.hosts.filter((host) => nodeOf(host, cluster.nodes));
    const missing = this.hosts.filter((host) => !ready.includes(host)).map(({ name }) => name);
    const count = `${String(ready.length)} of ${String(this.hosts.length)}`;
    return [
      ["nodes", `Nodes that are ready: ${count}${missing.length > 0 ? `, not yet ${missing.join(", ")}` : ""}`],
      ["version", cluster.doing && `OKD: ${cluster.doing}`],
    ];
  }
}

function silence(name: string, { unreached, refused }: NoService): string {
  return refused
    ? `${name} is there, and its installer is not yet (${unreached})`
    : `${name} does not answer yet (${unreached}). It is booting, or this machine does not reach the nodes' network, and then ` +
        `nobody sees when a node may leave its ISO: run the same command where that network is reached`;
}

function failures(of: string, failed: Failure[]): string {
  const each = failed.map(({ id, message }) => {
    const remedy = REMEDIES.find(([names]) => names.test(id))?.[1];
    return `${message.replace(/[.\s]+$/, "")} (${id}${remedy ? `: ${remedy}` : ""})`;
  });
  return each.length > 0 ? `${of} cannot be installed yet: ${each.join("; ")}` : "";
}
