import { z } from "zod";
import { parseAddress, parseNetwork, parseRange } from "../../components/clusters/moc/ipv4";
import type { Release } from "../../components/streams/release/release";
import type { RpmSource } from "../../components/streams/scos/stream";
import { layer } from "./layer";

// Every key, its type and its default stand in Pulumi.yaml too, with what they mean: a test holds both against each other.
// The message of a format says what is allowed: it ends a sentence of problems.ts.

/** Stands for a value that only Pulumi's engine can decrypt. */
export const SECRET = "[secret]";

const text = z.string().min(1);
const name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "lower-case letters, digits and dashes");
const port = z.int().min(1).max(65535);
const quantity = z.string().regex(/^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/, "a quantity such as 40Gi");
const image = z.string().regex(/^[^\s-]\S*[:@]\S+$/, "an image reference with a tag or digest");
const host = z.string().regex(/^[\w.-]+(:\d+)?(\/[\w./-]+)?$/, "host[:port][/path] without a scheme");
const url = z.string().regex(/^https?:\/\/[^\s@]+$/, "an http or https URL without credentials");
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "an id such as openstack shows it");
const ipv4 = z.string().refine((text) => parseAddress(text) !== undefined, "an IPv4 address");
const cron = z
  .string()
  .regex(/^@(hourly|daily|weekly|monthly|yearly)$|^[\d*/,A-Za-z-]+( [\d*/,A-Za-z-]+){4}$/, "a cron expression");
const architecture = z.enum(["amd64", "arm64", "ppc64le", "s390x"]);
const architectures = z.array(architecture).min(1).optional();

const kindCluster = z.strictObject({
  type: z.literal("kind"),
  name: name.default("okd-streams"),
  controlPlanes: z.int().min(1).max(5).default(1),
  workers: z.int().min(0).max(20).default(0),
  nodeImage: image.optional(),
  mounts: z
    .array(z.strictObject({ hostPath: text, containerPath: text, readOnly: z.boolean().default(false) }))
    .default([]),
  ports: z
    .array(z.strictObject({ host: port, container: port, protocol: z.enum(["TCP", "UDP"]).default("TCP") }))
    .default([]),
  registryPort: port.default(5001),
});

const existingCluster = z.strictObject({
  type: z.literal("existing"),
  kubeconfig: text.optional(),
  context: text.optional(),
  architectures,
  kvm: z.boolean().optional(),
  storageClass: text.optional(),
});

const mocNodes = z.strictObject({
  controlPlanes: z.int().min(1).max(5).default(3),
  workers: z.int().min(0).max(50).default(0),
  resourceClass: text.optional(),
  properties: z
    .array(z.string().regex(/^[\w.:-]+\s*(>=|<=|!=|=|>|<)\s*\S+$/, "a condition such as memory_mb>=65536"))
    .default([]),
  leases: z.array(uuid).min(1).optional(),
  rootDevice: z
    .string()
    .regex(
      /^\/dev\/([^/\s]+|disk\/by-path\/[^/\s]+)$/,
      "/dev/NAME or /dev/disk/by-path/NAME, as the installer takes no other",
    )
    .optional(),
  cards: z.array(text).min(1).optional(),
});

const mocNetwork = z.strictObject({
  cidr: z.string().refine((text) => parseNetwork(text) !== undefined, "a network such as 192.168.20.0/24"),
  existing: uuid.optional(),
  allocationPool: z
    .string()
    .refine((text) => parseRange(text) !== undefined, "a range such as 192.168.20.10-192.168.20.99")
    .optional(),
  gateway: ipv4.optional(),
  mtu: z.int().min(1280).max(9216).optional(),
  dns: z.enum(["records", "hosts"]).default("records"),
  nameservers: z.array(ipv4).min(1),
  external: text.optional(),
  router: uuid.optional(),
  api: ipv4.optional(),
  ingress: ipv4.optional(),
});

const okd = z.strictObject({
  version: z.string().regex(/^\d+\.\d+$/, 'major.minor in quotes, such as "4.20"'),
  releaseImage: image.optional(),
  baseDomain: z
    .string()
    .max(200)
    .regex(/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/, "a domain such as example.org"),
  pullSecret: name.optional(),
  ironicProject: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "the id of a project")
    .optional(),
  iso: z.strictObject({ folder: text, url }).optional(),
  bootArtifactsBaseURL: url.optional(),
  ntp: z
    .array(z.string().regex(/^[A-Za-z0-9.:-]+$/, "a name or address"))
    .min(1)
    .optional(),
});

const nodeImage = z.strictObject({
  source: z
    .string()
    .regex(/^([0-9a-f-]{36}|https?:\/\/[^\s@]+)$/, "an id in Glance, or an http or https URL without credentials"),
  checksum: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "a SHA-256 sum")
    .optional(),
  kubeconfig: text,
});

const mocCluster = z.strictObject({
  type: z.literal("moc"),
  cloud: text.default("openstack"),
  lifetime: z
    .string()
    .regex(/^[1-9]\d*[hd]$/, "a time such as 8h or 2d")
    .optional(),
  nodes: mocNodes.prefault({}),
  network: mocNetwork,
  okd: okd.optional(),
  image: nodeImage.optional(),
  sshKey: z
    .string()
    .regex(/^(ssh|ecdsa|sk)-\S+ \S+/, "a public SSH key")
    .optional(),
});

const partFields = {
  version: z
    .string()
    .regex(/^v?\d+(\.\d+){1,2}(-[\w.]+)?$/, "a version such as 1.15.0, in quotes")
    .optional(),
  manifests: z.array(text).min(1).optional(),
};
const partMode = z.enum(["install", "use", "auto", "none"]);
const part = z.strictObject({ mode: partMode.default("auto"), ...partFields }).prefault({});

const registry = z.strictObject({
  mode: z.enum(["auto", "install", "external"]).default("auto"),
  address: host.optional(),
  insecure: z.boolean().default(false),
  credentialsSecret: name.optional(),
  size: quantity.default("50Gi"),
});

const platform = z.strictObject({
  tektonPipelines: part,
  tektonTriggers: part,
  argoCd: part,
  tektonDashboard: z.strictObject({ mode: partMode.default("none"), ...partFields }).prefault({}),
  storage: part,
  registry: registry.prefault({}),
  kvmDevicePlugin: z.enum(["auto", "install", "use", "none"]).default("auto"),
  nodeConfiguration: z.enum(["auto", "install", "none"]).default("auto"),
});

const gitSource = z.strictObject({
  repository: z
    .string()
    .regex(/^(?!-)(?!https?:\/\/[^/\s]*@)\S+$/, "what git clone takes: a URL without credentials, or a path"),
  branch: z.string().regex(/^(?![-/.])[\w./-]+$/, "the name of a branch"),
});

const rpmsFrom = z
  .strictObject({ image: image.optional(), secret: name.optional() })
  .refine(({ image, secret }) => (image === undefined) !== (secret === undefined), "exactly one of image and secret")
  .transform((source) => source as RpmSource);

const stream = z.strictObject({
  version: z.string().regex(/^\d+\.\d+$/, 'major.minor in quotes, such as "4.20"'),
  recipe: z.enum(["base-node", "one-stage"]).optional(),
  variant: z.string().regex(/^[a-z0-9][-.a-z0-9]*$/, "the name of a variant, such as c9s"),
  base: gitSource.optional(),
  node: gitSource,
  rpmsFrom: rpmsFrom.optional(),
  channel: name.default("next"),
  architectures,
  schedule: cron.optional(),
  storage: z.strictObject({ size: quantity.default("40Gi"), storageClass: text.optional() }).prefault({}),
  bootImages: z.boolean().default(true),
  tests: z.boolean().default(true),
});

const publication = z.strictObject({
  pushSecret: name,
  signing: z.strictObject({ secret: name, key: text }),
  github: z
    .strictObject({
      repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "organisation/repository"),
      app: z.string().regex(/^\d+$/, "a number in quotes"),
      installation: z.string().regex(/^\d+$/, "a number in quotes"),
      secret: name,
      latest: z.boolean().default(false),
      api: url.optional(),
    })
    .optional(),
  channel: z
    .strictObject({ cluster: url, project: name.default("origin"), imageStream: name, secret: name })
    .optional(),
});

const payloadSource = z
  .strictObject({
    stream: z
      .string()
      .regex(/^[a-z0-9][-.a-z0-9]*$/, "a release controller's stream")
      .optional(),
    image: z
      .string()
      .regex(/^[\w.-]+(:\d+)?\/[\w./-]+(@sha256:[0-9a-f]{64}|:[\w.-]+)$/, "a release image by digest or tag")
      .optional(),
  })
  .refine(({ stream, image }) => (stream === undefined) !== (image === undefined), "exactly one of stream and image")
  .transform((source) => source as Release["from"]);

const release = z.strictObject({
  // A part of names of runs, which are labels too: with an id no longer than 63 characters.
  name: name.max(26),
  from: payloadSource,
  controller: url.optional(),
  target: z.string().regex(/^[a-z0-9][-.a-z0-9]*$/, "a stream to release into, such as 4-scos-next"),
  repositories: z.strictObject({ content: host, release: host }),
  signatures: z.strictObject({ store: url, key: url }).optional(),
  verdict: z
    .strictObject({
      key: z.string().regex(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+-----END PUBLIC KEY-----\n?$/, "a public key in PEM"),
      repository: host.optional(),
    })
    .optional(),
  schedule: z
    .strictObject({ cron, weeks: z.int().min(1).max(52).default(1), since: z.iso.date().optional() })
    .optional(),
  after: z
    .strictObject({
      release: name,
      minutes: z
        .int()
        .min(0)
        .max(7 * 24 * 60)
        .default(30),
    })
    .optional(),
  publish: publication.optional(),
  storage: z.strictObject({ size: quantity.default("4Gi"), storageClass: text.optional() }).prefault({}),
});

const peer = { address: url, secret: name };

// Pulumi's engine wants a value or a default for each key that Pulumi.yaml describes: what is off is {} or "" there.
const offWhenEmpty = <T extends z.ZodType>(settings: T) =>
  z.preprocess((value) => (isEmpty(value) ? undefined : value), settings.optional());

function isEmpty(value: unknown): boolean {
  return value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

/** A stack's configuration: the keys of `stacks/Pulumi.<stack>.yaml`, without `okd-streams:`. */
export const configurationSchema = z.strictObject({
  cluster: z.discriminatedUnion("type", [kindCluster, existingCluster, mocCluster]),
  platform: platform.prefault({}),
  streams: z.array(stream).prefault([]),
  layers: z.array(layer.extend({ architectures })).prefault([]),
  releases: z.array(release).prefault([]),
  images: z.record(name, image).default({}),
  imageMirror: offWhenEmpty(host),
  kvm: z.enum(["auto", "emulate", "none"]).default("auto"),
  push: z.strictObject({ enabled: z.boolean().default(true), repository: host.optional() }).prefault({}),
  s3: offWhenEmpty(z.strictObject({ bucket: text, endpoint: url, secret: name })),
  matrix: offWhenEmpty(z.strictObject({ room: text, endpoint: url, secret: name })),
  events: z
    .strictObject({
      enabled: z.boolean().default(false),
      expireAfterHours: z.int().min(1).default(48),
      reconcileSeconds: z.int().min(5).default(60),
      replicas: z.int().min(1).max(5).default(2),
      spokes: z.array(z.strictObject({ architectures: z.array(architecture).min(1), ...peer })).default([]),
      hub: z.strictObject(peer).optional(),
      keepRuns: z.int().min(1).default(10),
      git: z
        .strictObject({ enabled: z.boolean().default(false), pullRequests: z.boolean().default(false) })
        .prefault({}),
    })
    .prefault({}),
  rehearsal: z.boolean().default(false),
  secrets: z
    .record(name, z.record(z.string(), z.literal(SECRET)))
    .default({})
    // Only the names: see secrets.ts for the values.
    .transform((secrets) =>
      Object.fromEntries(Object.entries(secrets).map(([name, keys]) => [name, Object.keys(keys)])),
    ),
  backend: z
    .string()
    .regex(/^(local|(file|https?|s3|gs|azblob):\/\/[^\s@]+)$/, "local, or a URL that `pulumi login` takes")
    .default("local"),
  confirmLocalBackend: z.boolean().default(false),
  secretsProvider: z
    .string()
    .regex(
      /^(passphrase|default|(awskms|azurekeyvault|gcpkms|hashivault):\/\/\S+)$/,
      "passphrase, default or a key's URL",
    )
    .default("passphrase"),
});

/** What the program is given. Plain: `secrets` has only the names of Secrets and of their keys. */
export type Configuration = z.output<typeof configurationSchema>;

export type ClusterConfiguration = Configuration["cluster"];
