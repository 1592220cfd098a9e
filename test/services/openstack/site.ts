import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { OpenStack } from "../../../components/openstack/client";
import { readCredentials } from "../../../components/openstack/credentials";
import { EsiLeap } from "../../../components/openstack/esi-leap";
import { Ironic, type Node } from "../../../components/openstack/ironic";
import { hasEnded } from "../../../components/openstack/leases";
import { Neutron } from "../../../components/openstack/neutron";
import { undeploy } from "../../../components/openstack/undeploy";
import { waitFor } from "../../../components/openstack/wait";
import type { Profile } from "./lab";

const VERSION = { "x-openstack-ironic-api-version": "1.72" };

/** Minutes that anything at all may take: one clean-up of a node behind another's. */
const PATIENCE = 10;

export interface NodeShape {
  /** @default a machine that does all that it is told in a moment */
  driver?: "fake-hardware" | "redfish" | "ipmi";
  more?: Record<string, unknown>;
}

/**
 * What a site's administrators, its machines' owner and a lessee have in the lab: nodes of a class of their own, offers of
 * them, a network. All names are another for each site, so that one that a killed test left behind disturbs none.
 */
export class Site {
  readonly name = `t${randomBytes(4).toString("hex")}`;
  readonly admin: OpenStack;
  readonly owner: OpenStack;
  readonly lessee: OpenStack;
  readonly nodes: string[] = [];
  network = "";
  private readonly networks: string[] = [];
  private readonly offers = new Map<string, string>();

  constructor(readonly clouds: string) {
    const account = (name: string) => new OpenStack(readCredentials(name, { OS_CLIENT_CONFIG_FILE: clouds }));
    this.admin = account("system");
    this.owner = account("owner");
    this.lessee = account("lessee");
  }

  /** An account of the lab as clouds.yaml has it. */
  account(name: string): { auth: Record<string, string> } {
    const content = parse(fs.readFileSync(this.clouds, "utf8")) as {
      clouds: Record<string, { auth: Record<string, string> }>;
    };
    return content.clouds[name]!;
  }

  /** Router of its network: the last address where a site's networks have it there. */
  get gateway(): string {
    const profile = fs.readFileSync(path.join(path.dirname(this.clouds), "profile"), "utf8").trim() as Profile;
    return profile === "site" ? "10.7.0.254" : "10.7.0.1";
  }

  get keystone(): string {
    return this.account("lessee").auth.auth_url!;
  }

  /** Id of the project that a service's own user belongs to. */
  async projectOfServices(): Promise<string> {
    const path = "/v3/projects?name=service";
    return (await this.admin.request<{ projects: { id: string }[] }>("identity", "GET", path)).projects[0]!.id;
  }

  /** What nodes are attached to. */
  async addNetwork(): Promise<void> {
    this.network = await this.makeNetwork(this.name, { cidr: "10.7.0.0/24", gateway_ip: this.gateway });
  }

  /** Another network, which leads nowhere. @returns its id */
  async addStorage(): Promise<string> {
    return this.makeNetwork(`${this.name}-storage`, { cidr: "10.8.0.0/25", gateway_ip: null });
  }

  private async makeNetwork(name: string, more: object): Promise<string> {
    type Made = Record<"network", { id: string }>;
    const make = (sort: string, fields: object) =>
      this.lessee.request<Made>("network", "POST", `/v2.0/${sort}s`, { body: { [sort]: { name, ...fields } } });
    const { id } = (await make("network", {})).network;
    this.networks.push(id);
    await make("subnet", { network_id: id, ip_version: 4, ...more });
    return id;
  }

  /** Nodes that can be deployed, each offered for weeks. */
  async addNodes(count: number, shape: NodeShape = {}): Promise<void> {
    const owner = await this.owner.projectId();
    const first = this.nodes.length;
    const made = await Promise.all(Array.from({ length: count }, (_, i) => this.addNode(first + i, owner!, shape)));
    this.nodes.push(...made);
    for (const node of made) await this.offer(node);
  }

  async offer(node: string): Promise<void> {
    const body = { resource_uuid: node, name: this.name };
    const { uuid } = await this.owner.request<{ uuid: string }>("lease", "POST", "/v1/offers", { body });
    this.offers.set(node, uuid);
  }

  async withdraw(node: string): Promise<void> {
    const offer = this.offers.get(node)!;
    this.offers.delete(node);
    await this.owner.request("lease", "DELETE", `/v1/offers/${offer}`, { absent: [404] });
  }

  /** The nodes' owner ends a lease; ESI-Leap takes a moment where Ironic is busy. */
  async endLease(uuid: string): Promise<void> {
    const leap = new EsiLeap(this.owner);
    await leap.end(uuid);
    const ended = await waitFor(async () => (hasEnded(await leap.lease(uuid)) ? true : undefined), PATIENCE);
    if (!ended) throw new Error(`lease ${uuid} does not end`);
  }

  /** A node as its administrator sees it. */
  async node(id: string): Promise<Node> {
    return (await this.asAdmin("GET", `/v1/nodes/${id}`)) as Node;
  }

  async provision(id: string, target: string): Promise<void> {
    await this.asAdmin("PUT", `/v1/nodes/${id}/states/provision`, { target });
  }

  asAdmin(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object): Promise<unknown> {
    return this.admin.request("baremetal", method, path, { headers: VERSION, body, repeatable: true });
  }

  /** Until the node is in that state. */
  async reaches(id: string, state: string): Promise<void> {
    const found = await waitFor(
      async () => ((await this.node(id)).provision_state === state ? true : undefined),
      PATIENCE,
    );
    if (!found) throw new Error(`node ${id} is ${(await this.node(id)).provision_state}, not ${state}`);
  }

  /** A node as it is once a clean-up has ended, one way or the other. */
  private async settles(id: string): Promise<Node> {
    const node = await waitFor(async () => {
      const found = await this.node(id);
      return /^available$|failed$/.test(found.provision_state) ? found : undefined;
    }, PATIENCE);
    return node ?? (await this.node(id));
  }

  /** Whatever a lessee still has of this site; nothing, where all was given back. */
  async leftovers(): Promise<string[]> {
    const left: string[] = [];
    for (const lease of await new EsiLeap(this.lessee).leases()) {
      if (this.nodes.includes(lease.resource_uuid))
        left.push(`lease ${lease.uuid} (${lease.name ?? ""}) is ${lease.status}`);
    }
    for (const id of this.nodes) {
      const { name, provision_state: state, lessee, instance_info: info } = await this.node(id);
      if (state !== "available" || lessee || Object.keys(info).length > 0) {
        left.push(`node ${name ?? id} is ${state}, lessee ${lessee ?? "nobody"}, instance ${JSON.stringify(info)}`);
      }
      for (const vif of await new Ironic(this.admin).attached(id))
        left.push(`node ${name ?? id} has the connection ${vif}`);
    }
    if (!this.network) return left;
    for (const { id, device_owner: owner } of await new Neutron(this.lessee).ports({ network_id: this.network }))
      if (!owner.startsWith("network:")) left.push(`port ${id} ${owner}`);
    return left;
  }

  /** Removes it, whatever state it is in. */
  async close(): Promise<void> {
    const leap = new EsiLeap(this.owner);
    for (const lease of await leap.leases()) if (this.nodes.includes(lease.resource_uuid)) await leap.end(lease.uuid);
    for (const node of this.offers.keys()) await this.withdraw(node);
    await Promise.all(this.nodes.map((node) => this.removeNode(node)));
    const neutron = new Neutron(this.lessee);
    for (const network_id of this.networks) {
      for (const { id } of await neutron.ports({ network_id })) {
        for (const trunk of await neutron.trunks({ port_id: id })) await neutron.deleteTrunk(trunk.id);
        await neutron.deletePort(id);
      }
      await this.lessee.request("network", "DELETE", `/v2.0/networks/${network_id}`, { absent: [404] });
    }
  }

  private async addNode(index: number, owner: string, { driver = "fake-hardware", more }: NodeShape): Promise<string> {
    const node = (await this.asAdmin("POST", "/v1/nodes", {
      name: `${this.name}-${String(index)}`,
      driver,
      owner,
      resource_class: this.name,
      network_interface: "neutron",
      ...(driver === "fake-hardware" && { deploy_interface: "fake" }),
      properties: { cpu_arch: "x86_64", memory_mb: "131072", capabilities: "boot_mode:uefi" },
      ...more,
    })) as { uuid: string };
    const address = `52:54:${randomBytes(4).toString("hex").match(/../g)!.join(":")}`;
    const link = { switch_id: "00:53:00:0a:0a:0a", port_id: `${this.name}-${String(index)}`, switch_info: "sw0" };
    await this.asAdmin("POST", "/v1/ports", {
      node_uuid: node.uuid,
      address,
      physical_network: "datacentre",
      local_link_connection: link,
    });
    await this.provide(node.uuid, driver);
    return node.uuid;
  }

  /** Until it can be deployed. A clean-up that the lab's services fail at is asked for again, as an administrator would. */
  private async provide(id: string, driver: string, triesLeft = 3): Promise<void> {
    await this.provision(id, "manage");
    await this.reaches(id, "manageable");
    await this.provision(id, "provide");
    const { provision_state: state, last_error: error } = await this.settles(id);
    if (state === "available") return;
    const what = `node ${id} (${driver}) is ${state}, not available: ${error ?? "no error"}`;
    if (triesLeft === 1) throw new Error(what);
    console.log(`      ${what}; once more`);
    await this.provide(id, driver, triesLeft - 1);
  }

  private async removeNode(id: string): Promise<void> {
    await undeploy(new Ironic(this.admin), id);
    for (const vif of await new Ironic(this.admin).attached(id)) await new Ironic(this.admin).detach(id, vif);
    await this.asAdmin("DELETE", `/v1/nodes/${id}`);
  }
}
