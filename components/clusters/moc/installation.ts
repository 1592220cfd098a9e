import { UserError } from "../../errors";
import type { KubernetesClient } from "../../kubernetes/client";
import { waitFor } from "../../openstack/wait";
import type { AssistedService, ServiceLook } from "./assisted-service";
import type { BootOrder } from "./boot-order";
import { lookAtCluster } from "./cluster-look";
import { hostOf, nodeOf, type InstallationHost } from "./installation-hosts";
import { InstallationProgress, type InstallationLook } from "./installation-progress";

/** Hours that an installation may take, from the nodes' first boot on. */
const PATIENCE = 4;

export interface Installation {
  hosts: InstallationHost[];
  service: AssistedService;
  cluster: KubernetesClient;
  boots: BootOrder;
  say: (line: string) => void;
}

/**
 * Waits for a cluster's installation, which starts by itself when its nodes boot the ISO: through the service on the rendezvous
 * host while that answers, and through the cluster's own API. Repeatable after a killed run.
 *
 * @throws UserError when the installation fails or takes too long
 */
export async function awaitInstallation({ hosts, service, cluster, boots, say }: Installation): Promise<void> {
  const progress = new InstallationProgress(hosts);
  let last: InstallationLook | undefined;
  const done = await waitFor(async () => {
    const [ofService, ofCluster] = await Promise.all([service.look(), lookAtCluster(cluster)]);
    const look = { service: ofService, cluster: ofCluster };
    last = look;
    for (const line of progress.news(look)) say(line);
    await boots.follow(look);
    requireHope(look);
    return isInstalled(look, hosts) ? true : undefined;
  }, PATIENCE * 60);
  if (!done) throw new UserError(`OKD is not installed after ${String(PATIENCE)} h: ${whereItIs(last!, hosts)}`);
  await boots.end();
}

function isInstalled({ cluster }: InstallationLook, hosts: InstallationHost[]): boolean {
  if ("noCluster" in cluster) return false;
  return cluster.available && hosts.every((host) => nodeOf(host, cluster.nodes));
}

/** Statuses that the service does not leave by itself. */
const LOST = ["error", "cancelled"];

function requireHope({ service }: InstallationLook): void {
  if (!service || "unreached" in service || !LOST.includes(service.status)) return;
  const hosts = service.hosts.filter(({ status }) => LOST.includes(status));
  const why = [service, ...hosts].map((it) => ("hostname" in it ? `${it.hostname}: ${it.info}` : it.info));
  throw new UserError(`The installation of OKD has failed: ${why.map((it) => it.replace(/\.$/, "")).join("; ")}`);
}

/** As an end of a sentence. */
function whereItIs({ service, cluster }: InstallationLook, hosts: InstallationHost[]): string {
  if (!("noCluster" in cluster)) {
    const missing = hosts.filter((host) => !nodeOf(host, cluster.nodes)).map(({ name }) => name);
    return missing.length > 0
      ? `${missing.join(", ")} did not join or are not ready`
      : cluster.doing || "its version is not available";
  }
  if (service && !("unreached" in service)) return stages(service, hosts);
  const silent = service
    ? `the rendezvous host does not answer (${service.unreached})`
    : "the rendezvous host knows of no cluster";
  return `${silent}, nor does the cluster (${cluster.noCluster})`;
}

function stages({ hosts: found, status }: ServiceLook, hosts: InstallationHost[]): string {
  const each = hosts.map((host) => {
    const look = hostOf(host, found);
    return `${host.name}: ${look ? (look.stage ?? look.status) : "not heard of"}`;
  });
  return `the cluster is ${status} (${each.join(", ")})`;
}
