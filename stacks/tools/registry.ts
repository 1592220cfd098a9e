import { execFile } from "node:child_process";
import { gunzipSync } from "node:zlib";
import { UserError } from "../../components/errors";
import { digestOf, imageName, Repository } from "../../components/images/repository";

/** What gzip begins with. */
const GZIP = Buffer.from([0x1f, 0x8b]);

/** Milliseconds that a layer may take. */
const BLOB = 600_000;

/** What a registry has under a tag. */
export interface Found {
  /** Of the list of all architectures, or of the only image. */
  digest: string;
  architectures: string[];
}

interface Platform {
  platform?: { architecture?: string; os?: string };
}

/**
 * Asks a public registry, as a stranger, what is under a tag or a digest.
 * @param reference `registry/repository:tag`, or with a digest
 * @throws UserError no answer, no such tag, an answer that is none
 */
export async function resolveTag(reference: string): Promise<Found> {
  const repository = new Repository(reference);
  const { digest, body } = await repository.manifest(wantedOf(reference));
  if (Array.isArray(body.manifests)) {
    const architectures = (body.manifests as Platform[]).flatMap(({ platform: { architecture = "", os } = {} }) =>
      os === "linux" ? [architecture] : [],
    );
    return { digest, architectures: [...new Set(architectures)].sort() };
  }
  const { config } = body as { config?: { digest?: string } };
  if (config?.digest === undefined) {
    throw new UserError(`${reference}: ${new URL(repository.url("")).host} answers no manifest`);
  }
  const { architecture } = (await repository.json(config.digest)).body;
  return { digest, architectures: typeof architecture === "string" ? [architecture] : [] };
}

/** What a release says of its components. */
interface ImageReferences {
  spec?: { tags?: { name: string; from?: { name?: string } }[] };
}

/**
 * The image that a release of OKD has for one of its components, by the release's own list.
 * @param release its image, by tag or digest
 * @returns the image by digest
 * @throws UserError no answer, or no release, or none with such a component
 */
export async function componentOf(release: string, component: string): Promise<string> {
  const repository = new Repository(release);
  let { body } = await repository.manifest(wantedOf(release));
  if (Array.isArray(body.manifests)) {
    // All of a list have the same components.
    const [first] = body.manifests as { digest: string }[];
    ({ body } = await repository.manifest(first!.digest));
  }
  const layers = Array.isArray(body.layers) ? (body.layers as { digest: string }[]) : [];
  // The last one has what makes it a release.
  for (const { digest } of layers.reverse()) {
    const text = await fileIn(await blob(repository, digest), "release-manifests/image-references");
    if (text === undefined) continue;
    const { spec } = JSON.parse(text) as ImageReferences;
    const found = spec?.tags?.find(({ name }) => name === component)?.from?.name;
    if (found === undefined) throw new UserError(`${release} has no component ${component}`);
    return found;
  }
  throw new UserError(`${release} is no release: it has no release-manifests/image-references`);
}

function wantedOf(reference: string): string {
  const { tag, digest } = imageName(reference);
  return digest ?? tag!;
}

async function blob(repository: Repository, digest: string): Promise<Buffer> {
  const response = await repository.ask(`blobs/${digest}`, { signal: AbortSignal.timeout(BLOB) });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200 || digestOf(bytes) !== digest) {
    throw new UserError(`${repository.reference}: ${repository.url(`blobs/${digest}`)} is not what its digest says`);
  }
  return bytes;
}

/** A file of a layer; undefined where it has none of that path. */
function fileIn(layer: Buffer, path: string): Promise<string | undefined> {
  const archive = layer.subarray(0, 2).equals(GZIP) ? gunzipSync(layer) : layer;
  return new Promise((resolve) => {
    const tar = execFile("tar", ["-xOf", "-", path], { maxBuffer: 1 << 28 }, (error, text) => {
      resolve(error ? undefined : text);
    });
    // It ends early where it has found its file.
    tar.stdin!.on("error", () => undefined).end(archive);
  });
}
