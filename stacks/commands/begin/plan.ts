import type { Decision } from "../../tools/decide";
import type { Facts } from "../../tools/facts";
import { kind, kubernetesPlugin, pulumi } from "../../tools/pins";
import type { Source } from "../../tools/reach";

/** What `npm start` will do before it deploys, in sentences: what is fetched, from where, and where it is put. */
export function planLines(decision: Decision, facts: Facts, cache: string): string[] {
  const { way, offline, download, packages, build, startEngine, missing } = decision;
  if (way === "stop") return missing.map((sentence) => `Missing: ${sentence}.`);
  const unreachable = (facts.hosts ?? []).filter(({ reachable }) => !reachable);
  const silent = (facts.buildHosts ?? []).filter(({ reachable }) => !reachable);
  const sources = {
    kind: `kind ${kind.version} is fetched from ${new URL(kind.url("")).host}, checked against its pinned checksum, and put into ${cache}/bin.`,
    pulumi: `Pulumi ${pulumi.version} is fetched from ${new URL(pulumi.checksums).host}, checked against the checksum that is published there, and put into ${cache}/bin.`,
  };
  return [
    ...(unreachable.length > 0 ? [instead(unreachable)] : []),
    ...download.map((tool) => sources[tool]),
    ...(!offline && !facts.kubernetesPlugin
      ? [
          `Pulumi's Kubernetes plugin is fetched from ${new URL(kubernetesPlugin.url("")).host}, or else ${new URL(kubernetesPlugin.spare("")).host}, by Pulumi and put into ${cache}/pulumi.`,
        ]
      : []),
    ...(packages.length > 0 ? [`Debian packages are added: ${packages.join(", ")}.`] : []),
    ...(build ? [`Tools and images are built in ${offline!}: about half an hour and 15 GB, once.`] : []),
    ...(startEngine ? ["dockerd is started (npm run lab -- engine stop ends it)."] : []),
    ...(offline && !build ? [`Tools, manifests and images come from ${offline}; nothing is downloaded.`] : []),
    ...(silent.length > 0 ? [`Builds will not get what they need: no answer from ${named(silent)}.`] : []),
    ...(way === "ready" ? ["Everything that is needed is here."] : []),
  ];
}

function instead(unreachable: Source[]): string {
  return `No answer from ${named(unreachable)}: everything comes from package registries (Debian, Go, npm) instead.`;
}

function named(sources: Source[]): string {
  return sources.map(({ url, serves }) => `${new URL(url).host} (${serves})`).join(", ");
}
