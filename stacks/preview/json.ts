import type { Recorded, RecordedResource } from "./recorded";

/** What `npm run preview -- STACK --json` prints. */
export interface Preview {
  stack: string;
  /** Sorted by URN. */
  resources: PreviewResource[];
  outputs: Record<string, unknown>;
}

export type PreviewResource = Pick<RecordedResource, "urn" | "type" | "name" | "parent" | "inputs">;

export function toPreview({ stack, resources, outputs }: Recorded): Preview {
  return {
    stack,
    resources: resources
      .map(({ urn, type, name, parent, inputs }) => ({ urn, type, name, ...(parent && { parent }), inputs }))
      .sort((a, b) => (a.urn < b.urn ? -1 : 1)),
    outputs,
  };
}
