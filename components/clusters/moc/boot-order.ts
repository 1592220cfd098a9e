import type { Ironic } from "../../openstack/ironic";
import { bootDiskFirst, emptyDrives, leaveIso } from "../../openstack/next-boot";
import type { ServiceLook } from "./assisted-service";
import { hostOf, type InstallationHost } from "./installation-hosts";
import type { InstallationLook } from "./installation-progress";

/** The last stage in which what runs on a host needs the ISO, and what follows it. */
const WRITES = "Writing image to disk";
const LEAVES = ["Rebooting", "Waiting for ignition", "Configuring", "Joined", "Done"];
const AGAIN = "installing-pending-user-action";
/** Statuses of a cluster whose installation has begun. */
const BEGUN = ["preparing-for-installation", "installing", "finalizing", "installed", "adding-hosts", AGAIN];

/** Minutes that a machine may take from a restart until it is heard of. */
const BOOTS_MINUTES = 20;

/**
 * Makes sure that nodes boot from the disk they were installed on, as Ironic leaves the ISO first in the boot order. The boot
 * device is set as soon as a host runs from the ISO, long before it reboots. Where the site does not let a lessee set it, the ISO
 * is ejected: at once if it runs from memory, otherwise when the host reboots. A host that boots the ISO again anyway is restarted
 * from its disk.
 */
export class BootOrder {
  /** Hosts whose next boot is their disk. */
  private readonly done = new Set<string>();
  /** Hosts whose boot device cannot be set. */
  private readonly readsIso = new Set<string>();
  /** When hosts were restarted, until they say something else. */
  private readonly restarted = new Map<string, number>();
  /** What failed last, by host. */
  private readonly failed = new Map<string, string>();
  /** The service as it was seen while it installed. */
  private installing?: ServiceLook;

  constructor(
    private readonly ironic: Ironic,
    private readonly hosts: InstallationHost[],
    private readonly options: { /** The ISO runs from memory. */ minimal: boolean; say: (line: string) => void },
  ) {}

  /** To be called with every look. What fails is tried again with the next. */
  async follow(look: InstallationLook): Promise<void> {
    await this.recoverRendezvousHost(look);
    await Promise.all(this.hosts.map((host) => this.tried(host, () => this.followHost(host, look))));
    const { service } = look;
    if (service && !("unreached" in service) && BEGUN.includes(service.status)) this.installing = service;
  }

  /** When all is installed: no node has the ISO in a drive or first in its order, whatever was seen. */
  async end(): Promise<void> {
    for (const { node } of this.hosts) {
      await leaveIso(this.ironic, node);
      await emptyDrives(this.ironic, node);
    }
  }

  private async followHost(host: InstallationHost, { service }: InstallationLook): Promise<void> {
    const { name, node } = host;
    if (!service || "unreached" in service) {
      if (this.hasLeft(host)) await this.leave(host);
      return;
    }
    const look = hostOf(host, service.hosts);
    if (!look) return;
    if (look.status === AGAIN) return this.restart(host);
    this.restarted.delete(name);
    if (this.done.has(name)) return;
    if (!this.readsIso.has(name)) {
      const refusal = await bootDiskFirst(this.ironic, node);
      if (refusal === undefined) this.done.add(name);
      else this.readsIso.add(name);
    }
    const leaves = this.options.minimal || (look.stage !== undefined && LEAVES.includes(look.stage));
    if (!this.done.has(name) && leaves) await this.leave(host);
  }

  /** The service is on it: a single node restarts at once, and what it said last is what it did before. */
  private hasLeft(host: InstallationHost): boolean {
    if (host !== this.hosts[0] || this.done.has(host.name) || !this.installing) return false;
    const stage = hostOf(host, this.installing.hosts)?.stage ?? "";
    return stage === WRITES || LEAVES.includes(stage);
  }

  private async leave({ name, node }: InstallationHost): Promise<void> {
    await leaveIso(this.ironic, node);
    this.done.add(name);
  }

  /**
   * The service is another one than the one that installed, or there is a cluster and the service waits for hosts: the
   * rendezvous host has booted the ISO again. What it installed is on its disk.
   */
  private async recoverRendezvousHost({ service, cluster }: InstallationLook): Promise<void> {
    const [first] = this.hosts;
    if (!first || !service || "unreached" in service) return;
    const wasInstalled =
      this.installing !== undefined && this.installing.id !== service.id && this.mayHaveWritten(first);
    const isInstalled = !("noCluster" in cluster) && cluster.bootstrapped;
    if (!BEGUN.includes(service.status) && (wasInstalled || isInstalled)) {
      await this.tried(first, () => this.restart(first, `${first.name} service ${service.id}`));
    }
  }

  private mayHaveWritten(host: InstallationHost): boolean {
    const stage = hostOf(host, this.installing!.hosts)?.stage ?? "";
    return [WRITES, "Waiting for control plane", "Waiting for controller", ...LEAVES].includes(stage);
  }

  /** A machine takes its time to boot: it is left alone for as long. */
  private async restart({ name, node }: InstallationHost, about = name): Promise<void> {
    const last = this.restarted.get(about);
    if (last !== undefined && Date.now() - last < BOOTS_MINUTES * 60_000) return;
    this.options.say(`${name} booted the installer again instead of its disk: it is restarted from the disk`);
    await leaveIso(this.ironic, node);
    await this.ironic.power(node, "rebooting");
    this.done.add(name);
    this.restarted.set(about, Date.now());
  }

  private async tried({ name }: InstallationHost, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const { message } = error as Error;
      if (this.failed.get(name) === message) return;
      this.failed.set(name, message);
      this.options.say(`${name}: its next boot could not be set, which is tried again: ${message}`);
    }
  }
}
