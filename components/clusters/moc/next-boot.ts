import { openStack } from "../../openstack/client";
import { Ironic } from "../../openstack/ironic";
import { eject } from "../../openstack/media";

/** Uuids of nodes by their host names. */
export type Nodes = Record<string, string>;

/** What the installer says of a host that is about to boot, or that has booted the ISO again. */
export function nextBootIn(line: string): { host: string; again: boolean } | undefined {
  const [, host, change] =
    /Host:? ([\w-]+)\S*[,:] (reached installation stage Rebooting|updated status .* to \S*installing-pending-user-action)/.exec(
      line,
    ) ?? [];
  return host ? { host, again: !change.endsWith("Rebooting") } : undefined;
}

/** How far the installation is, in the installer's words: what it says of hosts and of the cluster, and never a password. */
export function progressIn(line: string): string | undefined {
  return /^(?:.*\bmsg="?|[A-Z]+ )((?:Host|Cluster|cluster|Bootstrap)\b[^"]*)/.exec(line)?.[1];
}

/**
 * Sees to it that nodes boot what was installed on their disk. Ironic leaves the ISO in the drive as the first thing to
 * boot, and what runs on a node reads from it: it is taken out when the installer says that the host reboots. A host that was
 * faster, and waits in the ISO again for somebody to help, is restarted without it.
 */
export class NextBoots {
  private readonly under: Promise<void>[] = [];

  constructor(
    private readonly cloud: string,
    private readonly nodes: Nodes,
  ) {}

  /** To be given each line of the installer's. What goes wrong is told by {@link end}. */
  readonly listen = (line: string): void => {
    const boot = nextBootIn(line);
    const node = boot && this.nodes[boot.host];
    if (!node) return;
    const done = this.emptyDrive(node, boot.again);
    // By then the installer may have said more: nobody waits yet.
    done.catch(() => undefined);
    this.under.push(done);
  };

  /** When all is installed: no drive has an ISO, whatever was heard. @throws UserError where one cannot be emptied */
  async end(): Promise<void> {
    await Promise.allSettled(this.under);
    for (const node of Object.values(this.nodes)) await this.emptyDrive(node);
  }

  private async emptyDrive(node: string, restart = false): Promise<void> {
    const ironic = new Ironic(openStack(this.cloud));
    await eject(ironic, node);
    if (restart) await ironic.power(node, "rebooting");
  }
}
