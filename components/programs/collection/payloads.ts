import { gunzipSync } from "node:zlib";
import { type RegistryClient, Unavailable } from "../gate/registry";
import { digestsIn } from "./digests";
import { ABOUT, type Found } from "./held";
import { ANSWER_MS, type Look, look } from "./look";
import type { Payloads, Settings } from "./settings";

type Client = Pick<RegistryClient, "tags" | "manifest" | "json" | "blob">;

/** What payloads have in a registry beside their releases, which stay. */
export interface PayloadsFound {
  /** Repositories of components that are judged: those that plans of payloads name, and none of operators. */
  components: string[];
  /** Digests that releases name. */
  named: string[];
  /** Each with the images that it is of, `NAME:key-KEY`. */
  plans: (Found & { of: string[] })[];
}

/** Annotation of records, as Task payload-resolve leaves them. */
const RECORD = "io.okd-streams.record";
/** A key's record, which is there before its image is. */
const RECORD_TAG = /^record-[0-9a-f]{64}$/;

/** Bytes of a release's manifests, packed and unpacked: those of OKD are a twentieth. */
export const PACKED_LIMIT = 32 * 1024 * 1024;
const UNPACKED_LIMIT = 128 * 1024 * 1024;

/** What a release that stands alone has beside it: `content-4.22.0-mine.1-etcd`, as Task payload-release copies it. */
const CONTENT = /^content-/;

/** In a release's last layer, before the file that has all its images. */
const REFERENCES = "release-manifests/image-references";

const patience = () => AbortSignal.timeout(ANSWER_MS);

/**
 * Looks at what plans and releases name. The repositories of components are added to what was found.
 * @throws Unavailable where one of them does not say what it names
 */
export async function lookAtPayloads(
  client: Client,
  found: Look,
  { payloads, registry }: Pick<Settings, "registry"> & { payloads: Payloads },
  path: (repository: string) => string,
): Promise<PayloadsFound> {
  const prefix = `${registry.address}/${path("")}`;
  const all = (found.get(payloads.plans) ?? []).map((stored) => ({
    ...stored,
    plan: planOf(stored.annotations[RECORD]),
  }));
  // What operators are made of is named by their bundles.
  const ofOperators = new Set(
    all.filter(({ plan }) => plan.isOperators).flatMap(({ plan }) => plan.components.map(({ name }) => name)),
  );
  const plans = all.filter(({ plan }) => !plan.isOperators);
  const components = [
    ...new Set(
      plans.flatMap(({ plan }) =>
        plan.components.filter(({ image }) => image.startsWith(prefix)).map(({ name }) => name),
      ),
    ),
  ].filter((name) => !ofOperators.has(name));
  for (const [name, stored] of await look(client, components, path)) found.set(name, stored);
  const named: string[] = [];
  for (const repository of payloads.releases) {
    for (const { digest, tags, names = [digest] } of found.get(repository) ?? []) {
      if (tags.every((tag) => ABOUT.test(tag) || CONTENT.test(tag))) continue;
      for (const image of names) named.push(...(await namedByRelease(client, path(repository), image)));
    }
  }
  return {
    components,
    named,
    plans: plans.map(({ digest, tags, plan }) => ({
      ...{ repository: payloads.plans, digest, tags },
      of: plan.components.filter(({ name }) => components.includes(name)).map(({ name, key }) => `${name}:key-${key}`),
    })),
  };
}

/** What goes of payloads with the images of their components: records and plans of those that are not there any more. */
export function pastRecords(
  found: Look,
  { components, plans }: PayloadsFound,
  stays: (digest: string) => boolean,
): Found[] {
  const kept = new Set(
    components.flatMap((name) =>
      (found.get(name) ?? [])
        .filter(({ digest }) => stays(digest))
        .flatMap(({ tags }) => tags.map((tag) => `${name}:${tag}`)),
    ),
  );
  const records = components.flatMap((repository) =>
    (found.get(repository) ?? [])
      .filter(
        ({ tags }) =>
          isRecord({ tags }) && !tags.some((tag) => kept.has(`${repository}:${tag.replace("record-", "key-")}`)),
      )
      .map(({ digest, tags }) => ({ repository, digest, tags })),
  );
  const past = plans.filter(({ of }) => of.length > 0 && !of.every((image) => kept.has(image)));
  return [...records, ...past.map(({ repository, digest, tags }) => ({ repository, digest, tags }))];
}

/** Whether it is a key's record, and nothing besides: the last one of a version has a tag that says so. */
export function isRecord({ tags }: Pick<Found, "tags">): boolean {
  return tags.every((tag) => RECORD_TAG.test(tag));
}

interface Plan {
  components: { name: string; key: string; image: string }[];
  /** Of what goes into no release. */
  isOperators: boolean;
}

/** What is built by a plan. @throws Unavailable for one that cannot be read */
function planOf(text: string | undefined): Plan {
  try {
    const { components, base } = JSON.parse(text ?? "") as {
      components: Partial<Plan["components"][0]>[];
      base?: object;
    };
    const built = components.filter((it): it is Plan["components"][0] => typeof it.key === "string");
    return { components: built, isOperators: base !== undefined };
  } catch {
    throw new Unavailable("a plan of payloads cannot be read");
  }
}

/** Digests in a release's manifests, image-references among them. @throws Unavailable for what is no release */
async function namedByRelease(client: Client, repository: string, digest: string): Promise<string[]> {
  const manifest = await client.manifest(repository, digest, patience());
  const { layers } = (manifest?.body ?? {}) as { layers?: { digest: string; size: number }[] };
  const last = layers?.at(-1);
  // A name that is reserved.
  if (layers && last === undefined) return [];
  if (last && last.size <= PACKED_LIMIT) {
    const packed = await client.blob(repository, last.digest, patience());
    const text = packed && unpacked(packed);
    if (text?.includes(REFERENCES)) return digestsIn(text);
  }
  throw new Unavailable(`${repository}@${digest} is no release that can be read`);
}

function unpacked(bytes: Buffer): string | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString("latin1");
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_LIMIT }).toString("latin1");
  } catch {
    return undefined;
  }
}
