import { symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { execFile } from "node:child_process";
import { UserError } from "../errors";
import { imageArchitecture } from "./architecture";
import { blobFile, blobsOf, hasBlob, imagesIn, readDocument, type Descriptor, type StoredImage } from "./layout";

/** A reference by which an engine knows what was loaded into it. */
export function withoutDigest(reference: string): string {
  return reference.replace(/@.*$/, "");
}

/**
 * Makes an archive of an image of a layout, that of this machine's architecture, as `docker load` and `podman load` take it.
 * @param work an empty folder, for the archive too
 * @returns its path
 * @throws UserError where the layout has the image for another architecture
 */
export async function makeEngineArchive(
  folder: string,
  image: StoredImage,
  work: string,
  architecture: string = imageArchitecture(),
): Promise<string> {
  const images = await imagesIn(folder, image);
  const isFor = ({ platform }: Descriptor) => (platform ? platform.architecture === architecture : true);
  const found = images.find(isFor);
  if (!found) throw new UserError(`${folder} has ${image.reference} for another architecture than ${architecture}.`);
  const { body } = await readDocument(folder, found.digest);
  const lacking = blobsOf(body).find((blob) => !hasBlob(folder, blob));
  if (lacking) throw new UserError(`${blobFile(folder, lacking.digest)}, of ${image.reference}, is not there.`);
  const [config, ...layers] = blobsOf(body).map(({ digest }) => digest.replace("sha256:", ""));
  const manifest = [
    { Config: `${config!}.json`, RepoTags: [withoutDigest(image.reference)], Layers: layers.map((it) => `${it}.tar`) },
  ];
  await writeFile(path.join(work, "manifest.json"), JSON.stringify(manifest));
  const blobs = [`${config!}.json`, ...layers.map((it) => `${it}.tar`)];
  // A layer may be there twice.
  for (const name of new Set(blobs)) {
    const digest = `sha256:${name.split(".")[0]!}`;
    await symlink(path.resolve(blobFile(folder, digest)), path.join(work, name));
  }
  const archive = path.join(work, "image.tar");
  const names = ["manifest.json", ...new Set(blobs)];
  await promisify(execFile)("tar", ["--dereference", "-cf", archive, "-C", work, ...names]);
  return archive;
}
