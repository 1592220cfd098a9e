import { z } from "zod";
import { image, name, text, url, version } from "../../formats";
import { isSshKey } from "./keys";
import { parseAddress, parseNetwork, parseRange } from "./ipv4";

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "an id such as openstack shows it");
const ipv4 = z.string().refine((text) => parseAddress(text) !== undefined, "an IPv4 address");

/** A name as DNS takes it, or an address. */
const TIME_SERVER = /^((?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*|[0-9a-f]*:[0-9a-f:.]+)$/;

/** As the installer takes them. */
const NO_PROXY = /^(\*|\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(\/\d{1,2})?)$/;

const nodes = z.strictObject({
  controlPlanes: z.int().min(1).max(5).default(3).describe("control-plane nodes, 1 or 3 to 5"),
  workers: z.int().min(0).max(50).default(0).describe("further nodes, 0 to 50"),
  resourceClass: text.optional().describe("class of the machines to claim, as `npm run capacity` shows them"),
  properties: z
    .array(z.string().regex(/^[\w.:-]+\s*(>=|<=|!=|=|>|<)\s*\S+$/, "a condition such as memory_mb>=65536"))
    .default([])
    .describe("conditions on the machines to claim, as memory_mb>=65536"),
  leases: z
    .array(uuid)
    .min(1)
    .optional()
    .describe("ids of leases that you were granted, one for each node, control planes first; nothing is claimed then"),
  own: z
    .array(text)
    .min(1)
    .optional()
    .describe(
      "names or ids of machines that your project owns and leases to itself, one for each node, control planes first",
    ),
  rootDevice: z
    .string()
    .regex(
      /^\/dev\/([^/\s]+|disk\/by-path\/[^/\s]+)$/,
      "/dev/NAME or /dev/disk/by-path/NAME, as the installer takes no other",
    )
    .optional()
    .describe(
      "disk that OKD is written to, as /dev/sda or /dev/disk/by-path/…, instead of the one that its installer chooses",
    ),
  cards: z
    .array(text)
    .min(1)
    .optional()
    .describe(
      "cards to connect instead of those that Ironic chooses, by name, MAC address or physical network; of each node the first that is among them",
    ),
});

const network = z.strictObject({
  cidr: z
    .string()
    .refine((text) => parseNetwork(text) !== undefined, "a network such as 192.168.20.0/24")
    .describe("its addresses, as 192.168.20.0/24"),
  existing: uuid.optional().describe("id of a network that exists; without it one is made"),
  allocationPool: z
    .string()
    .refine((text) => parseRange(text) !== undefined, "a range such as 192.168.20.10-192.168.20.99")
    .optional()
    .describe("addresses that nodes get, as 192.168.20.10-192.168.20.99; of a network that is made"),
  gateway: ipv4.optional().describe("the router's address instead of the first one; a network that exists has its own"),
  mtu: z
    .int()
    .min(1280)
    .max(9216)
    .optional()
    .describe("bytes of the largest packet instead of 1500, or of what a network that exists takes"),
  dns: z
    .enum(["records", "hosts"])
    .default("records")
    .describe(
      "what leads to OKD, records that you make, or addresses themselves, for a laboratory without DNS and with several control planes",
    ),
  tagged: z
    .array(uuid)
    .min(1)
    .max(16)
    .optional()
    .describe(
      "ids of networks that exist and that nodes are in too, as tagged VLANs on the same card, for storage; the site has to have trunks",
    ),
  nameservers: z.array(ipv4).min(1).describe("name servers of the nodes"),
  external: text
    .optional()
    .describe("network through which nodes reach the world and are reached; needed for a network that is made"),
  sharedAddress: z
    .boolean()
    .default(false)
    .describe(
      "whether API and routes have one floating address, whose ports lead there, instead of one each; with several control planes",
    ),
  router: uuid.optional().describe("id of a router that exists instead of one of its own"),
  api: ipv4.optional().describe("address of OKD's API, outside the pool; with several control planes"),
  ingress: ipv4.optional().describe("address of OKD's routes, outside the pool; with several control planes"),
});

const okd = z.strictObject({
  version: version.describe('major and minor in quotes, as "4.20"; that of openshift-install on PATH'),
  releaseImage: image.optional().describe("release that is installed instead of the installer's own"),
  baseDomain: z
    .string()
    .max(200)
    .regex(/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/, "a domain such as example.org")
    .describe("the API is api.<stack>.<baseDomain>"),
  pullSecret: name
    .optional()
    .describe("entry of secrets whose key pullSecret has the pull secret; public registries need none"),
  ironicProject: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "the id of a project")
    .optional()
    .describe(
      "id of the project of the site's Ironic, which the ISO's image in Glance is shared with; needed, or okd.iso, where Ironic is of 2025 or newer",
    ),
  iso: z
    .strictObject({
      folder: text.describe("folder of this machine that it serves"),
      url: url.describe("URL of that folder, in reach of the machines' management"),
    })
    .optional()
    .describe("web server of yours that machines boot the installer's ISO from, instead of a private image in Glance"),
  bootArtifactsBaseURL: url
    .optional()
    .describe(
      "web server of yours that nodes which boot by iPXE get agent.x86_64-rootfs.img from, instead of OKD's own; okd.iso.folder gets the file where it is set",
    ),
  proxy: z
    .strictObject({
      http: url
        .regex(/^http:/, "an http URL without credentials")
        .optional()
        .describe("URL of the proxy for http"),
      https: url.optional().describe("URL of the proxy for https"),
      noProxy: z
        .array(z.string().regex(NO_PROXY, "a domain, an address, a network, or *"))
        .min(1)
        .optional()
        .describe("domains, addresses and networks that are reached without; the cluster's own are anyway"),
    })
    .optional()
    .describe("proxies through which nodes and cluster reach the world"),
  trustBundle: text
    .optional()
    .describe("file, PEM, with certificates of authorities that nodes and cluster trust beside the usual ones"),
  ntp: z
    .array(z.string().regex(TIME_SERVER, "a name or address"))
    .min(1)
    .optional()
    .describe("time servers of the nodes"),
});

const nodeImage = z.strictObject({
  source: z
    .string()
    .regex(/^([0-9a-f-]{36}|https?:\/\/[^\s@]+)$/, "an id in Glance, or an http or https URL without credentials")
    .describe("its id in Glance, or a URL"),
  checksum: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "a SHA-256 sum")
    .optional()
    .describe("SHA-256 of an image by URL"),
  kubeconfig: text.describe("file that you put the kubeconfig of its cluster into"),
});

/** What a stack says of a cluster on bare metal of the MOC. */
export const mocSettings = z
  .strictObject({
    type: z.literal("moc"),
    cloud: text.default("openstack").describe("name of the cloud in clouds.yaml"),
    lifetime: z
      .string()
      .regex(/^[1-9]\d*[hd]$/, "a time such as 8h or 2d")
      .optional()
      .describe("how long claimed nodes are kept, as 8h or 2d; nobody but an administrator can extend it"),
    nodes: nodes.prefault({}).describe("the machines"),
    network: network.describe("the network that the nodes are attached to"),
    okd: okd.optional().describe("OKD that is installed on the nodes; this or image"),
    image: nodeImage.optional().describe("an image that brings a Kubernetes of its own"),
    sshKey: z
      .string()
      .refine(isSshKey, "a public SSH key, whole and of its type, as ssh-keygen writes it")
      .optional()
      .describe("public SSH key that may log in to nodes"),
  })
  .describe(
    "a cluster on bare metal of the Mass Open Cloud, or another site that runs ESI (components/clusters/moc/README.md)",
  );

export type MocSettings = z.output<typeof mocSettings>;
