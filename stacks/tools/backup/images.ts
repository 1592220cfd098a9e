import * as fs from "node:fs/promises";
import { UserError } from "../../../components/errors";
import {
  blobFile,
  blobsOf,
  isLayout,
  readDocument,
  readLayout,
  writeLayout,
  type StoredImage,
} from "../../../components/images/layout";
import { pushImage } from "../../../components/images/push";
import { digestOf, imageName, Repository, type Login } from "../../../components/images/repository";
import { RECORD_ANNOTATION, recordSchema } from "../../../components/programs/events/build";
import { eachOf } from "../../each-of";
import { fetchInto } from "../bundle/images";
import { sumOf } from "../bundle/sums";
import { isUnknown, taggedImages } from "./contents";

const AT_ONCE = 4;

interface Options {
  login?: Login;
  say: (line: string) => void;
}

/**
 * Copies all that a registry holds into a folder, as an OCI layout, each blob once: what has a tag, and what records of builds name. What
 * is there already is not fetched again, and what the registry does not have any more stays. What came is read back, and is what its
 * digest says.
 *
 * @param address `host:port`
 * @returns how many references it has now
 * @throws UserError where the registry does not say or give everything
 */
export async function saveImages(folder: string, address: string, { login, say }: Options): Promise<number> {
  const former = isLayout(folder) ? readLayout(folder) : [];
  const fetch = async (references: string[]) => {
    if (references.length === 0) return [];
    const named = references.map((it) => `${address}/${it}`);
    const wanted = { references: named, architectures: ["all"], single: new Map<string, string>() };
    const { images } = await fetchInto(folder, wanted, { login, say });
    return images.map((image) => ({ ...image, reference: image.reference.slice(address.length + 1) }));
  };
  const tagged = await fetch(await taggedImages(address, login));
  const recorded = await fetch(await recordedImages(folder, tagged, address, login));
  const all = new Map([...former, ...tagged, ...recorded].map((image) => [image.reference, image]));
  const images = [...all.values()].sort((a, b) => (a.reference < b.reference ? -1 : 1));
  await requireSound(folder, images);
  await writeLayout(folder, images);
  return images.length;
}

/** What came back of a backup. */
export interface Returned {
  /** References that the registry did not have. */
  pushed: string[];
  /** Tags that lead to another image by now: they stay there. */
  elsewhere: string[];
  /** That it has as they are here. */
  same: number;
}

/**
 * Gives a registry what it lacks of a layout. A tag that it has stays where it is, and what it led to is there by its digest.
 *
 * @throws UserError for a registry that does not take it, or does not have it afterwards
 */
export async function returnImages(folder: string, address: string, { login, say }: Options): Promise<Returned> {
  const returned: Returned = { pushed: [], elsewhere: [], same: 0 };
  for (const image of readLayout(folder)) {
    const { reference, digest } = image;
    const target = `${address}/${reference}`;
    const { tag } = imageName(target);
    const there = await digestThere(new Repository(target, login), tag ?? digest);
    if (there === digest) {
      returned.same++;
      continue;
    }
    const name = there === undefined ? target : `${target.slice(0, -`:${tag}`.length)}@${digest}`;
    (there === undefined ? returned.pushed : returned.elsewhere).push(reference);
    say(name);
    await pushImage(folder, image, name, login);
    await new Repository(name, login).manifest(there === undefined ? (tag ?? digest) : digest);
  }
  return returned;
}

/** What a name leads to in a registry; nothing, by its own word alone. */
async function digestThere(repository: Repository, name: string): Promise<string | undefined> {
  const response = await repository.ask(`manifests/${name}`);
  const bytes = response.bodyUsed ? Buffer.alloc(0) : Buffer.from(await response.arrayBuffer());
  if (response.status === 200) return digestOf(bytes);
  if (isUnknown(response.status, bytes.toString())) return undefined;
  throw new UserError(`${repository.reference}: ${repository.url(`manifests/${name}`)} answers ${response.status}.`);
}

/** Images that records name and no tag leads to, where the registry has them. */
async function recordedImages(
  folder: string,
  images: StoredImage[],
  address: string,
  login?: Login,
): Promise<string[]> {
  const known = new Set(images.map(({ digest }) => digest));
  const found = new Set<string>();
  for (const { reference, digest } of images) {
    const { body } = await readDocument(folder, digest);
    const { annotations = {} } = body as { annotations?: Record<string, string> };
    const prefix = reference.slice(0, reference.lastIndexOf("/") + 1);
    for (const [name, of] of Object.entries(imagesOf(annotations[RECORD_ANNOTATION]))) {
      if (!known.has(of)) found.add(`${prefix}${name}@${of}`);
    }
  }
  const there = await eachOf([...found], AT_ONCE, async (reference) => {
    const digest = await digestThere(new Repository(`${address}/${reference}`, login), reference.split("@")[1]!);
    return digest === undefined ? [] : [reference];
  });
  return there.flat().sort();
}

/** Of somebody else's annotation, none. */
function imagesOf(record = ""): Record<string, string> {
  try {
    return recordSchema.safeParse(JSON.parse(record)).data?.images ?? {};
  } catch {
    return {};
  }
}

/** Reads everything back. @throws UserError for what is not what its digest says: it is removed, so that it is fetched again */
async function requireSound(folder: string, images: StoredImage[]): Promise<void> {
  const digests = new Set<string>();
  const documents = images.map(({ digest }) => digest);
  for (const digest of documents) {
    if (digests.has(digest)) continue;
    digests.add(digest);
    const { body } = await readDocument(folder, digest);
    for (const blob of blobsOf(body)) digests.add(blob.digest);
    documents.push(...(body.manifests ?? []).map((it) => it.digest));
  }
  const wrong = await eachOf([...digests], AT_ONCE, async (digest) => {
    const file = blobFile(folder, digest);
    const sum = await sumOf(file).catch(() => undefined);
    if (`sha256:${sum}` === digest) return [];
    await fs.rm(file, { force: true });
    return [file];
  });
  const [first, ...more] = wrong.flat();
  if (first === undefined) return;
  const others = more.length > 0 ? ` and ${more.length} more` : "";
  throw new UserError(`${first}${others} was not what its name says: it is removed, run the same command again.`);
}
