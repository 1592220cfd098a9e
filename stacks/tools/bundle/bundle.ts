import * as fs from "node:fs/promises";
import * as path from "node:path";
import { UserError } from "../../../components/errors";
import { isLayout, readLayout, writeWhole, type StoredImage } from "../../../components/images/layout";
import { pushImage } from "../../../components/images/push";
import type { Login } from "../../../components/images/repository";
import { mirrored } from "../../../components/image-reference";
import { fetchImages, type ImagesWanted } from "./images";
import { fetchPrograms, type ProgramsWanted } from "./programs";
import { sumLines } from "./sums";

/** What says that a folder is a bundle, and of what. */
export const BUNDLE = "bundle.json";
/** The sums of its programs and manifests, written last: a bundle without it is not whole. */
export const SUMS = "SHA256SUMS";

export interface BundleWanted {
  stack: string;
  /** Files of manifests by their names in the bundle. */
  manifests: Map<string, string>;
  images: ImagesWanted;
  programs: ProgramsWanted;
}

/**
 * Makes a folder an offline folder (`OKD_STREAMS_OFFLINE`) that holds all that a stack needs.
 * @throws UserError for what cannot be had; what came whole is not fetched again by the next call
 */
export async function makeBundle(
  folder: string,
  { stack, manifests, images, programs }: BundleWanted,
  options: { login?: Login; say: (line: string) => void },
): Promise<StoredImage[]> {
  await requireOurs(folder);
  await fs.rm(path.join(folder, SUMS), { force: true });
  const { platform } = programs;
  const about = { stack, platform, architectures: images.architectures };
  await writeWhole(path.join(folder, BUNDLE), `${JSON.stringify(about, undefined, 2)}\n`);
  const ofPrograms = await fetchPrograms(path.join(folder, "bin"), programs, options.say);
  const ofManifests = await copyManifests(path.join(folder, "manifests"), manifests);
  const stored = await fetchImages(path.join(folder, "images"), images, options);
  const within = (name: string) => (line: string) => line.replace("  ", `  ${name}/`);
  const lines = [
    ...ofPrograms.map(within("bin")),
    ...ofManifests.map(within("manifests")),
    ...(await sumLines(folder, ["images/index.json", "images/oci-layout"])),
  ];
  await writeWhole(path.join(folder, SUMS), `${lines.join("\n")}\n`);
  return stored;
}

/**
 * Copies the images of a bundle into a registry, as `imageMirror` expects them there.
 * @param mirror host, port and path
 * @throws UserError for a folder that is no whole bundle, and for a registry that does not take an image
 */
export async function pushBundle(
  folder: string,
  mirror: string,
  { login, say }: { login?: Login; say: (line: string) => void },
): Promise<StoredImage[]> {
  const images = path.join(folder, "images");
  if (!isLayout(images)) {
    throw new UserError(`${folder} is no bundle: npm run bundle -- STACK --out ${folder} makes one.`);
  }
  const stored = readLayout(images);
  for (const [index, image] of stored.entries()) {
    const target = mirrored(image.reference, mirror);
    say(`${index + 1} of ${stored.length}: ${target}`);
    // A registry with a port has no path in a mirror: nodes ask it itself.
    if (target !== image.reference) await pushImage(images, image, target, login);
  }
  return stored;
}

async function requireOurs(folder: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new UserError(`${folder} cannot be made: ${(error as Error).message}.`);
  });
  const names = await fs.readdir(folder);
  if (names.length > 0 && !names.includes(BUNDLE)) {
    throw new UserError(`${folder} has files and is no bundle: name a folder that is new, empty or a bundle.`);
  }
}

async function copyManifests(folder: string, manifests: Map<string, string>): Promise<string[]> {
  await fs.mkdir(folder, { recursive: true });
  for (const name of await fs.readdir(folder)) if (!manifests.has(name)) await fs.rm(path.join(folder, name));
  for (const [name, file] of manifests) await writeWhole(path.join(folder, name), await fs.readFile(file));
  return sumLines(folder, [...manifests.keys()]);
}
