import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { UserError } from "../../errors";
import { normalized } from "../../image-reference";
import type { ContainerEngine } from "./container-engine";
import { run, ToolFailed } from "../tool";

/** A folder of docker archives, so that nothing is pulled. `index.txt` there has lines `reference archive-file`. */
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
 */
export async function ensureEngineImage(
  engine: ContainerEngine,
  reference: string,
  key: string,
  archives?: Pick<ImageArchives, "folder">,
): Promise<void> {
  // kind asks Podman for a full name, by which Podman does not find what it has loaded by a short one.
  const name = engine.name === "podman" ? normalized(reference) : reference;
  const has = await run(engine.name, ["image", "inspect", "--format", "{{.Id}}", name]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ToolFailed) return false;
      throw error;
    },
  );
  if (has) return;
  if (archives) {
    const archived = (await listArchivedImages(archives.folder)).find((image) => image.reference === reference);
    if (!archived) {
      throw new UserError(`Image ${reference} (${key}) is not in ${archives.folder}, and nothing is downloaded.`);
    }
    await run(engine.name, ["load", "--input", archived.archive], { seconds: PATIENCE });
    if (name !== reference) await run(engine.name, ["tag", reference, name]);
    return;
  }
  await run(engine.name, ["pull", "--quiet", name], { seconds: PATIENCE }).catch((error: unknown) => {
    if (!(error instanceof ToolFailed)) throw error;
    throw new UserError(`Image ${reference} (${key}) cannot be pulled: ${error.why}.`);
  });
}
