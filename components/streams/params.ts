import type { BuildSettings } from "./settings";

/** What makes a run one architecture of a build. */
export interface BuildPart {
  id: string;
  /** What is built; nothing: the heads of the branches. */
  commits: { base: string; node: string };
  /** URL that is told of the end. */
  eventListener: string;
  /** Secret to sign that with, `keys`. */
  signingSecret: string;
  /** Repository of the records. */
  records: string;
}

/** What every Pipeline is told of registries that speak plain HTTP. */
export function insecureParams({ registry }: Pick<BuildSettings, "registry">): Record<string, string> {
  return registry?.insecure ? { "insecure-registries": hostOf(registry.address) } : {};
}

/** What a Pipeline is told of the build that its run is one architecture of. */
export function buildParams(build: Omit<BuildPart, "commits"> | undefined): Record<string, string> {
  if (!build) return {};
  const { id, records, eventListener, signingSecret } = build;
  return { "build-id": id, records, "event-listener": eventListener, "signing-secret": signingSecret };
}

/** What every Pipeline is told of the room that hears how its runs ended. */
export function matrixParams({ matrix }: Pick<BuildSettings, "matrix">): Record<string, string> {
  if (!matrix) return {};
  const { room, endpoint, secret } = matrix;
  return { "notify-matrix": "true", "matrix-room": room, "matrix-endpoint": endpoint, "matrix-secret": secret };
}

/** `host:port` of an address that may have a path. */
export function hostOf(address: string): string {
  return address.split("/")[0]!;
}
