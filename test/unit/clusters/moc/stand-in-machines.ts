import { randomInt } from "node:crypto";
import { FakeCloud, type Answer, type Request } from "../../openstack/fake-cloud";
import { StandInInstallation, type StandInHost } from "../../../lab/installer/installation";
import type { InstallationHost } from "../../../../components/clusters/moc/installation-hosts";

/** What a site lets a lessee do with a node's next boot. */
export interface Rights {
  bootDevice: boolean;
  eject: boolean;
}

interface Machine {
  device: "cd" | "disk";
  inserted: boolean;
  /** Its controller forgets the boot device at the first restart. */
  forgets: boolean;
}

/** Machines of a layout with an Ironic that steers their next boot, and a stand-in for what installs them. */
export class StandInMachines {
  readonly hosts: InstallationHost[];
  readonly cloud = new FakeCloud((request) => this.ironic(request));
  readonly installation: StandInInstallation;
  /** An address of this machine that nobody else has. */
  readonly address = `127.${String(randomInt(1, 255))}.${String(randomInt(255))}.${String(randomInt(1, 255))}`;
  private readonly machines: Record<string, Machine>;

  constructor(
    names: string[],
    private readonly rights: Rights,
    options: { forgets?: string; fails?: string; readsIso?: boolean } = {},
  ) {
    const hosts: StandInHost[] = names.map((name, index) => ({
      name,
      role: name.startsWith("worker") ? "worker" : "master",
      macAddress: `52:54:00:00:00:0${String(index)}`,
    }));
    this.hosts = hosts.map((host) => ({ ...host, node: `uuid-${host.name}` }));
    this.machines = Object.fromEntries(
      names.map((name) => [name, { device: "cd", inserted: true, forgets: options.forgets === name }]),
    );
    const bootsDisk = (name: string) => {
      const machine = this.machines[name]!;
      if (machine.forgets) Object.assign(machine, { device: "cd", forgets: false });
      return machine.device === "disk" || !machine.inserted;
    };
    this.installation = new StandInInstallation(hosts, { bootsDisk }, { ...options, address: this.address, port: 0 });
  }

  async start(): Promise<void> {
    await this.cloud.start();
    await this.installation.start();
  }

  stop(): void {
    this.cloud.stop();
    this.installation.stop();
  }

  /** Changes that Ironic was asked for, as `PUT boot_device control-plane-0`. */
  get changes(): string[] {
    return this.cloud.requests
      .filter(({ method, path }) => method !== "GET" && path.includes("/v1/nodes/"))
      .map(({ method, path }) => `${method} ${path.split("?")[0]!.split("/").at(-1)!} ${nameIn(path)}`);
  }

  private ironic({ method, path, body }: Request): Answer {
    const machine = this.machines[nameIn(path)]!;
    const [what] = path.split("/").at(-1)!.split("?");
    const forbidden: Answer = { status: 403, body: { error_message: '{"faultstring": "Policy forbids that."}' } };
    if (what === "boot_device") {
      if (!this.rights.bootDevice) return forbidden;
      machine.device = (body as { boot_device: "disk" }).boot_device;
      return { status: 204 };
    }
    if (what === "vmedia" && method === "GET") return { status: 200, body: [{ inserted: machine.inserted }] };
    if (what === "vmedia") {
      if (!this.rights.eject) return forbidden;
      if (!path.includes("floppy")) {
        machine.inserted = false;
        this.installation.loseMedium(nameIn(path));
      }
      return { status: 204 };
    }
    if (what === "power") {
      void this.installation.restart(nameIn(path));
      return { status: 202 };
    }
    return { status: 404 };
  }
}

function nameIn(path: string): string {
  return /uuid-([^/]+)/.exec(path)![1]!;
}
