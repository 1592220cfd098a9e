import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../../errors";
import { imageName } from "../../images/repository";
import { isLayout, readLayout, type StoredImage } from "../../images/layout";
import { pushImage } from "../../images/push";
import { normalized } from "../../image-reference";
import { findContainerEngine, runKind, type ContainerEngine } from "./container-engine";
import { configDigest, ensureEngineImage, listArchivedImages, type ImageArchives } from "./image-archives";
import { REGISTRIES_FOLDER } from "./config";
import {
  clusterOf,
  findContainer,
  hasFile,
  listAllNodes,
  listNodes,
  REGISTRY_LABEL as OURS,
  REGISTRY_PROGRAM_LABEL as PROGRAM,
  volumeOf,
  writeFile,
  type Container,
} from "./containers";
import { requireFreePort } from "./port";
import { KIND_REGISTRY_PORT } from "./schema";
import { run } from "../tool";
import { REGISTRY_SERVER, REGISTRY_SERVER_DIGEST } from "../../registry-server";

/** Inputs of the registry beside a KinD cluster. */
export interface KindRegistryInputs {
  /** Identifier of the cluster: nodes that were made anew are told of the registry again. */
  cluster: string;
  clusterName: string;
  /** Name of the container. */
  name: string;
  /** Its host name as seen from nodes and pods, in a network of the cluster's own: there it has kind's usual port as well. @default name */
  host?: string;
  /** Port on 127.0.0.1 of this machine. */
  port: number;
  image: string;
  /** The nodes' image, which is not loaded into the nodes themselves. */
  nodeImage?: string;
  /** Images that the cluster finds without pulling them from afar. */
  imageArchives?: ImageArchives;
}

/** A change of it is another registry. */
export const replacedBy = ["name"];

const PORT = 5000;
const PUSH_PATIENCE = 900;

async function create(inputs: KindRegistryInputs): Promise<dynamic.CreateResult> {
  await ensure(inputs);
  return { id: inputs.name, outs: inputs };
}

async function update(_id: string, _olds: KindRegistryInputs, news: KindRegistryInputs): Promise<dynamic.UpdateResult> {
  await ensure(news);
  return { outs: news };
}

async function diff(id: string, olds: KindRegistryInputs, news: KindRegistryInputs): Promise<dynamic.DiffResult> {
  if (news.name !== id) return { changes: true, replaces: replacedBy, deleteBeforeReplace: true };
  const changes = !isDeepStrictEqual(identityOf(olds), identityOf(news));
  const container = await findContainer(await findContainerEngine(), id);
  return { changes: changes || !container?.running || (isOurs(container) && isOutdated(container)) };
}

async function read(id: string, state: KindRegistryInputs): Promise<dynamic.ReadResult> {
  return (await findContainer(await findContainerEngine(), id)) ? { id, props: state } : { id: "", props: {} };
}

/** Removes container and volume if they are ours, unless a cluster uses them (another one than the given). */
export async function removeRegistry(
  name: string,
  { clusterName, port }: Partial<KindRegistryInputs> & Pick<KindRegistryInputs, "port">,
): Promise<void> {
  const engine = await findContainerEngine();
  const container = await findContainer(engine, name);
  if (container && !isOurs(container)) return;
  for (const node of await listAllNodes(engine)) {
    // In another network the same address is another registry.
    if (container && !node.networks.some((it) => container.networks.includes(it))) continue;
    const uses = await hasFile(engine, node, hostsFile(`localhost:${String(port)}`));
    if (uses && clusterOf(node) !== clusterName) return;
  }
  if (container) await run(engine.name, ["rm", "--force", container.id]);
  await run(engine.name, ["volume", "rm", "--force", volumeOf(name)]);
}

export const provider: dynamic.ResourceProvider = { create, update, diff, read, delete: removeRegistry };

/** @throws UserError when the registry could not listen on its port */
export async function requireRegistryPort(
  engine: ContainerEngine,
  { name, port }: Pick<KindRegistryInputs, "name" | "port">,
): Promise<void> {
  const container = await findContainer(engine, name);
  const listens = container?.running && listensOn(container) === port;
  if (!listens) await requireFreePort(port, "cluster.registryPort");
}

/** What the registry is, without the place where the archives happen to lie. */
function identityOf({ cluster, port, image, imageArchives }: KindRegistryInputs): unknown {
  return { cluster, port, image, digest: imageArchives?.digest };
}

async function ensure(inputs: KindRegistryInputs): Promise<void> {
  const engine = await findContainerEngine();
  const nodes = await listNodes(engine, inputs.clusterName);
  if (nodes.length === 0) throw new UserError(`The kind cluster ${inputs.clusterName} went away: run it again.`);
  await ensureContainer(engine, inputs, nodes[0]!.networks[0]!);
  await waitUntilReady(inputs);
  for (const node of nodes) {
    const host = `${inputs.host ?? inputs.name}:${String(PORT)}`;
    // What a pod pushes under the registry's own name can be pulled by it as well.
    for (const address of [...addressesHere(inputs), host]) {
      const hosts = `[host."http://${host}"]\n`;
      await writeFile(engine, node, hostsFile(address), hosts);
    }
    for (const registry of new Set(bundledFor(inputs).map(({ reference }) => imageName(reference).registry))) {
      await writeFile(engine, node, hostsFile(registry), mirrorOf(registry, host));
    }
  }
  if (inputs.imageArchives) await loadArchives(engine, inputs, inputs.imageArchives.folder);
}

async function ensureContainer(engine: ContainerEngine, inputs: KindRegistryInputs, network: string): Promise<void> {
  const { name, port, image } = inputs;
  let container = await findContainer(engine, name);
  if (container && !isOurs(container)) {
    if (container.running && listensOn(container) === port) return connect(engine, container, network);
    throw new UserError(
      `A container ${name} exists that OKD Streams did not make, and it is no registry on port ${String(port)} ` +
        `(cluster.registryPort): remove it with \`${engine.name} rm --force ${name}\`.`,
    );
  }
  if (container && (imageOf(container) !== image || isOutdated(container) || listensOn(container) !== port)) {
    await run(engine.name, ["rm", "--force", container.id]);
    container = undefined;
  }
  if (container?.running) return connect(engine, container, network);
  await requireRegistryPort(engine, inputs);
  if (container) {
    await run(engine.name, ["start", container.id]);
    return connect(engine, container, network);
  }
  const known = await ensureEngineImage(engine, image, "the registry's image", inputs.imageArchives);
  const isBundle = bundledFor(inputs).length > 0;
  const alias = inputs.host ? ["--network-alias", inputs.host] : [];
  const options = [
    ...["--detach", "--restart", "always", "--name", name],
    ...["--label", `${OURS}=${image}`, "--label", `${PROGRAM}=${REGISTRY_SERVER_DIGEST}`],
    ...["--network", network, ...alias],
  ];
  const publish = ["--publish", `127.0.0.1:${String(port)}:${String(PORT)}`];
  const volume = ["--volume", `${volumeOf(name)}:/var/lib/registry`];
  const program = ["--entrypoint", "/bin/sh", known, "-c", REGISTRY_SERVER];
  await run(engine.name, ["run", ...options, ...(isBundle ? SPARSE_LISTS : []), ...publish, ...volume, ...program]);
}

async function connect(engine: ContainerEngine, { id, networks }: Container, network: string): Promise<void> {
  if (!networks.includes(network)) await run(engine.name, ["network", "connect", network, id]);
}

async function waitUntilReady({ name, port }: KindRegistryInputs): Promise<void> {
  const deadline = Date.now() + 60_000;
  const url = `http://127.0.0.1:${String(port)}/v2/`;
  while (!(await answers(url))) {
    if (Date.now() > deadline) throw new UserError(`The registry ${name} does not answer at ${url}.`);
    await sleep(200);
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(5000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** A list of images keeps its digest where only those of this machine's architecture are. */
const SPARSE_LISTS = ["--env", "REGISTRY_VALIDATION_MANIFESTS_INDEXES_PLATFORMS=none"];

/** Images of a layout that nodes pull from this registry, by the names that they have elsewhere. */
function bundledFor({ imageArchives, image, nodeImage }: KindRegistryInputs): StoredImage[] {
  if (!imageArchives || !isLayout(imageArchives.folder)) return [];
  return readLayout(imageArchives.folder).filter(({ reference }) => reference !== image && reference !== nodeImage);
}

/** What containerd reads: this registry has the images of another under that one's name. */
/** @param host with port, as nodes know this registry */
function mirrorOf(registry: string, host: string): string {
  return `[host."http://${host}/v2/${registry}"]\noverride_path = true\n`;
}

/** Images named after the registry are pushed into it, the others loaded into the nodes. */
async function loadArchives(engine: ContainerEngine, inputs: KindRegistryInputs, folder: string): Promise<void> {
  if (isLayout(folder)) {
    for (const image of bundledFor(inputs)) {
      await pushImage(folder, image, `127.0.0.1:${String(inputs.port)}/${normalized(image.reference)}`);
    }
    return;
  }
  const prefixes = addressesHere(inputs).map((address) => `${address}/`);
  const forNodes = new Set<string>();
  for (const { reference, archive } of await listArchivedImages(folder)) {
    const prefix = prefixes.find((it) => reference.startsWith(it));
    if (prefix) await push(inputs.port, reference.slice(prefix.length), reference, archive);
    else if (reference !== inputs.image && reference !== inputs.nodeImage) forNodes.add(archive);
  }
  for (const archive of forNodes) {
    const args = ["load", "image-archive", archive, "--name", inputs.clusterName];
    await runKind(engine, args, { seconds: PUSH_PATIENCE });
  }
}

async function push(port: number, image: string, reference: string, archive: string): Promise<void> {
  const digest = await configDigest(archive, reference);
  if ((await pushedDigest(port, image)) === digest) return;
  const target = `docker://127.0.0.1:${String(port)}/${image}`;
  const options = ["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"];
  await run("skopeo", [...options, `docker-archive:${archive}:${reference}`, target], { seconds: PUSH_PATIENCE });
}

/** Digest of the configuration of the image that the registry has under that name. */
async function pushedDigest(port: number, image: string): Promise<string | undefined> {
  const colon = image.lastIndexOf(":");
  const [repository, tag] = colon < 0 ? [image, "latest"] : [image.slice(0, colon), image.slice(colon + 1)];
  const response = await fetch(`http://127.0.0.1:${String(port)}/v2/${repository}/manifests/${tag}`, {
    headers: {
      accept: "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json",
    },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) return undefined;
  return ((await response.json()) as { config?: { digest?: string } }).config?.digest;
}

/** As it was named when the container was made: Podman shows an image under another of its names. Older ones of ours do not say. */
function imageOf({ labels, image }: Container): string {
  return labels[OURS] || image;
}

function listensOn({ ports }: Container): number | undefined {
  return ports[`${String(PORT)}/tcp`];
}

/** It runs another program than those of today: what it holds is in a volume, which stays. */
function isOutdated({ labels }: Container): boolean {
  return labels[PROGRAM] !== REGISTRY_SERVER_DIGEST;
}

function isOurs(container: Container): boolean {
  return OURS in container.labels;
}

/** How images in it are named that are pushed from this machine. */
function addressesHere({ port, host }: Pick<KindRegistryInputs, "port" | "host">): string[] {
  return [...new Set([port, ...(host ? [KIND_REGISTRY_PORT] : [])])].map((it) => `localhost:${String(it)}`);
}

function hostsFile(address: string): string {
  return `${REGISTRIES_FOLDER}/${address}/hosts.toml`;
}
