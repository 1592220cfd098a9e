import type { OpenStack } from "./client";

/** Asks for a version of Ironic's API: each call for the lowest that has what it needs, so that older sites answer it. */
function since(minor: number): { headers: Record<string, string> } {
  return { headers: { "x-openstack-ironic-api-version": `1.${String(minor)}` } };
}

/** The first that tell a node's lessee. */
const LESSEE = since(65);

/** What Ironic says of a node, as far as it is used. A node that one has no right to is as one that is not there. */
export interface Node {
  uuid: string;
  name: string | null;
  owner: string | null;
  lessee: string | null;
  provision_state: string;
  target_provision_state: string | null;
  power_state: string | null;
  maintenance: boolean;
  /** A lessee reads a placeholder. */
  last_error: string | null;
  resource_class: string | null;
  /** How it boots: `ipxe`, `redfish-virtual-media` … */
  boot_interface?: string | null;
  properties: Record<string, unknown>;
  instance_info: Record<string, unknown>;
}

/** A network card of a node. */
export interface Card {
  uuid: string;
  /** MAC address. */
  address: string;
  /** Name of the network that it is at. */
  physical_network?: string | null;
  /** As the node's owner calls it: `nic1`. */
  name?: string | null;
}

export type Target = "active" | "deleted" | "manage" | "provide" | "abort";

/** Ironic, with the rights of whoever asks. */
export class Ironic {
  constructor(private readonly cloud: OpenStack) {}

  node(id: string): Promise<Node | undefined> {
    return this.cloud.request<Node>("baremetal", "GET", `/v1/nodes/${id}`, { ...LESSEE, absent: [404] });
  }

  /** Asks for nodes, as everything here does. @throws OpenStackError where this Ironic is too old, or refuses the account */
  async requireLessees(): Promise<void> {
    await this.cloud.request("baremetal", "GET", "/v1/nodes?limit=1&fields=uuid,lessee", LESSEE);
  }

  async nodes(): Promise<Node[]> {
    return (await this.cloud.request<{ nodes: Node[] }>("baremetal", "GET", "/v1/nodes/detail", LESSEE)).nodes;
  }

  /** Network cards of a node, in the order of their addresses. Older Ironics know no names of them. */
  async ports(id: string): Promise<Card[]> {
    const read = (version: object, ...more: string[]) => {
      const path = `/v1/nodes/${id}/ports?fields=${["uuid", "address", "physical_network", ...more].join(",")}`;
      return this.cloud.request<{ ports: Card[] }>("baremetal", "GET", path, { ...version, absent: [406] });
    };
    const { ports } = (await read(since(88), "name")) ?? (await read(since(34)))!;
    return ports.sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  /** Sets fields of `instance_info`. */
  async setInstanceInfo(id: string, fields: Record<string, unknown>): Promise<void> {
    const body = Object.entries(fields).map(([key, value]) => ({ op: "add", path: `/instance_info/${key}`, value }));
    await this.cloud.request("baremetal", "PATCH", `/v1/nodes/${id}`, { ...since(1), body, repeatable: true });
  }

  /** Leaves nothing in `instance_info`. */
  async clearInstanceInfo({ uuid, instance_info }: Node): Promise<void> {
    const body = Object.keys(instance_info).map((key) => ({ op: "remove", path: `/instance_info/${key}` }));
    await this.cloud.request("baremetal", "PATCH", `/v1/nodes/${uuid}`, { ...since(1), body });
  }

  /** Asks for a state; the node is on its way when this returns. Not repeatable: in the new state the same request is refused. */
  async provision(id: string, target: Target | "okd-streams-asks", configDrive?: object): Promise<void> {
    const body = { target, ...(configDrive && { configdrive: configDrive }) };
    // A configuration drive that Ironic itself builds, to abort, to manage and provide.
    const version = since(configDrive ? 56 : target === "abort" ? 13 : 4);
    await this.cloud.request("baremetal", "PUT", `/v1/nodes/${id}/states/provision`, { ...version, body });
  }

  async power(id: string, target: "power on" | "power off" | "rebooting"): Promise<void> {
    const path = `/v1/nodes/${id}/states/power`;
    await this.cloud.request("baremetal", "PUT", path, {
      ...since(1),
      body: { target },
      repeatable: target !== "rebooting",
    });
  }

  /** What it boots from now on. Deploying sets it anew. */
  async setBootDevice(id: string, device: "disk"): Promise<void> {
    const path = `/v1/nodes/${id}/management/boot_device`;
    const body = { boot_device: device, persistent: true };
    await this.cloud.request("baremetal", "PUT", path, { ...since(1), body, repeatable: true });
  }

  /** Asks for the drives for virtual media to be emptied; they are not yet when this returns. */
  async ejectMedia(id: string, kind?: "cdrom" | "floppy"): Promise<void> {
    const path = `/v1/nodes/${id}/vmedia${kind ? `?device_types=${kind}` : ""}`;
    await this.cloud.request("baremetal", "DELETE", path, since(89));
  }

  /** Whether something is in a drive for virtual media; undefined where this Ironic is too old to say. */
  async hasMedia(id: string): Promise<boolean | undefined> {
    const path = `/v1/nodes/${id}/vmedia`;
    const options = { ...since(93), absent: [404, 406] };
    const media = await this.cloud.request<{ inserted: boolean }[]>("baremetal", "GET", path, options);
    return media?.some(({ inserted }) => inserted);
  }

  /** The newest version of the API that it speaks: `1.95`. */
  async version(): Promise<string> {
    const root = await this.cloud.request<{ default_version: { version: string } }>("baremetal", "GET", "/");
    return root.default_version.version;
  }

  /** Ids of the Neutron ports that are attached to a node; of none that is gone. */
  async attached(id: string): Promise<string[]> {
    const path = `/v1/nodes/${id}/vifs`;
    const answer = await this.cloud.request<{ vifs: { id: string }[] }>("baremetal", "GET", path, {
      ...since(28),
      absent: [404],
    });
    return (answer?.vifs ?? []).map((vif) => vif.id);
  }

  /** @param card uuid of the network card. @default one that Ironic chooses among those without a connection */
  async attach(id: string, port: string, card?: string): Promise<void> {
    const body = { id: port, ...(card && { port_uuid: card }) };
    await this.cloud.request("baremetal", "POST", `/v1/nodes/${id}/vifs`, { ...since(card ? 67 : 28), body });
  }

  /** Does nothing where it is not attached, or the node is gone (400 is what a port that is not attached gives). */
  async detach(id: string, port: string): Promise<void> {
    const path = `/v1/nodes/${id}/vifs/${port}`;
    await this.cloud.request("baremetal", "DELETE", path, { ...since(28), absent: [400, 404] });
  }
}
