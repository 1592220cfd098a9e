import type { RegistryClient, StoredManifest } from "../gate/registry";
import { BOOT_IMAGES } from "./annotations";

/** What is there of one digest in a repository, as far as it is judged by. */
export interface Stored {
  digest: string;
  tags: string[];
  annotations: Record<string, string>;
  /** Of a list: what it names. @default it is no list */
  names?: string[];
  /** Of an image: as Kubernetes names it. */
  architecture?: string;
  labels: Record<string, string>;
  /** When it was made. @default nothing says it */
  time?: number;
}

/** What a repository has under its tags. */
export type Look = Map<string, Stored[]>;

/** Milliseconds that one answer may take. */
export const ANSWER_MS = 60_000;

/** Before that no image of ours was made: what says so says nothing. */
const FIRST = Date.parse("2020-01-01T00:00:00Z");

const patience = () => AbortSignal.timeout(ANSWER_MS);

/** Looks at all repositories. @throws Unavailable where one does not say what it has: then nothing is known of the others, either */
export async function look(
  client: Pick<RegistryClient, "tags" | "manifest" | "json">,
  repositories: readonly string[],
  path: (repository: string) => string,
): Promise<Look> {
  const found: Look = new Map();
  for (const repository of repositories) {
    const stored = new Map<string, { tags: string[]; manifest: StoredManifest }>();
    const tags = await client.tags(path(repository), patience());
    await Promise.all(
      tags.map(async (tag) => {
        const manifest = await client.manifest(path(repository), tag, patience());
        if (!manifest) return;
        const before = stored.get(manifest.digest);
        if (before) before.tags.push(tag);
        else stored.set(manifest.digest, { tags: [tag], manifest });
      }),
    );
    const all = [...stored.values()].map(({ tags, manifest }) => read(client, path(repository), tags, manifest));
    found.set(repository, await Promise.all(all));
  }
  return found;
}

interface Body {
  annotations?: Record<string, string>;
  manifests?: { digest: string }[];
  config?: { digest: string };
}

interface Config {
  architecture?: string;
  created?: string;
  config?: { Labels?: Record<string, string> | null };
}

async function read(
  client: Pick<RegistryClient, "json">,
  repository: string,
  tags: string[],
  { digest, body }: StoredManifest,
): Promise<Stored> {
  const { annotations = {}, manifests, config } = body as Body;
  if (manifests) return { digest, tags, annotations, labels: {}, names: manifests.map(({ digest }) => digest) };
  const image = (config && (await client.json(repository, config.digest, patience()))) as Config | undefined;
  const { architecture, created } = image ?? {};
  const labels = image?.config?.Labels ?? {};
  const [, build = labels["org.opencontainers.image.version"]] =
    /"build":"([^"]+)"/.exec(annotations[BOOT_IMAGES] ?? "") ?? [];
  const time = timeOf(created, labels["io.okd-streams.committed"], build);
  return { digest, tags, annotations, labels, ...(architecture && { architecture }), ...(time && { time }) };
}

/** When an image was made: by its own word, by the commit that it is of, or by the version of what it is of. */
function timeOf(created = "", committed = "", version = ""): number | undefined {
  const times = [Date.parse(created), Number(committed) * 1000, versionTime(version)];
  return times.find((time) => time >= FIRST);
}

/** `10.0.20261130-84304436`: a day, and a time of that or a count of it, up to nine digits. */
export function versionTime(version: string): number {
  const [, year, month, day, rest = "0"] = /(\d{4})(\d\d)(\d\d)(?:\d{4})?(?:[-.](\d{1,9}))?$/.exec(version) ?? [];
  return Date.parse(`${year}-${month}-${day}T00:00:00Z`) + Number(rest) / 1e9;
}
