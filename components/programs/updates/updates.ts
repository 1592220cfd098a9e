import { valid } from "semver";
import { RegistryClient } from "../gate/registry";
import { split } from "../payload/registries";
import { readRelease, type Reader, type Release } from "./release";
import type { Channel, Settings } from "./settings";
import { readSignatures } from "./signatures";
import { readUpgradeVerdicts, type UpgradeVerdict } from "./verdicts";

type Client = Reader & Pick<RegistryClient, "tags">;

/** What of a registry's tags are releases of a kind. */
const KINDS: Record<Channel["kind"], (tag: string) => boolean> = {
  "early-candidates": (tag) => /^\d+\.\d+\.\d+-okd-scos\.ec\.\d+$/.test(tag),
  releases: (tag) => /^\d+\.\d+\.\d+-okd-scos\.\d+$/.test(tag),
  versions: (tag) => valid(tag) === tag,
};

const ANSWER_MS = 60_000;
/** Bytes of a release's manifests, packed. */
const SIZE_LIMIT = 64 * 1024 * 1024;
/** Layers of releases at a time: each is in memory whole. */
const WIDTH = 4;

/** A channel's releases, and what is known of upgrades to them. */
export interface Found {
  releases: Release[];
  verdicts?: Map<string, UpgradeVerdict[]>;
}

/** All that clusters are told of updates, as the registries have it; what was read of a digest is not read again. */
export class Updates {
  private readonly clients = new Map<string, Client>();
  private readonly known = new Map<string, Release>();

  /** @param connect to a registry by its address. @default as a stranger, which releases let read */
  constructor(
    private readonly settings: Settings,
    private readonly connect: (address: string, insecure: boolean) => Client = (address, insecure) =>
      new RegistryClient({ address, insecure, sizeLimit: SIZE_LIMIT, width: WIDTH }),
  ) {}

  get channels(): Channel[] {
    return this.settings.channels;
  }

  /** @throws Unavailable where a registry does not say everything: half a graph is none */
  async look(channel: Channel): Promise<Found> {
    const { host, path } = split(channel.repository);
    const client = this.at(host);
    const tags = (await client.tags(path, AbortSignal.timeout(ANSWER_MS))).filter(KINDS[channel.kind]);
    const places = [
      ...channel.bases.map((base) => split(base)),
      ...tags.map((reference) => ({ host, path, reference })),
    ];
    const found = await Promise.all(places.map((place) => readRelease(this.at(place.host), place, this.known)));
    const releases = unique(found.filter((release) => release !== undefined));
    const { tester } = channel;
    if (!tester) return { releases };
    const judged = releases.map(
      async (release) => [release.digest, await this.verdictsOf(release, tester.key, tester.repository)] as const,
    );
    return { releases, verdicts: new Map(await Promise.all(judged)) };
  }

  /** @throws Unavailable as {@link look} */
  async signatures(digest: string): Promise<Buffer[]> {
    const repositories = [...new Set(this.channels.map(({ repository }) => repository))];
    const found = await Promise.all(
      repositories.map((repository) => {
        const { host, path } = split(repository);
        return readSignatures(this.at(host), path, digest);
      }),
    );
    return found.flat();
  }

  /** Of the release, and of the payload that it was made of: tests run on either. */
  private async verdictsOf({ image, madeOf }: Release, key: string, repository?: string): Promise<UpgradeVerdict[]> {
    const all = [image, ...(madeOf === undefined ? [] : [madeOf])].map((subject) => {
      const { host, path } = split(repository ?? subject);
      return readUpgradeVerdicts(this.at(host), path, split(subject).reference, key);
    });
    return (await Promise.all(all)).flat();
  }

  private at(host: string): Client {
    let client = this.clients.get(host);
    if (!client) {
      client = this.connect(host, this.settings.insecure.includes(host));
      this.clients.set(host, client);
    }
    return client;
  }
}

/** A version is one node: the first that has it. */
function unique(releases: Release[]): Release[] {
  const byVersion = new Map<string, Release>();
  for (const release of releases) {
    if (!byVersion.has(release.version)) byVersion.set(release.version, release);
  }
  return [...byVersion.values()];
}
