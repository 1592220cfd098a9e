import { existsSync, readFileSync, statSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors";
import { digestOf } from "./repository";

// Images in a folder as skopeo and others read them: https://github.com/opencontainers/image-spec/blob/main/image-layout.md

/** What a document refers to another by. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { architecture?: string; os?: string };
  annotations?: Record<string, string>;
  urls?: string[];
}

/** An image of a layout: of all its architectures that are there. */
export interface StoredImage extends Descriptor {
  /** As a stack names it. */
  reference: string;
}

/** A list of images, or an image, as far as it is read. */
export interface ImageDocument {
  manifests?: Descriptor[];
  config?: Descriptor;
  layers?: Descriptor[];
}

const INDEX = "index.json";
const NAME = "org.opencontainers.image.ref.name";

export function isLayout(folder: string): boolean {
  return existsSync(join(folder, INDEX));
}

/** The images of a layout, by their references. @throws UserError where it cannot be understood */
export function readLayout(folder: string): StoredImage[] {
  const file = join(folder, INDEX);
  try {
    const { manifests = [] } = JSON.parse(readFileSync(file, "utf8")) as ImageDocument;
    return manifests.map((it) => ({ ...it, reference: it.annotations![NAME]! }));
  } catch (error) {
    throw new UserError(`${file} cannot be read (${(error as Error).message}).`);
  }
}

/** Says which images a layout has; before that they are only blobs. */
export async function writeLayout(folder: string, images: StoredImage[]): Promise<void> {
  const manifests = images.map(({ reference, mediaType, digest, size }) => {
    return { mediaType, digest, size, annotations: { [NAME]: reference } };
  });
  const mediaType = "application/vnd.oci.image.index.v1+json";
  await writeWhole(join(folder, "oci-layout"), `${JSON.stringify({ imageLayoutVersion: "1.0.0" })}\n`);
  await writeWhole(
    join(folder, INDEX),
    `${JSON.stringify({ schemaVersion: 2, mediaType, manifests }, undefined, 2)}\n`,
  );
}

export function blobFile(folder: string, digest: string): string {
  return join(folder, "blobs", ...digest.split(":"));
}

/** A file gets the name of a blob only when it is known to be that one: its size alone is looked at. */
export function hasBlob(folder: string, { digest, size }: Pick<Descriptor, "digest" | "size">): boolean {
  return statSync(blobFile(folder, digest), { throwIfNoEntry: false })?.size === size;
}

/** A list of images or an image that is there. @throws UserError where it is not, or is another one */
export async function readDocument(folder: string, digest: string): Promise<{ bytes: Buffer; body: ImageDocument }> {
  const file = blobFile(folder, digest);
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined || digestOf(bytes) !== digest) throw new UserError(`${file} is not there, or another file.`);
  return { bytes, body: JSON.parse(bytes.toString()) as ImageDocument };
}

/** The images of a list that are there, or the image itself. */
export async function imagesIn(folder: string, image: Descriptor): Promise<Descriptor[]> {
  const { body } = await readDocument(folder, image.digest);
  return body.manifests?.filter((it) => hasBlob(folder, it)) ?? [image];
}

/** The blobs of an image: its configuration and its layers, but for those that are not to be copied. */
export function blobsOf({ config, layers = [] }: ImageDocument): Descriptor[] {
  return [...(config ? [config] : []), ...layers].filter(({ urls = [] }) => urls.length === 0);
}

/** Writes a file as a whole or not at all. */
export async function writeWhole(file: string, content: string | Buffer): Promise<void> {
  const draft = `${file}.${process.pid}.partial`;
  await writeFile(draft, content);
  await rename(draft, file);
}
