import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { UserError } from "../errors";
import { blobFile, blobsOf, imagesIn, readDocument, type Descriptor, type StoredImage } from "./layout";
import { imageName, Repository, type Login } from "./repository";

/** Milliseconds that one blob may take. */
const PATIENCE = 30 * 60_000;

/**
 * Copies an image of a layout into a registry, by its digest and under its tag: what is there already is not sent again.
 * @param target reference there
 * @throws UserError for a registry that does not take it
 */
export async function pushImage(folder: string, image: StoredImage, target: string, login?: Login): Promise<void> {
  const repository = new Repository(target, login);
  const { tag } = imageName(target);
  const images = await imagesIn(folder, image);
  if (await isThere(repository, `manifests/${image.digest}`)) {
    // A tag may lead elsewhere.
    if (tag !== undefined) await putDocument(repository, folder, image, tag);
    return;
  }
  for (const each of images) {
    const { body } = await readDocument(folder, each.digest);
    for (const blob of blobsOf(body)) await putBlob(repository, folder, blob);
    if (each.digest !== image.digest) await putDocument(repository, folder, each, each.digest);
  }
  await putDocument(repository, folder, image, tag ?? image.digest);
}

async function isThere(repository: Repository, path: string): Promise<boolean> {
  const { status } = await repository.ask(path, { method: "HEAD" });
  return status === 200;
}

async function putBlob(repository: Repository, folder: string, { digest }: Descriptor): Promise<void> {
  if (await isThere(repository, `blobs/${digest}`)) return;
  const begun = await repository.ask("blobs/uploads/", { method: "POST" });
  const place = begun.headers.get("location");
  if (begun.status !== 202 || place === null) throw await refusal(repository, "a blob", begun);
  const url = new URL(place, repository.url("blobs/uploads/"));
  url.searchParams.set("digest", digest);
  const answer = await repository.ask(url.href, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body: () => Readable.toWeb(createReadStream(blobFile(folder, digest))) as ReadableStream,
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.status !== 201) throw await refusal(repository, `blob ${digest}`, answer);
  await answer.body?.cancel();
}

async function putDocument(repository: Repository, folder: string, of: Descriptor, name: string): Promise<void> {
  const { bytes, body } = await readDocument(folder, of.digest);
  const response = await repository.ask(`manifests/${name}`, {
    method: "PUT",
    headers: { "content-type": of.mediaType },
    body: () => new Uint8Array(bytes),
  });
  if (response.status === 201) return void (await response.body?.cancel());
  const isSparse = body.manifests !== undefined && (await imagesIn(folder, of)).length < body.manifests.length;
  if (!isSparse) throw await refusal(repository, "it", response);
  throw new UserError(
    `${repository.reference}: its registry takes a list of images with all of them alone (${response.status}): ` +
      "make the bundle with --arch all.",
  );
}

async function refusal({ reference }: Repository, what: string, response: Response): Promise<UserError> {
  const { status } = response;
  if (isFull(status, await response.text().catch(() => ""))) {
    return new UserError(
      `${reference}: its registry's volume is full: make it larger or keep less (keep in the stack's settings), then run the same command again.`,
    );
  }
  const login = [401, 403].includes(status) ? ": log in there, with podman login or docker login" : "";
  return new UserError(`${reference}: its registry does not take ${what}, it answers ${status}${login}.`);
}

/** By the registry's own word, or by the number of the error that distribution had from its disk (ENOSPC). */
function isFull(status: number, text: string): boolean {
  return status === 507 || (status >= 500 && /no space left on device|"Err":28\b/i.test(text));
}
