import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { UserError } from "../../errors";
import { normalized } from "../../image-reference";
import { isLayout, readLayout, type StoredImage } from "../../images/layout";
import { makeEngineArchive, withoutDigest } from "../../images/engine-archive";
import type { ContainerEngine } from "./container-engine";
import { run, ToolFailed } from "../tool";

/**
 * A folder of images, so that nothing is pulled: an OCI layout, as `npm run bundle` makes it, or docker archives, with lines
 * `reference archive-file` in `index.txt`.
 */
export interface ImageArchives {
  folder: string;
  /** Digest of what the archives hold, see {@link readImageArchives}. Another digest: they are looked through again. */
  digest: string;
}

export interface ArchivedImage {
  reference: string;
  /** Path of the archive. */
  archive: string;
}

/** Seconds that pulling or loading one image may take. */
const PATIENCE = 900;

/** The folder with the digest of its content: the same images give the same digest wherever they lie. */
export async function readImageArchives(folder: string): Promise<ImageArchives> {
  const hash = createHash("sha256");
  if (isLayout(folder)) {
    for (const { reference, digest } of readLayout(folder)) hash.update(`${reference} ${digest}\n`);
    return { folder, digest: hash.digest("hex") };
  }
  for (const { reference, archive } of await listArchivedImages(folder)) {
    hash.update(`${reference} ${await configDigest(archive, reference)}\n`);
  }
  return { folder, digest: hash.digest("hex") };
}

/** @throws UserError when there is no index or it cannot be understood */
export async function listArchivedImages(folder: string): Promise<ArchivedImage[]> {
  const index = path.join(folder, "index.txt");
  const text = await readFile(index, "utf8").catch((error: unknown) => {
    throw new UserError(`${index} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`);
  });
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [reference, file, ...rest] = line.trim().split(/\s+/);
      if (!reference || !file || rest.length > 0) {
        throw new UserError(`${index}: found "${line}", expected "reference archive-file".`);
      }
      return { reference, archive: path.join(folder, file) };
    });
}

/** Digest of an archived image's configuration: it names the whole content, however a registry compresses it. */
export async function configDigest(archive: string, reference: string): Promise<string> {
  type Entry = { Config: string; RepoTags: string[] | null };
  const manifest = JSON.parse(await run("tar", ["-xOf", archive, "manifest.json"])) as Entry[];
  const config = manifest.find(({ RepoTags }) => RepoTags?.includes(reference))?.Config;
  const digest = config && /[0-9a-f]{64}/.exec(config)?.[0];
  if (!digest) throw new UserError(`${archive} has no image ${reference}, which index.txt beside it says.`);
  return `sha256:${digest}`;
}

/**
 * Makes sure that the container engine has an image: loaded from an archive, or pulled where there are no archives.
 *
 * @param key key of the configuration that names the image
 * @returns the reference by which it has it: what was loaded has no digest that an engine would know it by
 */
export async function ensureEngineImage(
  engine: ContainerEngine,
  reference: string,
  key: string,
  archives?: Pick<ImageArchives, "folder">,
): Promise<string> {
  const known = archives && isLayout(archives.folder) ? withoutDigest(reference) : reference;
  // kind asks Podman for a full name, by which Podman does not find what it has loaded by a short one.
  const name = engine.name === "podman" ? normalized(known) : known;
  const has = await run(engine.name, ["image", "inspect", "--format", "{{.Id}}", name]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ToolFailed) return false;
      throw error;
    },
  );
  if (has) return known;
  if (archives) {
    await load(engine, reference, key, archives.folder);
    if (name !== known) await run(engine.name, ["tag", known, name]);
    return known;
  }
  await run(engine.name, ["pull", "--quiet", name], { seconds: PATIENCE }).catch((error: unknown) => {
    if (!(error instanceof ToolFailed)) throw error;
    throw new UserError(`Image ${reference} (${key}) cannot be pulled: ${error.why}.`);
  });
  return known;
}

async function load(engine: ContainerEngine, reference: string, key: string, folder: string): Promise<void> {
  const images: { reference: string }[] = isLayout(folder) ? readLayout(folder) : await listArchivedImages(folder);
  const found = images.find((image) => image.reference === reference);
  if (!found) throw new UserError(`Image ${reference} (${key}) is not in ${folder}, and nothing is downloaded.`);
  if ("archive" in found) return loadFile(engine, found.archive as string);
  const work = await mkdtemp(path.join(tmpdir(), "okd-streams-"));
  try {
    await loadFile(engine, await makeEngineArchive(folder, found as StoredImage, work));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function loadFile(engine: ContainerEngine, archive: string): Promise<void> {
  await run(engine.name, ["load", "--input", archive], { seconds: PATIENCE });
}
