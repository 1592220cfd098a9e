import type { OpenStack } from "./client";

/** A port, as far as it is used. */
export interface Port {
  id: string;
  name: string;
  description: string;
  network_id: string;
  mac_address: string;
  device_owner: string;
  fixed_ips: { subnet_id: string; ip_address: string }[];
}

export interface NewPort {
  network_id: string;
  name: string;
  description: string;
  fixed_ips?: { subnet_id?: string; ip_address?: string }[];
}

/** A port that carries further networks, by tags. */
export interface Trunk {
  id: string;
  name: string;
  description: string;
  port_id: string;
  sub_ports: { port_id: string; segmentation_id: number }[];
}

interface NewTrunk extends Pick<Trunk, "name" | "description" | "port_id"> {
  /** A tag that is inherited is the network's own at the site. */
  sub_ports: { port_id: string; segmentation_type: string }[];
}

export class Neutron {
  constructor(private readonly cloud: OpenStack) {}

  async ports(filter: Partial<Pick<Port, "name" | "description" | "network_id">>): Promise<Port[]> {
    const query = new URLSearchParams(filter).toString();
    return (await this.cloud.request<{ ports: Port[] }>("network", "GET", `/v2.0/ports?${query}`)).ports;
  }

  async port(id: string): Promise<Port | undefined> {
    const answer = await this.cloud.request<{ port: Port }>("network", "GET", `/v2.0/ports/${id}`, { absent: [404] });
    return answer?.port;
  }

  async createPort(port: NewPort): Promise<Port> {
    return (await this.cloud.request<{ port: Port }>("network", "POST", "/v2.0/ports", { body: { port } })).port;
  }

  /** A port whose owner Ironic has set cannot be deleted by a tenant: the owner is taken off first. */
  async deletePort(id: string): Promise<void> {
    const path = `/v2.0/ports/${id}`;
    const body = { port: { device_owner: "" } };
    if ((await this.port(id))?.device_owner) {
      await this.cloud.request("network", "PUT", path, { body, absent: [404], repeatable: true });
    }
    await this.cloud.request("network", "DELETE", path, { absent: [404] });
  }

  async trunks(filter: { port_id: string }): Promise<Trunk[]> {
    const query = new URLSearchParams(filter).toString();
    return (await this.cloud.request<{ trunks: Trunk[] }>("network", "GET", `/v2.0/trunks?${query}`)).trunks;
  }

  async createTrunk(trunk: NewTrunk): Promise<Trunk> {
    return (await this.cloud.request<{ trunk: Trunk }>("network", "POST", "/v2.0/trunks", { body: { trunk } })).trunk;
  }

  /** Its port has to be detached first, and its ports go after it. */
  async deleteTrunk(id: string): Promise<void> {
    await this.cloud.request("network", "DELETE", `/v2.0/trunks/${id}`, { absent: [404] });
  }

  async subnet(id: string): Promise<{ cidr: string }> {
    return (await this.cloud.request<{ subnet: { cidr: string } }>("network", "GET", `/v2.0/subnets/${id}`)).subnet;
  }

  async network(id: string): Promise<{ mtu: number }> {
    return (await this.cloud.request<{ network: { mtu: number } }>("network", "GET", `/v2.0/networks/${id}`)).network;
  }
}
