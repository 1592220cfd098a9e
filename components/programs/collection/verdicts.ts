import type { RegistryClient } from "../gate/registry";
import type { Found } from "./held";
import { ANSWER_MS, type Look } from "./look";
import type { Settings } from "./settings";

/** Where verdicts on a release are, by its digest. */
const VERDICTS = /^sha256-([0-9a-f]{64})\.att$/;

const patience = () => AbortSignal.timeout(ANSWER_MS);

/**
 * Verdicts of tests on releases that are gone. One on a release of another registry stays, as nobody here knows whether that is there.
 *
 * @param stays digests that something names
 * @throws Unavailable where the registry does not say whether a release is there
 */
export async function pastVerdicts(
  client: Pick<RegistryClient, "manifest" | "json" | "digest">,
  found: Look,
  { verdicts = [], registry: { address } }: Pick<Settings, "verdicts" | "registry">,
  path: (repository: string) => string,
  stays: ReadonlySet<string>,
): Promise<Found[]> {
  const past: Found[] = [];
  for (const repository of verdicts) {
    for (const { digest, tags } of found.get(repository) ?? []) {
      const releases = tags.map((tag) => VERDICTS.exec(tag)?.[1]).map((hex) => `sha256:${hex}`);
      if (!tags.every((tag) => VERDICTS.test(tag)) || releases.some((release) => stays.has(release))) continue;
      const places = await placesOf(client, path(repository), digest);
      const own = places
        ?.filter((place) => place.startsWith(`${address}/`))
        .map((place) => place.slice(address.length + 1));
      if (!places || own!.length < places.length) continue;
      const there = [path(repository), ...own!].flatMap((place) =>
        releases.map((release) => client.digest(place, release, patience())),
      );
      if ((await Promise.all(there)).every((it) => it === undefined)) past.push({ repository, digest, tags });
    }
  }
  return past;
}

/** Repositories of the releases that verdicts are on; nothing where one does not say it. */
async function placesOf(
  client: Pick<RegistryClient, "manifest" | "json">,
  repository: string,
  digest: string,
): Promise<string[] | undefined> {
  const manifest = await client.manifest(repository, digest, patience());
  const { layers = [] } = (manifest?.body ?? {}) as { layers?: { digest: string }[] };
  const places: string[] = [];
  for (const layer of layers) {
    const envelope = await client.json(repository, layer.digest, patience());
    const subjects = subjectsOf(envelope?.payload);
    if (!subjects) return undefined;
    places.push(...subjects);
  }
  return layers.length > 0 ? [...new Set(places)] : undefined;
}

/** What a signed statement is on, by name. */
function subjectsOf(payload: unknown): string[] | undefined {
  try {
    const { subject } = JSON.parse(Buffer.from(String(payload), "base64").toString()) as {
      subject: { name: string }[];
    };
    const names = subject.map(({ name }) => name);
    return names.length > 0 && names.every((name) => typeof name === "string" && name.includes("/"))
      ? names
      : undefined;
  } catch {
    return undefined;
  }
}
