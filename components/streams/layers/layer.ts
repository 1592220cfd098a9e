import { UserError } from "../../errors";
import type { Signatures } from "../signatures";
import type { Layer } from "./schema";

export type { Layer, Repository } from "./schema";

/** What the gate knows a layer by, and the name of its image: `layer-crio`. */
export function layerStream({ name }: Pick<Layer, "name">): string {
  return `layer-${name}`;
}

/** Repository of the records that a layer's runs leave for the gate; a rehearsal's are no real ones. */
export function layerRecords(layer: Pick<Layer, "name">, rehearsal: boolean): string {
  return `${layerStream(layer)}-records${rehearsal ? "-rehearsal" : ""}`;
}

/** Packages that have to be in the image. */
export function wantedPackages({ packages, kernel = [] }: Layer): string[] {
  const named = Array.isArray(kernel) ? kernel : [];
  return [...(packages?.add ?? []), ...Object.values(packages?.replace ?? {}).flat(), ...named];
}

/** Where OKD publishes its releases, by their names as tags. */
const RELEASES = "quay.io/okd/scos-release";

/** The release that a layer stands on the node image of; nothing where it stands on another image. */
export function releaseOf({ base }: Pick<Layer, "base">): { image: string; signatures?: Signatures } | undefined {
  if (typeof base !== "object") return undefined;
  const { release, signatures } = base;
  return { image: release.includes("/") ? release : `${RELEASES}:${release}`, signatures };
}

/** Bytes that a ConfigMap holds, less what its own fields take. */
const CONTEXT_LIMIT = 1024 * 1024 - 16 * 1024;

/** @throws UserError for a layer whose files are more than a ConfigMap holds */
export function requireSmallContext({ name }: Pick<Layer, "name">, context: Record<string, string>): void {
  const size = Object.entries(context).reduce((sum, [key, text]) => sum + key.length + Buffer.byteLength(text), 0);
  if (size > CONTEXT_LIMIT) {
    throw new UserError(
      `layers: the files of ${name} are ${size} bytes, a ConfigMap holds ${CONTEXT_LIMIT}: put what is large into a package.`,
    );
  }
}
