import { execFileSync } from "node:child_process";
import type { OpenStack } from "../../../components/openstack/client";
import { Ironic } from "../../../components/openstack/ironic";
import { markIn, markInDescription } from "../../../components/openstack/marks";
import { StandInInstallation } from "../../lab/installer/installation";
import { NameServer } from "../../lab/installer/name-server";
import type { Machine } from "./machines";

const STACK = "moc-test";
/** What nodes and floating addresses of the lab are in: this machine answers at all of them. */
const NETWORKS = ["10.7.0.0/24", "192.168.21.0/24", "203.0.113.0/24"];
/** An address of theirs at which the tests' name server is. */
export const NAME_SERVER = "203.0.113.53";

/** What makes a cluster of the lab's machines, which boot nothing: a stand-in that looks at their controllers' boot order. */
export class MocInstallation {
  readonly service: StandInInstallation;
  private readonly names = new NameServer();

  /** @param machines by the ids of their nodes @param admin may see all nodes @param lessee whose addresses DNS has records of */
  constructor(
    nodes: number,
    private readonly machines: Map<string, Machine>,
    private readonly admin: OpenStack,
    private readonly lessee: OpenStack,
  ) {
    const hosts = Array.from({ length: nodes }, (_, index) => ({
      ...{ name: `control-plane-${String(index)}`, role: "master" as const },
      // Nobody knows yet which machine it will be: it is known by its name.
      macAddress: "52:54:00:00:00:00",
    }));
    this.service = new StandInInstallation(
      hosts,
      { bootsDisk: (name) => this.bootsDisk(name) },
      { address: "0.0.0.0", steps: 3 },
    );
    this.names.onQuestion = (name) => this.resolve(name);
  }

  async start(): Promise<void> {
    for (const network of NETWORKS) execFileSync("ip", ["route", "replace", "local", network, "dev", "lo"]);
    await this.names.start(NAME_SERVER, 53);
    await this.service.start();
  }

  stop(): void {
    this.service.stop();
    this.names.stop();
    for (const network of NETWORKS) execFileSync("ip", ["route", "del", "local", network, "dev", "lo"]);
  }

  private async bootsDisk(name: string): Promise<boolean> {
    const node = (await new Ironic(this.admin).nodes()).find(({ instance_info }) => {
      const mark = markIn(instance_info);
      return mark?.stack === STACK && mark.name === name;
    });
    return this.machines.get(node!.uuid)!.bootsDisk();
  }

  /** Somebody makes the records as soon as the stack says them. */
  private async resolve(name: string): Promise<void> {
    const list = async <T>(sort: string) =>
      (await this.lessee.request<Record<string, T[]>>("network", "GET", `/v2.0/${sort}`))[sort]!;
    const ours = <T extends { description: string }>(things: T[], ...names: string[]) =>
      things.find(({ description }) => {
        const mark = markInDescription(description);
        return mark?.stack === STACK && names.includes(mark.name);
      });
    const role = name.includes(".apps.") ? "ingress" : "api";
    const floating = ours(
      await list<{ description: string; floating_ip_address: string }>("floatingips"),
      ...[role, "node", "cluster"],
    );
    // A node's ports in tagged networks bear its mark too, and Neutron lists ports in any order.
    const tagged = (await list<{ sub_ports: { port_id: string }[] }>("trunks"))
      .flatMap(({ sub_ports: ports }) => ports)
      .map(({ port_id: id }) => id);
    const all = await list<{ id: string; description: string; fixed_ips: { ip_address: string }[] }>("ports");
    const ports = all.filter(({ id }) => !tagged.includes(id));
    const fixed = (ours(ports, role) ?? ours(ports, "control-plane-0"))?.fixed_ips[0]?.ip_address;
    const address = name.startsWith("api-int.") ? fixed : (floating?.floating_ip_address ?? fixed);
    this.names.records.clear();
    if (address) this.names.records.set(name, address);
  }
}
