import type { Channel, Settings } from "../../programs/updates/settings";
import { type Payload, releaseOf } from "../payload/payload";
import type { Release } from "../release/schema";
import { type BuildSettings, pushTarget } from "../settings";

/** Name of the channel that has a stack's payloads. */
const PAYLOADS_CHANNEL = "payloads";

/**
 * What clusters get of a stack: each stream that releases are published into is a channel, and payloads that are signed are one. What is
 * made as a dry run is nobody's update.
 */
export function updateSettings(
  releases: Release[],
  payloads: Payload[],
  settings: Pick<BuildSettings, "push" | "registry">,
): Settings {
  const { registry } = settings;
  const channels = [...channelsOf(releases), ...payloadChannels(payloads, settings)];
  return { insecure: registry?.insecure ? [registry.address.split("/")[0]!] : [], channels };
}

function channelsOf(releases: Release[]): Channel[] {
  const published = releases.filter(({ publish }) => publish);
  const names = [...new Set(published.map(({ target }) => target))];
  return names.map((name) => {
    const own = published.filter(({ target }) => target === name);
    const { repositories } = own[0]!;
    const { key, repository } = own.find(({ verdict }) => verdict)?.verdict ?? {};
    return {
      name,
      repository: repositories.release,
      // as names.jq of pipelines/release has it
      kind: name.endsWith("next") ? "early-candidates" : "releases",
      bases: [],
      ...(key !== undefined && { tester: { key, ...(repository !== undefined && { repository }) } }),
    };
  });
}

/** One for each repository: their releases have a tag each in it. */
function payloadChannels(payloads: Payload[], settings: Pick<BuildSettings, "push" | "registry">): Channel[] {
  const signed = payloads.flatMap((payload) => {
    const target = payload.repository ?? pushTarget(settings);
    if (!payload.signing || target === undefined) return [];
    return [{ from: payload.from, repository: releaseOf(payload, target).repository }];
  });
  const repositories = [...new Set(signed.map(({ repository }) => repository))];
  return repositories.map((repository, index) => ({
    name: index === 0 ? PAYLOADS_CHANNEL : `${PAYLOADS_CHANNEL}-${index + 1}`,
    repository,
    kind: "versions",
    bases: [...new Set(signed.filter((it) => it.repository === repository).map(({ from }) => from))],
  }));
}
