import type { RegistryClient } from "../gate/registry";
import { ANSWER_MS, look } from "./look";
import type { Settings } from "./settings";
import { type Gone, repositoriesOf, surplus } from "./surplus";

export interface Collected {
  /** Manifests that were there under a tag. */
  images: number;
  gone: Gone[];
}

/**
 * Deletes what nothing needs any more.
 *
 * @param inUse digests that runs name which have not ended; asked last, so that what one has found in the registry meanwhile is among them
 * @throws Unavailable, and deletes nothing, where the registry or the API server does not say everything
 */
export async function collect(
  settings: Settings,
  client: Pick<RegistryClient, "tags" | "manifest" | "json" | "remove">,
  inUse: () => Promise<ReadonlySet<string>>,
  deleted: (gone: Gone) => void = () => undefined,
): Promise<Collected> {
  const { path: prefix } = settings.registry;
  const path = (repository: string) => (prefix === "" ? repository : `${prefix}/${repository}`);
  const found = await look(client, repositoriesOf(settings), path);
  const gone = surplus(found, settings, await inUse());
  for (const one of gone) {
    await client.remove(path(one.repository), one.digest, AbortSignal.timeout(ANSWER_MS));
    deleted(one);
  }
  return { images: [...found.values()].reduce((sum, { length }) => sum + length, 0), gone };
}
