import * as fs from "node:fs/promises";
import * as path from "node:path";
import { UserError } from "../../../components/errors";
import {
  blobFile,
  blobsOf,
  hasBlob,
  readDocument,
  writeLayout,
  writeWhole,
  type Descriptor,
  type ImageDocument,
  type StoredImage,
} from "../../../components/images/layout";
import { imageName, Repository, type Login } from "../../../components/images/repository";
import { eachOf } from "../../each-of";
import { save } from "../download";
import { freeBytes } from "../free";

/** Blobs, and documents, that are fetched at the same time. */
const AT_ONCE = 4;

export interface ImagesWanted {
  references: string[];
  /** As Kubernetes names them; `all`: whatever the lists have for Linux. */
  architectures: string[];
  /** References that exist for one architecture alone → it. */
  single: ReadonlyMap<string, string>;
}

/** What is still to be fetched of images. */
interface Plan {
  images: StoredImage[];
  /** Digests of everything that belongs to them. */
  digests: Set<string>;
  lacking: { repository: Repository; blob: Descriptor }[];
}

interface Options {
  login?: Login;
  say: (line: string) => void;
}

/**
 * Makes a folder an OCI layout of exactly these images, by digest: what it has of them already stays, and only what is whole
 * counts. Without a change in the registries the same call gives the same bytes.
 * @throws UserError for what cannot be had, or does not find room, in one sentence
 */
export async function fetchImages(folder: string, wanted: ImagesWanted, options: Options): Promise<StoredImage[]> {
  const plan = await fetchInto(folder, wanted, options);
  await writeLayout(folder, plan.images);
  await clean(blobsFolder(folder), (name) => plan.digests.has(`sha256:${name}`));
  return plan.images;
}

/** Fetches what a layout lacks of images, and says nothing of them in it yet. @throws UserError as {@link fetchImages} */
export async function fetchInto(folder: string, wanted: ImagesWanted, { login, say }: Options): Promise<Plan> {
  const blobs = blobsFolder(folder);
  await fs.mkdir(blobs, { recursive: true });
  await clean(blobs, (name) => !name.endsWith(".partial"));
  const plan = await makePlan(folder, wanted, login);
  const bytes = plan.lacking.reduce((sum, { blob }) => sum + blob.size, 0);
  say(`${plan.images.length} images, of which ${gigabytes(bytes)} are still to be fetched.`);
  const free = freeBytes(folder);
  if (bytes > free) {
    throw new UserError(`${folder} has ${gigabytes(free)} free, but the images need ${gigabytes(bytes)}.`, 3);
  }
  let done = 0;
  await eachOf(plan.lacking, AT_ONCE, async ({ repository, blob }) => {
    await fetchBlob(folder, repository, blob);
    done += blob.size;
    say(`${gigabytes(done)} of ${gigabytes(bytes)}: ${repository.reference}`);
  });
  return plan;
}

function blobsFolder(folder: string): string {
  return path.join(folder, "blobs", "sha256");
}

async function makePlan(
  folder: string,
  { references, architectures, single }: ImagesWanted,
  login?: Login,
): Promise<Plan> {
  const plan: Plan = { images: [], digests: new Set(), lacking: [] };
  const planned = await eachOf(references, AT_ONCE, async (reference) => {
    const repository = new Repository(reference, login);
    const image = await describe(folder, repository);
    const own = single.get(reference);
    const chosen = await choose(folder, image, own === undefined ? architectures : [own]);
    const documents: ImageDocument[] = [];
    for (const each of chosen) {
      if (!hasBlob(folder, each)) await keepDocument(folder, repository, each.digest);
      documents.push((await readDocument(folder, each.digest)).body);
    }
    return { image, chosen, repository, blobs: documents.flatMap(blobsOf) };
  });
  for (const { image, chosen, repository, blobs } of planned) {
    plan.images.push(image);
    for (const { digest } of [image, ...chosen]) plan.digests.add(digest);
    for (const blob of blobs) {
      if (!plan.digests.has(blob.digest) && !hasBlob(folder, blob)) plan.lacking.push({ repository, blob });
      plan.digests.add(blob.digest);
    }
  }
  return plan;
}

/** What a reference leads to; a tag is asked for, even where it is known what it led to once. */
async function describe(folder: string, repository: Repository): Promise<StoredImage> {
  const { reference } = repository;
  const { tag, digest } = imageName(reference);
  const file = digest && blobFile(folder, digest);
  const known = file && (await fs.readFile(file).catch(() => undefined));
  if (known) {
    const { mediaType } = JSON.parse(known.toString()) as { mediaType?: string };
    if (mediaType !== undefined) return { reference, digest: digest!, mediaType, size: known.length };
  }
  return { reference, ...(await keepDocument(folder, repository, digest ?? tag ?? "latest")) };
}

async function keepDocument(folder: string, repository: Repository, name: string): Promise<Descriptor> {
  const { bytes, digest, mediaType } = await repository.manifest(name);
  await writeWhole(blobFile(folder, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}

/** The images of a list that are for these architectures. */
async function choose(folder: string, image: StoredImage, architectures: string[]): Promise<Descriptor[]> {
  const { body } = await readDocument(folder, image.digest);
  // Of an image that is no list nobody says for what it is.
  if (!body.manifests) return [image];
  const forLinux = body.manifests.filter(({ platform }) => platform?.os === "linux");
  if (architectures.includes("all")) return body.manifests;
  const has = [...new Set(forLinux.map(({ platform }) => platform!.architecture))];
  const lacks = architectures.filter((it) => !has.includes(it));
  if (lacks.length > 0) {
    throw new UserError(`${image.reference} is not there for ${lacks.join(", ")}: it is for ${has.join(", ")}.`);
  }
  return forLinux.filter(({ platform }) => architectures.includes(platform!.architecture!));
}

async function fetchBlob(folder: string, repository: Repository, { digest }: Descriptor): Promise<void> {
  const file = blobFile(folder, digest);
  const partial = `${file}.${process.pid}.partial`;
  const url = repository.url(`blobs/${digest}`);
  try {
    const sum = await save(url, partial, (signal) => repository.ask(`blobs/${digest}`, { signal }));
    if (`sha256:${sum}` !== digest) {
      throw new UserError(`${repository.reference}: ${url} is sha256:${sum}, another blob: nothing of it was kept.`);
    }
    await fs.rename(partial, file);
  } finally {
    await fs.rm(partial, { force: true });
  }
}

/** Removes the files of a folder that are not to stay. */
async function clean(folder: string, stays: (name: string) => boolean): Promise<void> {
  for (const name of await fs.readdir(folder)) if (!stays(name)) await fs.rm(path.join(folder, name));
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
