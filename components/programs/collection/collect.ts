import type { RegistryClient } from "../gate/registry";
import { ANSWER_MS, look } from "./look";
import { lookAtPayloads } from "./payloads";
import type { InUse } from "./runs";
import type { Settings } from "./settings";
import { type Gone, repositoriesOf, surplus } from "./surplus";
import { pastVerdicts } from "./verdicts";

export interface Collected {
  /** Manifests that were there under a tag. */
  images: number;
  gone: Gone[];
}

/**
 * Deletes what nothing needs any more.
 *
 * @param inUse what runs need which have not ended; asked last, so that what one has found in the registry meanwhile is among them
 * @throws Unavailable, and deletes nothing, where the registry or the API server does not say everything
 */
export async function collect(
  settings: Settings,
  client: Pick<RegistryClient, "tags" | "manifest" | "json" | "blob" | "digest" | "remove">,
  inUse: () => Promise<InUse>,
  deleted: (gone: Gone) => void = () => undefined,
): Promise<Collected> {
  const { path: prefix } = settings.registry;
  const path = (repository: string) => (prefix === "" ? repository : `${prefix}/${repository}`);
  const found = await look(client, repositoriesOf(settings), path);
  const { payloads } = settings;
  const ofPayloads = payloads && (await lookAtPayloads(client, found, { ...settings, payloads }, path));
  const { digests, namespaces } = await inUse();
  // A run finds images by keys that its status does not show.
  const isBusy = payloads && namespaces.includes(payloads.namespace);
  const gone = surplus(found, settings, digests, isBusy ? undefined : ofPayloads);
  gone.push(...(await pastVerdicts(client, found, settings, path, new Set([...digests, ...settings.named]))));
  for (const one of gone) {
    await client.remove(path(one.repository), one.digest, AbortSignal.timeout(ANSWER_MS));
    deleted(one);
  }
  return { images: [...found.values()].reduce((sum, { length }) => sum + length, 0), gone };
}
