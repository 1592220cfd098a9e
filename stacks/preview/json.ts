import type { Recorded, RecordedResource } from "./recorded";

/** What `npm run preview -- STACK --json` prints. */
export interface Preview {
  stack: string;
  /** Sorted by URN. */
  resources: PreviewResource[];
  outputs: Record<string, unknown>;
}

export type PreviewResource = Pick<RecordedResource, "urn" | "type" | "name" | "parent" | "inputs">;

/** One that can be found in what another revision makes. */
export type ComparableResource = PreviewResource & Pick<RecordedResource, "aliases" | "ignored">;

export function toPreview({ stack, resources, outputs }: Recorded): Preview {
  return { stack, resources: byUrn(resources).map(seen), outputs };
}

/** A preview, with what tells its resources from those of another revision. */
export function toComparable({ stack, resources, outputs }: Recorded): Preview & { resources: ComparableResource[] } {
  const known = byUrn(resources).map((resource) => ({
    ...seen(resource),
    ...(resource.aliases && { aliases: resource.aliases }),
    ...(resource.ignored && { ignored: resource.ignored }),
  }));
  return { stack, resources: known, outputs };
}

function seen({ urn, type, name, parent, inputs }: RecordedResource): PreviewResource {
  return { urn, type, name, ...(parent && { parent }), inputs };
}

function byUrn(resources: RecordedResource[]): RecordedResource[] {
  return [...resources].sort((a, b) => (a.urn < b.urn ? -1 : 1));
}
