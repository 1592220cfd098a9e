import type { OpenStack } from "./client";
import { deploymentIn } from "./deployment";
import { EsiLeap } from "./esi-leap";
import { Ironic } from "./ironic";
import { hasEnded, release } from "./leases";
import { markIn, markInDescription, type Mark } from "./marks";
import { Neutron } from "./neutron";
import { undeploy } from "./undeploy";

/** Something of OpenStack's that bears the mark of a stack. */
export interface Marked {
  /** What it is: `lease`, `floating IP`. */
  sort: string;
  /** The id by which a stack's state knows it. */
  id: string;
  /** What it is within the stack. */
  name: string;
  /** For people: a node's name, an address, an end. */
  detail: string;
}

/** A sort of things that bear marks: how they are found, and freed. */
interface Sort<T> {
  sort: string;
  list: (cloud: OpenStack, project: string) => Promise<T[]>;
  mark: (thing: T) => Mark | undefined;
  id: (thing: T) => string;
  detail: (thing: T) => string;
  free: (cloud: OpenStack, thing: T) => Promise<void>;
}

interface Described {
  id: string;
  name: string;
  description: string;
  device_owner: string;
  device_id: string;
  port_id: string;
  network_id: string;
  floating_ip_address: string;
  fixed_ips: { ip_address: string }[];
}

interface Image extends Record<string, unknown> {
  id: string;
  name: string;
}

/** Of Neutron's things: all have a description, and their collection's name is their path. */
function neutronSort(
  sort: string,
  collection: string,
  more: Partial<Pick<Sort<Described>, "detail" | "free">> = {},
): Sort<Described> {
  const path = `/v2.0/${collection}`;
  return {
    sort,
    list: async (cloud, project) => {
      const query = new URLSearchParams({ project_id: project }).toString();
      // Not every site has trunks.
      const found = await cloud.request<Record<string, Described[]>>("network", "GET", `${path}?${query}`, {
        absent: [404],
      });
      return found?.[collection] ?? [];
    },
    mark: ({ description }) => markInDescription(description),
    id: ({ id }) => id,
    detail: ({ name }) => name,
    free: async (cloud, { id }) => {
      await cloud.request("network", "DELETE", `${path}/${id}`, { absent: [404] });
    },
    ...more,
  };
}

const deployments: Sort<Awaited<ReturnType<Ironic["nodes"]>>[number]> = {
  sort: "deployment",
  list: (cloud) => new Ironic(cloud).nodes(),
  mark: ({ instance_info }) => markIn(instance_info),
  id: (node) => deploymentIn(node) ?? node.uuid,
  detail: ({ uuid, name, provision_state }) => `node ${name ?? uuid}, ${provision_state}`,
  free: (cloud, node) => undeploy(new Ironic(cloud), node.uuid, markIn(node.instance_info)),
};

const images: Sort<Image> = {
  sort: "image",
  list: async (cloud, project) => {
    const query = new URLSearchParams({ owner: project, limit: "1000" }).toString();
    return (await cloud.request<{ images: Image[] }>("image", "GET", `/v2/images?${query}`)).images;
  },
  mark: markIn,
  id: ({ id }) => id,
  detail: ({ name }) => name,
  free: async (cloud, { id }) => {
    await cloud.request("image", "DELETE", `/v2/images/${id}`, { absent: [404] });
  },
};

const leases: Sort<Awaited<ReturnType<EsiLeap["leases"]>>[number]> = {
  sort: "lease",
  list: async (cloud, project) =>
    (await new EsiLeap(cloud).leases()).filter((lease) => lease.project_id === project && !hasEnded(lease)),
  mark: ({ properties }) => markIn(properties),
  id: ({ uuid }) => uuid,
  detail: ({ resource, resource_uuid, end_time }) => `node ${resource ?? resource_uuid}, until ${end_time} UTC`,
  free: release,
};

/** Something that bears a stack's mark, and what frees it. */
export type Leftover = Marked & { free: () => Promise<void> };

type Finder = (stack: string, cloud: OpenStack, project: string) => Promise<Leftover[]>;

function finder<T>({ sort, list, mark, id, detail, free }: Sort<T>): Finder {
  return async (stack, cloud, project) =>
    (await list(cloud, project))
      .flatMap((thing) => {
        const found = mark(thing);
        if (found?.stack !== stack) return [];
        const marked = { sort, id: id(thing), name: found.name, detail: detail(thing) };
        return [{ ...marked, free: () => free(cloud, thing) }];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** In the order in which they can be freed: what stands on something goes before it. */
const FINDERS: Finder[] = [
  finder(deployments),
  finder(neutronSort("floating IP", "floatingips", { detail: ({ floating_ip_address: address }) => address })),
  finder(neutronSort("trunk", "trunks", { free: freeTrunk })),
  finder(
    neutronSort("port", "ports", {
      detail: ({ fixed_ips: addresses }) => addresses.map(({ ip_address: address }) => address).join(", "),
      free: freePort,
    }),
  ),
  finder(neutronSort("router", "routers", { free: freeRouter })),
  finder(neutronSort("network", "networks", { free: freeNetwork })),
  finder(images),
  finder(leases),
];

/** Everything in the cloud that bears the mark of a stack, in the order in which it can be freed. */
export async function markedBy(stack: string, cloud: OpenStack): Promise<Leftover[]> {
  const project = (await cloud.projectId()) ?? "";
  return (await Promise.all(FINDERS.map((find) => find(stack, cloud, project)))).flat();
}

/** A node's connection is taken off the node first; a tenant may not delete it as long as Ironic is its owner. */
async function freePort(cloud: OpenStack, { id }: Described): Promise<void> {
  await detach(cloud, id);
  await new Neutron(cloud).deletePort(id);
}

/** Its ports are freed after it. */
async function freeTrunk(cloud: OpenStack, { id, port_id }: Described): Promise<void> {
  await detach(cloud, port_id);
  await new Neutron(cloud).deleteTrunk(id);
}

async function detach(cloud: OpenStack, port: string): Promise<void> {
  const ironic = new Ironic(cloud);
  for (const { uuid } of await ironic.nodes()) {
    if ((await ironic.attached(uuid)).includes(port)) await ironic.detach(uuid, port);
  }
}

async function freeRouter(cloud: OpenStack, { id }: Described): Promise<void> {
  await leaveRouters(cloud, { device_id: id });
  await cloud.request("network", "DELETE", `/v2.0/routers/${id}`, { absent: [404] });
}

/** It may hang on a router that somebody else made. Its subnets go with it. */
async function freeNetwork(cloud: OpenStack, { id }: Described): Promise<void> {
  await leaveRouters(cloud, { network_id: id });
  await cloud.request("network", "DELETE", `/v2.0/networks/${id}`, { absent: [404] });
}

async function leaveRouters(cloud: OpenStack, filter: Record<string, string>): Promise<void> {
  const query = new URLSearchParams({ ...filter, device_owner: "network:router_interface" }).toString();
  const { ports } = await cloud.request<{ ports: Described[] }>("network", "GET", `/v2.0/ports?${query}`);
  for (const { id, device_id: router } of ports) {
    const path = `/v2.0/routers/${router}/remove_router_interface`;
    await cloud.request("network", "PUT", path, { body: { port_id: id }, absent: [404] });
  }
}
